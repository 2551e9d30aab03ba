"""Rows of label tables in the formats in which data sets publish them: CSV, TSV, JSONL, Parquet and lists of names."""

import codecs
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from stages.common.errors import StudyError
from stages.common.files import printable
from stages.common.params import Label
from stages.sources.lost import PICTURE
from stages.sources.words import Vocabulary, plain

# Columns of published tables, the likeliest first. The file column of CelebA's list_attr_celeba.txt has no name.
FILE_COLUMNS = (
    'file_name', 'filename', 'file', 'image', 'image_id', 'image_path', 'img_path', 'file_path', 'filepath', 'path',
    'img', 'image_name', 'img_name', 'photo', 'picture', 'class_id', 'id', '',
)  # fmt: skip
LABEL_COLUMNS = ('gender', 'sex', 'male', 'female', 'is_male', 'is_female', 'label', 'class', 'target', 'category')
OPPOSITES = {'male': 'female', 'female': 'male', 'is_male': 'is_female', 'is_female': 'is_male'}
KNOWN_COLUMNS = {*FILE_COLUMNS, *LABEL_COLUMNS} - {''}
ADIENCE = ('user_id', 'original_image', 'face_id')
ADIENCE_CROPS = ('landmark_aligned_face', 'coarse_tilt_aligned_face')
LETTERS: dict[str, Label] = {'f': 'female', 'm': 'male', 'w': 'female'}
YES, NO = ('1', 'true', 'yes', 'y'), ('-1', '0', 'false', 'no', 'n')  # in a column named by a label
UTF_8_OR_WINDOWS = 'utf-8 or windows-1252'  # a name for how bytes are decoded that are no UTF-8
MOST_CELL = 16_000_000  # characters, such as a picture's: behind a stray quote, one may take in the rest of the table
SEEN_ROWS = 100_000  # of a JSONL table, whose columns are looked for: a row may lack some
MOST_NAME = 4096  # bytes of a path
BATCH = 32  # rows of a Parquet table that are in memory at a time

csv.field_size_limit(MOST_CELL)  # of all readers


class TableError(StudyError):
    """Why a file is no table of labels: a line that starts with the param to change."""


@dataclass(frozen=True)
class Row:
    """A row: the `names` that its file or folder may have, the likeliest first, or its picture, and its word."""

    number: int  # from 1
    names: tuple[str, ...]
    word: str  # in the column of labels
    content: bytes | None = None  # of a picture in the table


@dataclass(frozen=True)
class Records:
    """The plain content of a table: its columns, and a function that reads some of them from the first row on."""

    columns: Sequence[str]
    read: Callable[[Sequence[str]], Iterator[Mapping[str, Any]]]
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)  # what numbers mean in a column
    pictures: Sequence[str] = ()  # the columns that hold files


@dataclass(frozen=True)
class LabelTable:
    """A table of labels, with the columns that count."""

    path: Path
    records: Records
    image: str | tuple[str, ...]  # Adience's names are in several columns
    label: str
    opposite: str = ''  # a column that says the same of the other label

    @property
    def label_columns(self) -> list[str]:
        """The columns that `word` reads."""
        return [self.label, self.opposite] if self.opposite else [self.label]

    def rows(self) -> Iterator[Row]:
        """Yield the rows, from the first one each time; a TableError says that the file is damaged."""
        with _damage_named(self.path):
            images = [self.image] if isinstance(self.image, str) else self.image
            columns = [*dict.fromkeys([*images, *self.label_columns])]
            for number, record in enumerate(self.records.read(columns), 1):
                names, content = self._picture(record)
                yield Row(number, names, self.word(record), content)

    def word(self, record: Mapping[str, Any]) -> str:
        """Return what a row has in the column of labels, as a word."""
        classes, word = self.records.classes.get(self.label, ()), text_of(record.get(self.label))
        if self.opposite:
            other = text_of(record.get(self.opposite))
            if any(plain(word) in same and plain(other) in same for same in (YES, NO)):
                return f'{word} and {other}'  # both labels, or none
        return classes[int(word)] if classes and word.isdecimal() and int(word) < len(classes) else word

    def _picture(self, record: Mapping[str, Any]) -> tuple[tuple[str, ...], bytes | None]:
        """Return the names of a row's file, and its content if it is in the table."""
        if isinstance(self.image, tuple):
            user, original, face = (text_of(record.get(column)) for column in self.image)
            return tuple(f'{user}/{crop}.{face}.{original}' for crop in ADIENCE_CROPS) if original else (), None
        value = record.get(self.image)
        if isinstance(value, bytes) and len(value) <= MOST_NAME and _is_name(value):
            value = value.decode()
        content = value.get('bytes') if isinstance(value, dict) else value
        name = text_of(value.get('path') if isinstance(value, dict) else value)
        if isinstance(content, bytes):
            return (name,) if name and isinstance(value, dict) else (), content
        # A file may be called 1.0.jpg.
        return tuple(dict.fromkeys((name, str(value).strip()))) if name else (), None


