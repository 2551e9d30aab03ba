"""Errors of training, and checks that its arrays fit into memory."""

from itertools import pairwise

from stages.common.arrays import gigabytes, memory
from stages.common.errors import FactError

FLOAT_BYTES = 4


class PixelError(FactError):
    """Pixels are not finite numbers."""


class LabelError(FactError):
    """Labels are not 0 or 1, or all are the same."""


class SizeError(FactError):
    """The network does not fit into memory."""


class GramSizeError(FactError):
    """The Gram solver was requested, but the Gram matrix does not fit into memory."""


class DivergenceError(FactError):
    """The learning rate is too high: the loss or the weights became infinite."""


class DecayError(FactError):
    """The weight decay is so strong that a step would flip the sign of the weights."""


def check_size(sizes: list[int]) -> None:
    """Raise a SizeError if layers of these sizes do not fit into memory twice: as weights, and as their velocities."""
    needed = 2 * FLOAT_BYTES * sum(below * above for below, above in pairwise(sizes))
    check_memory(needed, f'a network of {"-".join(map(str, sizes))} units', SizeError)


def check_memory(needed: int, what: str, error: type[FactError]) -> None:
    """Raise an `error` if `what` takes more bytes of memory than there are."""
    if needed > memory():
        raise error(f'{what} takes {gigabytes(needed)}, there are {gigabytes(memory())}')
