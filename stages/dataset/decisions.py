"""What people decided about photos, in data/decisions.csv."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.common.errors import StudyError
from stages.common.files import printable

DECISIONS = Path('data/decisions.csv')
COLUMNS = ('file', 'sha256', 'decision', 'why')
KEEP, DROP, RELABEL = CHOICES = ('keep', 'drop', 'relabel')


@dataclass(frozen=True)
class Decision:
    """A line of the table: keep, drop or relabel the photo with some content or, where that is empty, some name."""

    line: int
    file: str
    sha256: str
    choice: str
    why: str


@dataclass(frozen=True)
class Decided:
    """Decisions by the origin of the photo that each is for; the others match no photo.

    changed: the decisions whose file has other content by now, which was not decided on.
    """

    of: dict[str, Decision]
    changed: list[Decision]
    unmatched: list[Decision]

    def choice(self, origin: str) -> str:
        """Return what was decided about a photo, or nothing."""
        return self.of[origin].choice if origin in self.of else ''


def read_decisions(path: Path = DECISIONS) -> list[Decision]:
    """Read the table, which may be several that were joined; a StudyError names the line that is wrong."""
    decisions = []
    try:
        with path.open(newline='', encoding='utf-8-sig') as file:
            header = file.readline().strip()
            rows = csv.reader(file, delimiter=max(',;\t', key=header.count))
            columns = _columns(path, header)
            for cells in rows:
                row = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
                if not any(row.values()) or row.get('decision') == 'decision':
                    continue
                choice = row.get('decision', '').lower()
                if choice not in CHOICES or not (row.get('sha256') or row.get('file')):
                    wrong = f'decision {choice!r} is not one of {", ".join(CHOICES)}'
                    wrong = 'neither a file nor a sha256' if choice in CHOICES else wrong
                    raise StudyError(f'{path}: line {rows.line_num + 1}: {printable(wrong)}')
                texts = (row.get(name, '') for name in ('file', 'sha256'))
                decisions.append(Decision(rows.line_num + 1, *texts, choice, row.get('why', '')))
    except FileNotFoundError:
        raise StudyError(f'{path}: not found; `git checkout {path}` restores it') from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise StudyError(f'{path}: not a table: {error}') from None
    return decisions


def _columns(path: Path, header: str) -> list[str]:
    (columns,) = csv.reader([header.lower()], delimiter=max(',;\t', key=header.count))
    if 'decision' not in columns or not {'file', 'sha256'} & set(columns):
        shown = printable(header[:100]) or 'empty'
        raise StudyError(f'{path}: the first line must name the columns {", ".join(COLUMNS)}; it is {shown}')
    return columns


def match(decisions: Iterable[Decision], photos: Sequence[dict[str, str]]) -> Decided:
    """Return which decision is for which photo, by content, whatever the names; photos are rows of photos.csv.

    A StudyError names two lines that disagree about a photo.
    """
    by_content: dict[str, list[str]] = {}
    content = {}
    for photo in photos:
        by_content.setdefault(photo['sha256'], []).append(photo['origin'])
        content[photo['origin']] = photo['sha256']
    decided = Decided({}, [], [])
    for decision in decisions:
        alike = by_content.get(decision.sha256, []) if decision.sha256 else [decision.file]
        # One content under both labels is two photos; elsewhere, a name tells nothing that the content does not.
        origins = [decision.file] if decision.file in alike else alike
        origins = [origin for origin in origins if origin in content]
        if not origins:
            (decided.changed if decision.file in content else decided.unmatched).append(decision)
        for origin in origins:
            other = decided.of.setdefault(origin, decision)
            if other.choice != decision.choice:
                raise StudyError(
                    f'{DECISIONS}: lines {other.line} and {decision.line} disagree about {origin}: {other.choice}, '
                    f'{decision.choice}; remove one'
                )
    return decided
