"""What people decided about photos, in data/decisions.csv."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import normpath
from unicodedata import normalize

from stages.common.errors import StudyError
from stages.common.files import RAW, as_cell, printable, read_csv, read_remarks
from stages.common.params import LABELS

DECISIONS = Path('data/decisions.csv')
COLUMNS = ('file', 'sha256', 'label', 'decision', 'why')
KEEP, DROP, RELABEL = CHOICES = ('keep', 'drop', 'relabel')


@dataclass(frozen=True)
class Decision:
    """A line of the table: keep, drop or relabel the photo with some content or, where that is empty, some name.

    label: that the photo had. It is for photos with this label only or, where it is empty, with any.
    """

    line: int
    file: str
    sha256: str
    label: str
    choice: str
    why: str


@dataclass(frozen=True)
class Decided:
    """Decisions by the origin of the photo that each is for; the others match no photo.

    changed: a decision for each file that has other content or another label by now, which was not decided on.
    """

    of: dict[str, Decision]
    changed: list[Decision]
    unmatched: list[Decision]

    def choice(self, origin: str) -> str:
        """Return what was decided about a photo, or nothing."""
        return self.of[origin].choice if origin in self.of else ''


def read_decisions(path: Path = DECISIONS) -> list[Decision]:
    """Read the table, which may be several that were joined; a StudyError names the line that is wrong."""
    decisions, ended = [], 0
    try:
        with path.open(newline='', encoding='utf-8-sig') as file:
            header = file.readline().strip()
            rows = csv.reader(file, delimiter=max(',;\t', key=header.count), strict=True)
            columns = _columns(path, header)
            for cells in rows:
                # Excel marks the encoding at the start of each table that was joined.
                ended, cells = rows.line_num, [cell.removeprefix('\ufeff').strip() for cell in cells]
                if _is_header(names := [cell.lower() for cell in cells]):
                    columns = names
                    continue
                row = dict(zip(columns, cells, strict=False))
                if not any(row.values()):
                    continue
                choice, label = row.get('decision', '').lower(), row.get('label', '').lower()
                if choice not in CHOICES or not (row.get('sha256') or row.get('file')):
                    wrong = f'decision {choice!r} is not one of {", ".join(CHOICES)}'
                    wrong = 'neither a file nor a sha256' if choice in CHOICES else wrong
                    raise StudyError(f'{path}: line {rows.line_num + 1}: {printable(wrong)}')
                if label not in ('', *LABELS):
                    wrong = f'label {label!r} is not one of {", ".join(LABELS)}'
                    raise StudyError(f'{path}: line {rows.line_num + 1}: {printable(wrong)}')
                texts = row.get('file', ''), row.get('sha256', '').lower(), label, choice, row.get('why', '')
                decisions.append(Decision(rows.line_num + 1, *texts))
    except FileNotFoundError:
        raise StudyError(f'{path}: not found; `git checkout {path}` restores it') from None
    except UnicodeDecodeError:
        raise StudyError(f'{path}: not in UTF-8; save it as CSV in UTF-8') from None
    except csv.Error as error:
        flaw = f'{error}; is a quotation mark missing or left over?'
        raise StudyError(f'{path}: line {ended + 2}: not a row of a table: {flaw}') from None
    return decisions


def _columns(path: Path, header: str) -> list[str]:
    (cells,) = csv.reader([header.lower()], delimiter=max(',;\t', key=header.count))
    columns = [cell.strip() for cell in cells]
    if not _is_header(columns):
        shown = printable(header[:100]) or 'empty'
        raise StudyError(f'{path}: the first line must name the columns {", ".join(COLUMNS)}; it is {shown}')
    return columns


def _is_header(cells: Sequence[str]) -> bool:
    return 'decision' in cells and ('file' in cells or 'sha256' in cells)


def named_by_source(origin: str) -> str:
    """Return the origin of a photo without the apostrophe that keeps a spreadsheet from reading a formula in it."""
    return origin[1:] if origin.startswith("'") and origin == as_cell(origin[1:]) else origin


def labelled_photos(folder: Path = RAW) -> list[dict[str, str]]:
    """Return the rows of photos.csv, and one for every identical file, which differs in its origin alone."""
    photos = read_csv(folder / 'photos.csv')
    named = {photo['origin']: photo for photo in photos}
    # In the source's remarks, only identical files have a pair.
    copies = [remark for remark in read_remarks(folder / 'remarks.csv') if remark.pair]
    return [*photos, *(named[copy.pair] | {'origin': copy.origin} for copy in copies)]


def _place(file: str) -> str:
    """Return the name of a file in the form that all ways to write it share."""
    return normalize('NFC', normpath(named_by_source(file).replace('\\', '/')))


def match(decisions: Iterable[Decision], photos: Sequence[dict[str, str]]) -> Decided:
    """Return which decision is for which photo, by content, whatever the names.

    photos: as `labelled_photos` returns them. A StudyError names two lines that disagree about a photo.
    """
    named = {plain(photo['origin']): photo for plain in (_place, str) for photo in photos}
    of_content: dict[str, list[dict[str, str]]] = {}
    for photo in photos:
        of_content.setdefault(photo['sha256'], []).append(photo)
    decided = Decided({}, [], [])
    for decision in decisions:
        called = named.get(decision.file) or named.get(_place(decision.file))
        found = of_content.get(decision.sha256, []) if decision.sha256 else [called] if called else []
        # The same content may carry both labels: then the label, or else the name, says which of them is meant.
        meant = decision.label or (called['label'] if called and called in found else '')
        meant_photos = [photo for photo in found if meant in ('', photo['label'])]
        # A photo that was to be relabelled, and has the other label, is done.
        if not meant_photos and not (found and decision.choice == RELABEL):
            about = called or next(iter(found), None)
            if about:
                decided.changed.append(replace(decision, file=about['origin']))
            else:
                decided.unmatched.append(decision)
        for photo in meant_photos:
            first = decided.of.setdefault(photo['origin'], decision)
            if first.choice != decision.choice:
                raise StudyError(
                    f'{DECISIONS}: lines {first.line} and {decision.line} disagree about {photo["origin"]}: '
                    f'{first.choice}, {decision.choice}; remove one'
                )
    # Several lines may be about one file, and it may have been decided on again.
    changed = {decision.file: decision for decision in decided.changed if decision.file not in decided.of}
    return replace(decided, changed=list(changed.values()))
