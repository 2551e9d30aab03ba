"""The memory of this machine."""

import os


def memory() -> int:
    """Return how many bytes of memory this machine has."""
    return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')


def gigabytes(size: int) -> str:
    """Return a number of bytes in words, to the nearest gigabyte."""
    return f'{size / 1e9:.0f} GB'
