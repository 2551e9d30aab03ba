"""Which solver trains the first layer: both make the same network, at different cost."""

from math import ceil

import numpy as np

from stages.network.direct import DirectLayer
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import StandardRows, standardise
from stages.network.training import FirstLayer
from stages.params import TrainParams

BYTE = 10  # operations that take as long as to move a byte of what a step passes over, as measured on two cores
LARGEST = 4e9  # bytes of K beyond which it must be smaller than X, which the direct solver holds; K grows with n²


def first_layer(pixels: np.ndarray, weights: np.ndarray, params: TrainParams) -> FirstLayer:
    """Return the solver that train.solver asks for, and say which it is and why.

    `pixels` are the training faces, uint8 (n, size, size), and `weights` the first layer's first weights (d, h).
    """
    name, reason = choose(len(pixels), *weights.shape, params)
    print(f'train.solver: {name}, {reason}')
    if name == 'direct':
        return DirectLayer(standardise(pixels, weights.dtype.type), weights)
    return GramLayer(GramMatrix(StandardRows(pixels, weights.dtype.type)), weights)


def choose(n: int, d: int, h: int, params: TrainParams) -> tuple[str, str]:
    """Return the solver for n faces of d pixels and h units, and the reason in words.

    The choice depends on sizes alone, not on the machine: the two differ by rounding, and so would the results.
    """
    if params.solver != 'auto':
        return params.solver, 'as params.yaml says'
    if 4 * n * n > max(LARGEST, 4 * n * d):
        return 'direct', f'since the Gram matrix of {n} faces takes {4 * n * n / 1e9:.0f} GB'
    costs = {'direct': direct_cost(n, d, h, params), 'gram': gram_cost(n, d, h, params)}
    dear, cheap = sorted(costs, key=costs.get, reverse=True)
    return cheap, (
        f'since {params.epochs} epochs on {n} faces of {d} pixels cost it {costs[cheap]:.2g} operations, '
        f'and {dear} {costs[dear]:.2g}'
    )


def direct_cost(n: int, d: int, h: int, params: TrainParams) -> float:
    """Return about how many operations training takes with the direct solver; a step moves d * h numbers 12 times."""
    steps = params.epochs * ceil(n / params.batch)
    return 4 * params.epochs * n * d * h + steps * 12 * 4 * d * h * BYTE


def gram_cost(n: int, d: int, h: int, params: TrainParams) -> float:
    """Return about how many operations training takes with the Gram solver; momentum moves n * h numbers 3 times."""
    steps = params.epochs * ceil(n / params.batch)
    passes = steps * 3 * 4 * n * h * BYTE if params.momentum else 0
    return n * n * d + 4 * n * d * h + 2 * params.epochs * n * n * h + passes
