"""Whether all rows can be compared with each other in the memory of a machine."""

import os

from stages.common.errors import FactError

BYTES = 33  # for each row and each other: four matrices of float64 and a mask, as many as there are at a time


class TooManyRowsError(FactError):
    """Rows are too many to be compared with each other on this machine."""


def check_rows(count: int) -> None:
    """Raise a TooManyRowsError where what detectors make of `count` rows cannot fit into memory."""
    needed, there = BYTES * count**2, memory()
    if needed > there:
        raise TooManyRowsError(
            f'comparing {count} faces with each other takes {needed / 1e9:.0f} GB, this machine has {there / 1e9:.0f}'
        )


def memory() -> int:
    """Return how many bytes of memory this machine has."""
    return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