def _is_name(content: bytes) -> bool:
    try:
        return PICTURE.search(content.decode()) is not None
    except UnicodeDecodeError:
        return False


def meanings(table: LabelTable, told: Mapping[str, Label]) -> Callable[[str], Label | None]:
    """Return a function that says what a word in the column of labels means, if anything."""
    known: dict[str, Label] = dict(LETTERS)
    column = Vocabulary().read(plain(table.label).removeprefix('is_')).label
    if column:
        other: Label = 'male' if column == 'female' else 'female'
        known |= dict.fromkeys(YES, column) | dict.fromkeys(NO, other)
    known |= {plain(text_of(word)): label for word, label in told.items()}
    vocabulary = Vocabulary()
    return lambda word: known.get(plain(word)) or vocabulary.read(word).label


def text_of(value: Any) -> str:
    """Return a value of a table as text: a whole number has no decimals, and a missing value is empty."""
    if value is None or value != value:
        return ''
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    whole, point, rest = text.partition('.')
    return whole if point and rest == '0' and whole.lstrip('-').isdecimal() else text


def open_table(path: Path, image: str, label: str) -> LabelTable:
    """Open a table of labels; `image` and `label` name its columns, or are empty to guess them.

    A TableError says what is wrong: with the file, or with a column, naming those that there are.
    """
    suffix = path.suffix.casefold()
    if suffix not in READERS:
        raise TableError(f'data.table.file: {path}: not one of {", ".join(READERS)}')
    with _damage_named(path):
        records = READERS[suffix](path)
    columns = {plain(column): column for column in reversed(records.columns)}
    # The first row of another file may be anything.
    shown = ', '.join(printable(column) or '(no name)' for column in records.columns[:30]) or 'none'
    has = f'{path} has the columns {shown if len(shown) < 400 else shown[:400] + "..."}'
    if label and plain(label) not in columns:
        raise TableError(f'data.table.label: no column is called {label!r}; {has}')
    if image and plain(image) not in columns:
        raise TableError(f'data.table.image: no column is called {image!r}; {has}')
    found = columns.get(plain(label)) if label else _guessed(LABEL_COLUMNS, columns)
    if found is None:
        raise TableError(f'data.table.label: name the column of labels; {has}')
    if set(ADIENCE) <= set(columns) and plain(image) in ('', 'original_image'):
        return LabelTable(path, records, tuple(columns[column] for column in ADIENCE), found)
    pictures = [plain(column) for column in records.pictures]
    likely = [column for column in FILE_COLUMNS if column in pictures] or (pictures if len(pictures) == 1 else [])
    named = columns.get(plain(image)) if image else _guessed((*likely, *FILE_COLUMNS), columns)
    if named is None:
        raise TableError(f'data.table.image: name the column of file names; {has}')
    opposite = columns.get(OPPOSITES.get(plain(found), ''), '')
    return LabelTable(path, records, named, found, opposite)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Raise a TableError that names a file whose content cannot be read."""
    try:
        yield
    except (csv.Error, ValueError) as error:
        raise TableError(f'data.table.file: {path}: damaged ({" ".join(str(error).split())})') from None


def _guessed(names: Iterable[str], columns: Mapping[str, str]) -> str | None:
    return next((columns[name] for name in names if name in columns), None)


def _windows(error: UnicodeError) -> tuple[str | bytes, int]:
    """Decode bytes that are no UTF-8 as Windows-1252, in which Excel saves a CSV, or keep them as names of files do."""
    if isinstance(error, UnicodeDecodeError):
        with suppress(UnicodeDecodeError):
            return error.object[error.start : error.end].decode('cp1252'), error.end
    return codecs.lookup_error('surrogateescape')(error)


codecs.register_error(UTF_8_OR_WINDOWS, _windows)


def _opened(path: Path) -> IO[str]:
    """Open a text in UTF-8, in UTF-16 with its mark, or in Windows-1252."""
    with path.open('rb') as file:
        start = file.read(1000)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return path.open(newline='', encoding='utf-16')
    if b'\0' in start:
        raise ValueError('no text, or in UTF-16 without the mark at its start: save it as UTF-8')
    return path.open(newline='', encoding='utf-8-sig', errors=UTF_8_OR_WINDOWS)


def _delimited(path: Path) -> Records:
    """Read a table with a header, whose cells are separated by commas, tabs or semicolons."""
    headers = {}
    for delimiter in ',\t;':
        with _opened(path) as file:
            rows = csv.reader(file, delimiter=delimiter)
            headers[delimiter] = next((cells for cells in rows if any(cell.strip() for cell in cells)), [])
    # Names of columns may hold another one.
    delimiter = max(headers, key=lambda mark: (len(KNOWN_COLUMNS & {*map(plain, headers[mark])}), len(headers[mark])))

    def read(_: Sequence[str]) -> Iterator[dict[str, str]]:
        with _opened(path) as file:
            rows = _cells(file, delimiter)
            next(rows, [])
            yield from (dict(zip(header, cells, strict=False)) for cells in rows)

    with _opened(path) as file:
        header, row = [*islice(_cells(file, delimiter), 2), [], []][:2]
    if len(row) == len(header) + 1 and row[-1]:
        header = ['', *header]  # as R writes the names of rows
    header = [_distinct(header[:number], name) for number, name in enumerate(header)]
    return Records(header, read)


def _distinct(before: Sequence[str], name: str) -> str:
    """Return the name of a column, with a number as pandas gives it if one before is called so."""
    return f'{name}.{count}' if name and (count := before.count(name)) else name


def _cells(file: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each row that has any; a ValueError names the line of a quote that may swallow later rows."""
    lines: list[str] = []  # of the row

    def kept() -> Iterator[str]:
        for line in file:
            lines.append(line)
            yield line

    read = partial(csv.reader, delimiter=delimiter, skipinitialspace=delimiter != '\t')
    reader, count = read(kept(), strict=True), 0
    while True:
        count += len(lines)
        lines.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(lines) != 1 or 'expected after' not in str(error):
                raise ValueError(f'line {count + 1}: {error}; is a quotation mark missing or left over?') from None
            (cells,) = read(lines)  # a quote within a cell, which ends on its line
        if any(cells := [cell.strip() for cell in cells]):
            yield cells


