"""The source `table`: photos whose labels are in a table beside them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from pydantic import Field

from stages.common.errors import StudyError
from stages.common.files import Remark, printable
from stages.common.params import LABELS, Label, Section
from stages.sources.layouts import labelled
from stages.sources.places import LookupFailedError, Places
from stages.sources.rows import READERS, LabelTable, Row, TableError, meanings, open_table
from stages.sources.source import Photo, Source
from stages.sources.tree import files_below
from stages.sources.words import Meanings

PHOTOS = 'data/photos'
MOST_SHOWN = 50  # characters of a word in a message


class Table(Source):
    """A table of labels, or a folder of such tables, and the photos that it names or holds."""

    class Params(Section):
        """The entry `table`."""

        file: str = PHOTOS
        """for table: a CSV, TSV, JSONL or Parquet file, or one of a published data set, or a folder of them"""
        image: str = ''
        """its column of file names; empty: guessed"""
        label: str = ''
        """its column of labels; empty: guessed"""
        values: Meanings = Field(default={})
        """what words in that column mean, such as {'0': female, '1': male}, beside those that are known"""
        root: str = PHOTOS
        """the folder that the file names are relative to; data/photos: the folder that the table is in"""

        @property
        def is_beside(self) -> bool:
            """Whether the names in a table are relative to the folder that it is in."""
            return self.root in ('', PHOTOS)

    params: Params

    def photos(self, workers: int) -> Iterator[Photo | Remark]:
        """Yield every photo in the tables, then every file below the root."""
        tables, remarks = self._tables()
        yield from remarks
        yield from self._labels(tables).photos()

    def labels(self) -> 'Labels':
        """Return what the tables say about the files below the root."""
        return self._labels(self._tables()[0])

    def _labels(self, tables: list[LabelTable]) -> 'Labels':
        return Labels(self._root(), tables, self.params, self.reading.links == 'anywhere')

    def _root(self) -> Path:
        """Return the folder below which the photos are; without a param, each table names those beside it."""
        file, root = Path(self.params.file), Path(self.params.root)
        if self.params.is_beside:
            return file if file.is_dir() else file.parent
        if not root.is_dir():
            raise StudyError(f'data.table.root: {root}: no such folder; name the one that the file names start from')
        return root

    def _tables(self) -> tuple[list[LabelTable], list[Remark]]:
        """Open the tables; in a folder, files that are none are remarks."""
        file, image, label = Path(self.params.file), self.params.image, self.params.label
        if not file.is_dir():
            if not file.is_file():
                raise StudyError(f'data.table.file: {file}: no such file or folder; name a table of labels')
            return [open_table(file, image, label)], []
        tables, errors = [], dict[str, TableError]()
        for found in files_below(file, self.reading.links == 'anywhere'):
            if found.path.suffix.casefold() in READERS and not found.flaw:
                try:
                    tables.append(open_table(file / found.place, image, label))
                except TableError as error:
                    errors[str(found.place)] = error
        if not tables:
            # What is wrong with the columns of a table says more than that a text is none.
            none = StudyError(f'data.table.file: {file}: no table in it ({", ".join(READERS)}); name a table of labels')
            raise min(errors.values(), key=lambda flaw: str(flaw).startswith('data.table.file'), default=none)
        return tables, [Remark(place, False, f'no table of labels: {flaw}') for place, flaw in errors.items()]


class Labels:
    """What the rows of all tables say about the files below one folder."""

    def __init__(self, root: Path, tables: list[LabelTable], params: Table.Params, anywhere: bool):
        self.root, self.tables, self.params = root, tables, params
        self.places = Places(root, files_below(root, anywhere))
        self.given: dict[str, dict[Label, str]] = {}  # the labels of every file that a row names, and which row
        self.counts: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()  # words
        self.lost = ''  # the first name that stands for no file

    def photos(self) -> Iterator[Photo | Remark]:
        """Yield all photos and remarks, and a remark that counts them; a StudyError says why there is no photo."""
        for table in self.tables:
            means = self.means(table)
            for row in table.rows():
                yield from self._read(table, row, means(row.word))
        for place in sorted(self.places.files, key=PurePosixPath):
            yield from self._file(place)
        if not self.counts['photos']:
            raise StudyError(self._why_none())
        counts = ', '.join(f'{kind}: {count:,}' for kind, count in sorted(self.counts.items()))
        yield Remark(self.params.file, False, f'tables of labels, not a photo; {counts}')

    def _read(self, table: LabelTable, row: Row, label: Label | None) -> Iterator[Photo | Remark]:
        """Note what a row says; yield the photo that it holds, or what is wrong with it."""
        where = f'row {row.number} of {self.name_of(table)}'
        name = row.names[0] if row.names else ''
        origin = name or where
        if row.content is not None:
            (origin,) = self.origins(table, row)
        if label is None:
            self.unknown[row.word] += 1
            yield self._left_out('rows with an unknown word', origin, self._unknown(table, row, where))
        if row.content is not None:
            if label:
                yield self._photo(origin, label, len(row.content), lambda: row.content or b'')
            return
        try:
            places = self.origins(table, row)
        except LookupFailedError as failure:
            self.lost = self.lost or name
            yield self._left_out('rows without a file', origin, f'{where}: {failure}')
            return
        for place in places:
            labels = self.given.setdefault(place, {})
            if label:
                labels.setdefault(label, f'{where} ({_quoted(row.word)})')

    def origins(self, table: LabelTable, row: Row) -> list[str]:
        """Return the origins of the photos that a row is about: files, or the picture in it.

        Raises a LookupFailedError if it names none.
        """
        if row.content is None:
            return self.places.find(row.names, self.place_of(table))
        name = row.names[0] if row.names else ''
        return [f'{self.name_of(table)}/{row.number:07}' + (f'/{PurePosixPath(name).name}' if name else '')]

    def means(self, table: LabelTable) -> Callable[[str], Label | None]:
        """Return a function that says what a word in the column of labels means, if anything."""
        return meanings(table, self.params.values)

    def _file(self, place: str) -> Iterator[Photo | Remark]:
        """Yield a file as a photo, or what is wrong with it."""
        found, labels = self.places.files[place], self.given.get(place)
        if found.flaw:
            yield self._left_out('files that cannot be read', place, found.flaw)
        elif labels is None:
            if not self._is_table(found.path):
                yield self._left_out('files without a row', place, 'no row of a table names it')
        elif len(labels) > 1:
            said = ', '.join(f'{label} by {labels[label]}' for label in LABELS)
            yield self._left_out('files with two labels', place, f'both labels: {said}')
        for label in labels if labels and len(labels) == 1 and not found.flaw else ():
            try:
                yield self._photo(place, label, found.path.stat().st_size, found.path.read_bytes)
            except OSError as error:
                yield self._left_out('files that cannot be read', place, f'cannot be read: {error.strerror}')

    def _photo(self, origin: str, label: Label, size: int, read: Callable[[], bytes]) -> Photo | Remark:
        offered = labelled(PurePosixPath(origin), label, size, read)
        self.counts['photos' if isinstance(offered, Photo) else 'files that are no pictures or too large'] += 1
        return offered

    def _left_out(self, kind: str, origin: str, reason: str) -> Remark:
        self.counts[kind] += 1
        return Remark(origin, False, reason)

    def _unknown(self, table: LabelTable, row: Row, where: str) -> str:
        if not row.word:
            return f'{where} has no word in the column "{table.label}"'
        word = f'{_quoted(row.word)} in the column "{table.label}" of {where}'
        return f'{word} is neither female nor male; data.table.values can say which{_misread([row.word])}'

    def name_of(self, table: LabelTable) -> str:
        """Return the path of a table as remarks have it."""
        file = Path(self.params.file)
        return table.path.relative_to(file).as_posix() if table.path != file else file.name

    def place_of(self, table: LabelTable) -> PurePosixPath:
        """Return the place that the names in a table start from."""
        return PurePosixPath(table.path.parent.relative_to(self.root) if self.params.is_beside else '')

    def _is_table(self, path: Path) -> bool:
        return any(path.name == table.path.name and path.samefile(table.path) for table in self.tables)

    def _why_none(self) -> str:
        """Return which param to change where no row gave a photo."""
        columns = ' or '.join(sorted({f'"{table.label}"' for table in self.tables}))
        words = ', '.join(f'{_quoted(printable(word))} ({count:,})' for word, count in self.unknown.most_common(5))
        if self.unknown.total() == self.counts['rows with an unknown word'] > 0 and not self.lost:
            return (
                f'data.table.values: no photo has a known label; the column {columns} of {self.params.file} has '
                f"{words}: say what they mean, such as {{'0': female}}, or name another column in data.table.label"
                f'{_misread(self.unknown)}'
            )
        if self.lost:
            return (
                f'data.table.root: no photo below {self.root} is named in {self.params.file}, which names '
                f'{printable(self.lost)}, say; name the folder that the names start from, or in data.table.image '
                'another column'
            )
        return f'data.table.file: no photo is named in {self.params.file}; name another table'


def _quoted(word: str) -> str:
    return f'"{word}"' if len(word) <= MOST_SHOWN else f'"{word[:MOST_SHOWN]}..."'


def _misread(words: Iterable[str]) -> str:
    """Return what to do about words that may be letters of another encoding."""
    return '' if all(word.isascii() for word in words) else '; if the table shows other words, save it as UTF-8'
