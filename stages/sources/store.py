"""Photos of any source as files in one folder, named by their content."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from stages.common.errors import StudyError
from stages.common.files import beside, write_csv
from stages.common.labels import LABELS
from stages.common.remarks import Remark, write_remarks
from stages.sources.source import Photo

SUFFIX = re.compile(r'\.[a-z0-9]{1,8}')  # others may be no text, or too long for a name


def store(offers: Iterable[Photo | Remark], folder: Path) -> None:
    """Write photos to `folder`/{female,male}/, with two tables; `folder` appears whole or not at all.

    photos.csv has the columns file (relative to `folder`), label, sha256, origin and remark, in the order of `offers`.
    Of identical files the first is kept; identical files with two labels are all left out. remarks.csv lists what was
    left out, and the remarks among the offers.
    """
    with beside(folder) as draft:
        for label in LABELS:
            (draft / label).mkdir(parents=True)
        places, remarks = _write_files(offers, draft)
        rows = []
        for digest, files in places.items():
            row, said = _judge(digest, files, draft)
            rows += row
            remarks += said
        if not rows:
            raise StudyError('no photo was found whose folder or name names a label (female, male, women, men, ...)')
        write_csv(draft / 'photos.csv', ['file', 'label', 'sha256', 'origin', 'remark'], rows)
        write_remarks(draft / 'remarks.csv', remarks)


def _write_files(offers: Iterable[Photo | Remark], draft: Path) -> tuple[dict, list[Remark]]:
    """Write each content once; return {sha256: [(file, photo), ...]} and the remarks among the offers."""
    places, remarks = defaultdict(list), []
    for offer in offers:
        if isinstance(offer, Remark):
            remarks.append(offer)
            continue
        digest = hashlib.sha256(offer.content).hexdigest()
        suffix = offer.suffix if SUFFIX.fullmatch(offer.suffix) else ''
        file = f'{offer.label}/{digest[:16]}{suffix}'
        if digest not in places:
            (draft / file).write_bytes(offer.content)
        places[digest].append((file, replace(offer, content=b'')))
    return places, remarks


def _judge(digest: str, places: list[tuple[str, Photo]], draft: Path) -> tuple[list[tuple], list[Remark]]:
    """Decide what is kept of the places at which one content was found: rows of photos.csv, and remarks."""
    (file, first), *others = places
    opposite = {photo.label: photo.origin for _, photo in reversed(places)}
    if len(opposite) > 1:
        (draft / file).unlink()
        female, male = (opposite[label] for label in LABELS)
        pair = dict(zip(LABELS, (male, female), strict=True))
        reason = 'identical files carry both labels'
        return [], [Remark(photo.origin, False, reason, pair[photo.label]) for _, photo in places]
    row = (file, first.label, digest, first.origin, first.remark)
    return [row], [Remark(photo.origin, False, f'identical to {first.origin}') for _, photo in others]
