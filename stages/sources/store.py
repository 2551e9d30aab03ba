"""Photos of any source as files in one folder, named by their content."""

import hashlib
import re
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path

from stages.common.errors import StudyError
from stages.common.files import Remark, beside, write_csv, write_json, write_remarks
from stages.common.params import LABELS
from stages.sources.lost import none_found, read_counts
from stages.sources.source import Photo

SUFFIX = re.compile(r'\.[a-z0-9]{1,8}')  # others may not be text, or too long for a file name
PLACEHOLDER = re.compile(rb'version https://git-lfs|/annex/objects/')  # at the start of a file


def store(offers: Iterable[Photo | Remark], folder: Path, at_failure: Path | None = None) -> None:
    """Write photos to `folder`/{female,male}/, with two tables; on an error, `folder` stays as it was.

    photos.csv has the columns file (relative to `folder`), label, sha256, origin and remark, in the order of `offers`.
    Of identical files, the first of each label is kept. remarks.csv lists the others, and the remarks in `offers`;
    read.json counts them. After a StudyError, such as that there is no photo, the remarks are `at_failure`.
    """
    remarks: list[Remark] = []
    try:
        _store(offers, remarks, folder)
    except StudyError:
        if at_failure and remarks:
            write_remarks(at_failure, remarks)
        raise
    finally:
        if isinstance(offers, Generator):
            offers.close()  # its processes end now, not when Python does


def _store(offers: Iterable[Photo | Remark], remarks: list[Remark], folder: Path) -> None:
    photos: dict[tuple[str, str], list[Photo]] = {}
    with beside(folder) as draft:
        for label in LABELS:
            (draft / label).mkdir(parents=True)
        for offer in offers:
            if isinstance(offer, Remark):
                remarks.append(offer)
                continue
            if PLACEHOLDER.match(offer.content):
                remarks.append(Remark(offer.origin, False, 'a placeholder of Git LFS or git-annex'))
                continue
            digest = hashlib.sha256(offer.content).hexdigest()
            identical = photos.setdefault((digest, offer.label), [])
            if not identical:
                (draft / _file_name(offer, digest)).write_bytes(offer.content)
            identical.append(replace(offer, content=b''))
        rows = []
        for (digest, label), (first, *others) in photos.items():
            rows.append((_file_name(first, digest), label, digest, first.origin, first.remark))
            same = f'identical to {first.origin}'
            remarks += [Remark(photo.origin, False, same, first.origin) for photo in others]
        if not rows:
            raise none_found(remarks)
        write_csv(draft / 'photos.csv', ['file', 'label', 'sha256', 'origin', 'remark'], rows)
        write_remarks(draft / 'remarks.csv', remarks)
        write_json(draft / 'read.json', read_counts(len(rows), remarks))


def _file_name(photo: Photo, digest: str) -> str:
    return f'{photo.label}/{digest[:16]}{photo.suffix if SUFFIX.fullmatch(photo.suffix) else ""}'
