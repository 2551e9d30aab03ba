"""Whether a network fits into memory."""

import os
from itertools import pairwise

from stages.network.errors import SizeError

NUMBER = 4  # bytes of a weight
ARRAYS = 2  # of the size of all weights, at least: the weights, and their velocity or what the solver keeps instead


def check_size(sizes: list[int]) -> None:
    """Raise a SizeError where the weights of layers from sizes[k] to sizes[k + 1] units cannot fit into memory."""
    needed = ARRAYS * NUMBER * sum(below * above for below, above in pairwise(sizes))
    there = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    if needed > there:
        layers = '-'.join(str(size) for size in sizes)
        raise SizeError(f'a network of {layers} units takes {needed / 1e9:.0f} GB, this machine has {there / 1e9:.0f}')
