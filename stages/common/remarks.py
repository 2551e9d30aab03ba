"""Remarks on single files, kept in a table from stage to stage."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from stages.common.files import read_csv, write_csv


@dataclass(frozen=True)
class Remark:
    """A file by its place in its source, and a `reason`: why it was left out or, if `kept`, what is odd about it.

    pair: the place of a file that contradicts it, or empty.
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
