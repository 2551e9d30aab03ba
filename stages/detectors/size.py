"""Whether all rows can be compared with each other in the memory of a machine."""

from stages.common.errors import FactError
from stages.common.memory import gigabytes, memory

BYTES = 33  # for each row and each other: four matrices of float64 and a mask, as many as there are at a time


class TooManyRowsError(FactError):
    """Rows are too many to be compared with each other on this machine."""


def check_rows(count: int) -> None:
    """Raise a TooManyRowsError where what detectors make of `count` rows cannot fit into memory."""
    needed, there = BYTES * count**2, memory()
    if needed > there:
        raise TooManyRowsError(
            f'comparing {count} faces with each other takes {gigabytes(needed)}, this machine has {gigabytes(there)}'
        )
