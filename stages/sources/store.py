"""Photos of any source as files in one folder, named by their content."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from stages.common.errors import StudyError
from stages.common.files import Remark, beside, write_csv, write_remarks
from stages.common.params import LABELS
from stages.sources.source import Photo

SUFFIX = re.compile(r'\.[a-z0-9]{1,8}')  # others may be no text, or too long for a name


def store(offers: Iterable[Photo | Remark], folder: Path) -> None:
    """Write photos to `folder`/{female,male}/, with two tables; `folder` appears whole or not at all.

    photos.csv has the columns file (relative to `folder`), label, sha256, origin and remark, in the order of `offers`.
    Of identical files the first of each label is kept. remarks.csv lists the others, and the remarks among the offers.
    """
    with beside(folder) as draft:
        for label in LABELS:
            (draft / label).mkdir(parents=True)
        places, remarks = _write_files(offers, draft)
        rows = []
        for (digest, label), (file, first, *others) in places.items():
            rows.append((file, label, digest, first.origin, first.remark))
            remarks += [Remark(photo.origin, False, f'identical to {first.origin}') for photo in others]
        if not rows:
            raise StudyError('no photo was found whose folder or name names a label (female, male, women, men, ...)')
        write_csv(draft / 'photos.csv', ['file', 'label', 'sha256', 'origin', 'remark'], rows)
        write_remarks(draft / 'remarks.csv', remarks)


def _write_files(offers: Iterable[Photo | Remark], draft: Path) -> tuple[dict[tuple[str, str], list], list[Remark]]:
    """Write each content once a label; return {(sha256, label): [file, photo, ...]} and the remarks of the offers."""
    places, remarks = {}, []
    for offer in offers:
        if isinstance(offer, Remark):
            remarks.append(offer)
            continue
        digest = hashlib.sha256(offer.content).hexdigest()
        place = digest, offer.label
        if place not in places:
            suffix = offer.suffix if SUFFIX.fullmatch(offer.suffix) else ''
            places[place] = [f'{offer.label}/{digest[:16]}{suffix}']
            (draft / places[place][0]).write_bytes(offer.content)
        places[place].append(replace(offer, content=b''))
    return places, remarks
