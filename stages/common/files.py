"""Files that are never half-written, the tables in them, and where stages keep theirs."""

import csv
import errno
import glob
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from stages.common.errors import StudyError

Summary = TypeVar('Summary')


def printable(text: str) -> str:
    """Return text from elsewhere, such as a file's name, on one line, with escapes for what is not printable.

    That is control characters, line breaks, marks that change the direction of writing, and bytes that are no text.
    """
    return ''.join(letter if letter.isprintable() else letter.encode('unicode_escape').decode() for letter in text)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Yield a draft path beside `path` for a file or folder, which replaces `path` when the block succeeds.

    Whatever stops it, one of the two is complete: an old folder is moved aside before it is removed.
    """
    _refuse_links(path)
    # The suffix stays last: Matplotlib reads the format from it, and NumPy appends .npz where it is missing.
    draft, old = (path.with_name(f'.draft-{kind}{os.getpid()}-{path.name}') for kind in ('', 'old-'))
    with writing(path, draft):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(path)
        try:
            yield draft
            if path.is_dir():
                path.replace(old)  # a folder cannot be renamed onto another
            draft.replace(path)
        finally:
            if old.exists() and not path.exists():
                old.replace(path)
            for rest in (draft, old):
                _remove(rest)


@contextmanager
def writing(path: Path, draft: Path | None = None) -> Iterator[None]:
    """Make errors of the disk name `path`, which users know, instead of its `draft` or no file at all.

    Without a draft, all errors name `path`. A StudyError says that the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StudyError(f'{path}: no space left on the disk; make room and run again') from error
        named = error.filename
        if error.errno and (draft is None or named is None or str(named).startswith(str(draft))):
            error.filename = str(path)
        raise


def _refuse_links(path: Path) -> None:
    """Refuse to write through a symlink in place of an output of the workflow, or of a folder of one."""
    if path.parts[0] in ('data', 'metrics'):
        for place in (path, *path.parents)[:-2]:
            if place.is_symlink() and place.is_dir():
                raise StudyError(f'{place}: a symlink to {place.readlink()}; remove it, since the workflow writes here')


def _remove_stale(path: Path) -> None:
    """Remove drafts of runs that were killed, or put back what one moved aside; runs that are alive may need theirs."""
    for draft in path.parent.glob(f'.draft-*-{glob.escape(path.name)}'):
        number = draft.name.removeprefix('.draft-').removesuffix(f'-{path.name}')
        is_old, number = number.startswith('old-'), number.removeprefix('old-')
        if number.isdecimal() and (number == str(os.getpid()) or not Path('/proc', number).exists()):
            if is_old and not path.exists():
                draft.replace(path)
            else:
                _remove(draft)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Write a table with a header line; text is escaped where it is not printable or a formula to a spreadsheet."""
    with beside(path) as draft, draft.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(header)
        writer.writerows([as_cell(value) if isinstance(value, str) else value for value in row] for row in rows)


def as_cell(text: str) -> str:
    """Return text as `write_csv` writes it."""
    return f"'{printable(text)}" if text.startswith(('=', '+', '-', '@')) else printable(text)


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a table that `write_csv` wrote, one dictionary a row."""
    with path.open(newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def write_text(path: Path, text: str) -> None:
    """Write a text."""
    with beside(path) as draft:
        draft.write_text(text, encoding='utf-8')


def write_json(path: Path, content: dict) -> None:
    """Write a dictionary of plain values, indented for people and for git; numbers that are not finite are refused."""
    try:
        text = json.dumps(content, indent=2, allow_nan=False)
    except ValueError:
        raise StudyError(f'{path}: a score is not a finite number; give more photos, of both labels') from None
    write_text(path, f'{text}\n')


def read_json(path: Path) -> dict:
    """Read a dictionary that `write_json` wrote; a damaged file is refused by name."""
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except ValueError as error:
        raise StudyError(f'{path}: damaged ({error}); remove it and run `dvc repro`') from None


def write_summary(path: Path, content: object) -> None:
    """Write a dataclass of plain values, and of other such dataclasses, as JSON."""
    write_json(path, TypeAdapter(type(content)).dump_python(content, mode='json'))


def read_summary(path: Path, kind: type[Summary]) -> Summary:
    """Read a dataclass that `write_summary` wrote; a file that is not one of this kind is refused by name."""
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        raise StudyError(f'{path}: damaged ({first["msg"]}); remove it and run `dvc repro`') from None


RAW = Path('data/raw')
FACES = Path('data/faces')
ADVERSARIAL = Path('data/adversarial')
MODEL = Path('data/model')
CLEAN = Path('data/clean')
TRAININGS = Path('data/trainings')
METRICS = Path('metrics')


@dataclass(frozen=True)
class Remark:
    """A file by its path in its source, and a `reason`: why it was left out or, if `kept`, what is odd about it.

    pair: the path of a file that contradicts it, or is identical, or empty.
    """

    origin: str
    kept: bool
    reason: str
    pair: str = ''


def write_remarks(path: Path, remarks: Iterable[Remark]) -> None:
    """Write remarks as a table."""
    write_csv(path, [field.name for field in fields(Remark)], (astuple(remark) for remark in remarks))


def read_remarks(path: Path) -> list[Remark]:
    """Read the table that `write_remarks` wrote."""
    return [Remark(row['origin'], row['kept'] == 'True', row['reason'], row['pair']) for row in read_csv(path)]
