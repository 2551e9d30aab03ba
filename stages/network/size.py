"""Whether a network, and what trains it, fits into memory."""

from itertools import pairwise

from stages.common.memory import gigabytes, memory
from stages.network.errors import GramSizeError, SizeError

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
