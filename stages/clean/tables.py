"""Tables of labels without the rows of photos that leave, and with the new label of others."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from stages.common.errors import StudyError
from stages.common.files import as_cell
from stages.common.params import LABELS, Label
from stages.dataset.decisions import DROP, RELABEL
from stages.sources.places import LookupFailedError
from stages.sources.rows import BATCH, LabelTable
from stages.sources.table import Labels

LARGE_BATCH = 10_000  # rows of a Parquet table without pictures

Record = dict[str, Any]


def write_tables(folder: Path, labels: Labels, choices: Mapping[str, str]) -> list[str]:
    """Write each table into `folder`, as CSV, JSON lines or Parquet, and return their names.

    choices: what becomes of a photo, by its origin: nothing, keep, drop or relabel. A row of a folder of photos becomes
    a row for each photo if some of them leave.
    """
    words = {table.path: _words(labels, table) for table in labels.tables}
    others = {label: word for of_table in words.values() for label, word in of_table.items()}
    taken = {'removed.csv'}
    names = []
    for table in labels.tables:
        name = PurePosixPath(labels.name_of(table))
        write = WRITERS.get(name.suffix.casefold(), _write_csv)
        written = str(name if write is not _write_csv else name.with_suffix('.csv'))
        if written in taken:
            written = f'{name}{PurePosixPath(written).suffix}'
        taken.add(written)
        (folder / written).parent.mkdir(parents=True, exist_ok=True)
        write(folder / written, table, _staying(labels, table, choices, {**others, **words[table.path]}))
        names.append(written)
    return names


def _words(labels: Labels, table: LabelTable) -> dict[Label, Any]:
    """Return what the rows of a table with each label have in its column, most often; a label may be missing."""
    means, found = labels.means(table), dict[Label, Counter[str]]()
    values: dict[str, Any] = {}
    for record in table.records.read(table.label_columns):
        word = table.word(record)
        values.setdefault(word, record.get(table.label))
        if label := means(word):
            found.setdefault(label, Counter())[word] += 1
    return {label: values[words.most_common(1)[0][0]] for label, words in found.items()}


def _staying(
    labels: Labels, table: LabelTable, choices: Mapping[str, str], words: Mapping[Label, Any]
) -> Iterator[Record]:
    """Yield the rows that stay, with all their columns."""
    means = labels.means(table)
    for record, row in zip(table.records.read(table.records.columns), table.rows(), strict=True):
        try:
            origins = labels.origins(table, row)
        except LookupFailedError:
            origins = []
        made = [choices.get(as_cell(origin), '') for origin in origins]
        label = means(row.word)
        # The names in a table further down start from its folder, where the clean one does not lie.
        is_below = row.content is None and bool(labels.place_of(table).parts)
        is_split = len(origins) > 1 and (is_below or any(choice in (DROP, RELABEL) for choice in made))
        for number, choice in enumerate(made if is_split else made[:1] or ['']):
            new = dict(record)
            if origins and (is_split or is_below) and isinstance(table.image, str):
                image = record.get(table.image)
                new[table.image] = {**image, 'path': origins[number]} if isinstance(image, dict) else origins[number]
            if choice == RELABEL and label:
                other = LABELS[1 - LABELS.index(label)]
                new[table.label] = words.get(other, other)
                if table.opposite:
                    new[table.opposite] = record.get(table.label)
            if choice != DROP:
                yield new


def _write_csv(path: Path, table: LabelTable, records: Iterator[Record]) -> None:
    columns = list(dict.fromkeys(table.records.columns))
    with path.open('w', newline='', encoding='utf-8', errors='surrogateescape') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(columns)
        writer.writerows([record.get(column, '') for column in columns] for record in records)


def _write_lines(path: Path, table: LabelTable, records: Iterator[Record]) -> None:
    with path.open('w', encoding='ascii') as file:
        file.writelines(f'{json.dumps(record)}\n' for record in records)


def _write_parquet(path: Path, table: LabelTable, records: Iterator[Record]) -> None:
    import pyarrow
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(table.path) as file:
        schema = file.schema_arrow
    try:
        with pyarrow.parquet.ParquetWriter(path, schema) as writer:
            while batch := list(islice(records, BATCH if table.records.pictures else LARGE_BATCH)):
                writer.write_batch(pyarrow.RecordBatch.from_pylist(batch, schema))
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
        raise StudyError(f'data.table.label: {table.path}: a new value does not fit its column: {error}') from None


WRITERS = {'.jsonl': _write_lines, '.parquet': _write_parquet}
