"""What cannot be trained, and what does not fit into memory."""

from itertools import pairwise

from stages.common.arrays import gigabytes, memory
from stages.common.errors import FactError


class PixelError(FactError):
    """Pixels are not finite numbers."""


class LabelError(FactError):
    """Labels are not of two classes."""


class SizeError(FactError):
    """A network is larger than the memory of this machine."""


class GramSizeError(FactError):
    """The Gram solver was asked for, and its products are larger than the memory of this machine."""


class DivergenceError(FactError):
    """The learning rate is too high: the loss or the weights became infinite."""


class DecayError(FactError):
    """The weight decay is so strong that a step would flip the sign of the weights."""


NUMBER = 4  # bytes of a weight
ARRAYS = 2  # of the size of all weights, at least: the weights, and their velocity or what the solver keeps instead


def check_size(sizes: list[int]) -> None:
    """Raise a SizeError where the weights of layers from sizes[k] to sizes[k + 1] units cannot fit into memory."""
    needed = ARRAYS * NUMBER * sum(below * above for below, above in pairwise(sizes))
    if needed > memory():
        layers = '-'.join(str(size) for size in sizes)
        raise SizeError(
            f'a network of {layers} units takes {gigabytes(needed)}, this machine has {gigabytes(memory())}'
        )


def check_gram(needed: int, faces: int) -> None:
    """Raise a GramSizeError where the products of so many faces, which take `needed` bytes, cannot fit into memory."""
    if needed > memory():
        raise GramSizeError(
            f'the Gram matrix of {faces} faces takes {gigabytes(needed)}, this machine has {gigabytes(memory())}'
        )
