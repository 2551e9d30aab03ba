"""Tables of labels without the rows of photos that leave, and with the new label of others."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from stages.common.errors import StudyError
from stages.common.files import as_cell
from stages.common.params import LABELS, Label
from stages.dataset.decisions import DROP, RELABEL
from stages.sources.places import LookupFailedError
from stages.sources.rows import BATCH, LabelTable
from stages.sources.table import Labels

Record = dict[str, Any]


def write_tables(folder: Path, labels: Labels, choices: Mapping[str, str]) -> list[str]:
    """Write each table into `folder`, as CSV, JSON lines or Parquet, and return their names.

    choices: what becomes of a photo, by its origin: nothing, keep, drop or relabel. A row of a folder of photos becomes
    a row for each photo if some of them leave.
    """
    words = _words(labels)
    names = []
    for table in labels.tables:
        name = PurePosixPath(labels.name_of(table))
        write = WRITERS.get(name.suffix.casefold(), _write_csv)
        path = folder / (name if write is not _write_csv else name.with_suffix('.csv'))
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, table, _staying(labels, table, choices, words))
        names.append(path.relative_to(folder).as_posix())
    return names


def _words(labels: Labels) -> dict[Label, Any]:
    """Return what rows with a label have in its column, most often."""
    found: dict[Label, Counter] = {label: Counter() for label in LABELS}
    for table in labels.tables:
        means = labels.means(table)
        for record, row in zip(table.records.read([table.label]), table.rows(), strict=False):
            if label := means(row.word):
                found[label][record.get(table.label)] += 1
    return {label: words.most_common(1)[0][0] if words else label for label, words in found.items()}


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
        is_split = len(origins) > 1 and any(choice in (DROP, RELABEL) for choice in made)
        # The names in a table further down start from its folder, where the clean one does not lie.
        is_renamed = is_split or (origins and row.content is None and labels.place_of(table).parts)
        for number, choice in enumerate(made if is_split else made[:1] or ['']):
            new = dict(record)
            if is_renamed and isinstance(table.image, str):
                new[table.image] = origins[number]
            if choice == RELABEL and label:
                new[table.label] = words[LABELS[1 - LABELS.index(label)]]
            if choice != DROP:
                yield new


def _write_csv(path: Path, table: LabelTable, records: Iterator[Record]) -> None:
    columns = list(dict.fromkeys(table.records.columns))
    with path.open('w', newline='', encoding='utf-8', errors='surrogateescape') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(columns)
        writer.writerows([record.get(column, '') for column in columns] for record in records)


def _write_lines(path: Path, table: LabelTable, records: Iterator[Record]) -> None:
    with path.open('w', encoding='utf-8', errors='surrogateescape') as file:
        file.writelines(f'{json.dumps(record, ensure_ascii=False)}\n' for record in records)


def _write_parquet(path: Path, table: LabelTable, records: Iterator[Record]) -> None:
    import pyarrow
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(table.path) as file:
        schema = file.schema_arrow
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        batch: list[Record] = []
        for record in records:
            batch.append(record)
            if len(batch) == BATCH:
                writer.write_batch(pyarrow.RecordBatch.from_pylist(batch, schema))
                batch.clear()
        try:
            writer.write_batch(pyarrow.RecordBatch.from_pylist(batch, schema))
        except pyarrow.ArrowException as error:
            raise StudyError(f'data.table.label: {table.path}: a new label does not fit its column: {error}') from None


WRITERS = {'.jsonl': _write_lines, '.parquet': _write_parquet}
