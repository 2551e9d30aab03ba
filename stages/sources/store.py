"""Photos of any source as files in one folder, named by their content."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from stages.common.errors import StudyError
from stages.common.files import beside, write_csv
from stages.common.labels import LABELS
from stages.common.remarks import Remark, write_remarks
from stages.sources.source import Photo

SUFFIX = re.compile(r'\.[a-z0-9]{1,8}')  # others may be no text, or too long for a name


def store(offers: Iterable[Photo | Remark], folder: Path) -> None:
    """Write photos to `folder`/{female,male}/, with two tables; `folder` appears whole or not at all.

    photos.csv has the columns file (relative to `folder`), label, sha256 and origin, in the order of `offers`. Of
    identical files the first is kept; identical files with two labels are all left out. remarks.csv lists what was left
    out, and the remarks among the offers.
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
        write_csv(draft / 'photos.csv', ['file', 'label', 'sha256', 'origin'], rows)
        write_remarks(draft / 'remarks.csv', remarks)


def _write_files(offers: Iterable[Photo | Remark], draft: Path) -> tuple[dict, list[Remark]]:
    """Write each content once; return {sha256: [(file, label, origin), ...]} and the remarks among the offers."""
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
        places[digest].append((file, offer.label, offer.origin))
    return places, remarks


def _judge(digest: str, files: list[tuple[str, str, str]], draft: Path) -> tuple[list[tuple], list[Remark]]:
    """Decide what is kept of the places at which one content was found: rows of photos.csv, and remarks."""
    first, label, origin = files[0]
    if {label for _, label, _ in files} != {label}:
        (draft / first).unlink()
        return [], [Remark(place, False, 'identical files carry both labels') for _, _, place in files]
    return [(first, label, digest, origin)], [
        Remark(place, False, f'identical to {origin}') for _, _, place in files[1:]
    ]
