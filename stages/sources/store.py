"""Photos of any source as files in one folder, named by their content."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from stages.common.errors import StudyError, counted
from stages.common.files import Remark, beside, printable, write_csv, write_remarks
from stages.common.params import LABELS
from stages.sources.layouts import NO_LABEL
from stages.sources.source import Photo

SUFFIX = re.compile(r'\.[a-z0-9]{1,8}')  # others may not be text, or too long for a file name
TABLE = re.compile(r'(?i)\.(csv|tsv|jsonl|parquet)$|(?<!readme)(?<!licen[cs]e)\.txt$')
ARCHIVE = re.compile(r'(?i)\.(zip|tar|t?gz|t?xz|t?bz2|rar|7z)$')


def store(offers: Iterable[Photo | Remark], folder: Path) -> None:
    """Write photos to `folder`/{female,male}/, with two tables; on an error, `folder` stays as it was.

    photos.csv has the columns file (relative to `folder`), label, sha256, origin and remark, in the order of `offers`.
    Of identical files, the first of each label is kept. remarks.csv lists the others, and the remarks in `offers`.
    """
    photos: dict[tuple[str, str], list[Photo]] = {}
    remarks = []
    with beside(folder) as draft:
        for label in LABELS:
            (draft / label).mkdir(parents=True)
        for offer in offers:
            if isinstance(offer, Remark):
                remarks.append(offer)
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
            raise StudyError(_none_found(remarks))
        write_csv(draft / 'photos.csv', ['file', 'label', 'sha256', 'origin', 'remark'], rows)
        write_remarks(draft / 'remarks.csv', remarks)


def _none_found(remarks: Sequence[Remark]) -> str:
    """Return that there is no photo, what there is instead, and which param to set."""
    if not remarks:
        return 'no photo was found: there is no file at all'
    names = [printable(remark.origin) for remark in remarks]
    seen = f'no photo was found among {counted(len(names), "file")} ({_first(names)})'
    if not any(remark.reason == NO_LABEL or 'data.words' in remark.reason for remark in remarks):
        seen += f': the first is left out as {remarks[0].reason}'
    else:
        seen += ': no name gives a label, as female, male, women and men do; data.words can add others'
    if tables := [name for name in names if TABLE.search(name)]:
        seen += f'; data.source=table reads tables of labels, as may be here: {_first(tables)}'
    if archives := [name for name in names if ARCHIVE.search(name)]:
        seen += f'; unpack what is here: {_first(archives)}'
    return seen


def _first(names: Sequence[str]) -> str:
    return ', '.join(names[:3]) + ', ...' * (len(names) > 3)


def _file_name(photo: Photo, digest: str) -> str:
    return f'{photo.label}/{digest[:16]}{photo.suffix if SUFFIX.fullmatch(photo.suffix) else ""}'