def _text(path: Path) -> Records:
    """Read a table as CelebA, Adience or LFW publish theirs, with the ending .txt."""
    with _opened(path) as file:
        first, second, third = (file.readline() for _ in range(3))
    if first.strip().isdecimal():
        return _spaced(path, second.split(), third.split())
    if '\t' in first or ',' in first:
        return _delimited(path)
    label = Vocabulary().read(path.stem).label
    if not label:
        raise TableError(f'data.table.file: {path}: neither a table, nor named female or male as lists of names are')
    return Records(['file', 'label'], lambda _: ({'file': name, 'label': label} for name in _lines(path)))


def _spaced(path: Path, header: list[str], row: list[str]) -> Records:
    """Read a table of words between spaces below a count of its rows, as CelebA's."""
    columns = [''] * (len(row) - len(header)) + header
    return Records(columns, lambda _: (dict(zip(columns, line.split(), strict=False)) for line in _lines(path, skip=2)))


def _lines(path: Path, skip: int = 0) -> Iterator[str]:
    """Yield the lines of a text that hold anything, after the first ones."""
    with _opened(path) as file:
        for number, line in enumerate(file):
            if number >= skip and line.strip():
                yield line.strip()


def _jsonl(path: Path) -> Records:
    """Read one JSON object a line."""

    def read(_: Sequence[str]) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(_lines(path), 1):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                record = None
            if not isinstance(record, dict):
                raise ValueError(f'row {number} is no JSON object')
            yield record

    return Records(list(dict.fromkeys(chain.from_iterable(islice(read([]), SEEN_ROWS)))), read)


def _parquet(path: Path) -> Records:
    """Read a Parquet table; Hugging Face keeps in its header what the numbers of a column mean."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise StudyError(f"data.table.file: {path}: Parquet needs a library: pip install '.[parquet]'") from None

    def is_picture(kind: Any) -> bool:
        is_file = pyarrow.types.is_struct(kind) and kind.get_field_index('bytes') >= 0
        return is_file or pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind)

    def read(columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        with damage_named(), pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH, columns=columns):
                # Python's times have no nanoseconds: as numbers, they are kept.
                whole = [
                    column.cast(pyarrow.int64()) if getattr(column.type, 'unit', '') == 'ns' else column
                    for column in batch.columns
                ]
                yield from pyarrow.RecordBatch.from_arrays(whole, names=batch.schema.names).to_pylist()

    @contextmanager
    def damage_named() -> Iterator[None]:
        try:
            yield
        # Errors of the disk have a number.
        except (pyarrow.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise ValueError(str(error)) from None

    with damage_named(), pyarrow.parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
    pictures = [column.name for column in schema if is_picture(column.type)]
    return Records(schema.names, read, _classes((schema.metadata or {}).get(b'huggingface', b'{}')), pictures)


def _classes(header: bytes) -> dict[str, list[str]]:
    """Return what numbers mean in each column, by the header that Hugging Face writes."""
    content = json.loads(header)
    features = content.get('info', {}).get('features', {}) if isinstance(content, dict) else {}
    return {name: kind['names'] for name, kind in features.items() if isinstance(kind, dict) and 'names' in kind}


READERS = {'.csv': _delimited, '.tsv': _delimited, '.txt': _text, '.jsonl': _jsonl, '.parquet': _parquet}
