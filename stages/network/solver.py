"""Which solver trains the first layer: both make the same network, at different cost."""

from math import ceil

import numpy as np

from stages.common.stack import Stack
from stages.network.direct import DirectLayer
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import StandardRows
from stages.network.recipe import Recipe
from stages.network.size import check_gram
from stages.network.training import FirstLayer

BYTE = 10  # operations that take as long as to move a byte of what a step passes over, as measured on two cores
LARGEST_GRAM = 4e9  # bytes of the products beyond which auto takes the direct solver, whatever they would save


class FirstLayers:
    """First layers for one or many trainings on faces out of the same pool, by the solver that the recipe asks for.

    `pool` is uint8 (m, size, size); a training takes up to n of its faces, all of them if that is not given. Says which
    solver it is and why. With the Gram solver all trainings share the products of the pool, also across processes. A
    GramSizeError says that it was asked for, and that the products cannot fit into memory.
    """

    def __init__(self, pool: np.ndarray | Stack, recipe: Recipe, n: int | None = None):
        self.rows = StandardRows(pool, mirror=recipe.mirror)
        name, reason = choose(n or len(pool), self.rows.width, [*recipe.hidden, 1][0], recipe, held=len(pool))
        print(f'solver: {name}, {reason}')
        if name == 'gram':
            check_gram(gram_bytes(len(pool), recipe), len(pool))
        self._gram = GramMatrix(self.rows) if name == 'gram' else None

    def layer(self, weights: np.ndarray, positions: np.ndarray | None = None) -> FirstLayer:
        """Return a layer over the faces of the pool at `positions`, or all of them, with initial `weights` (d, h)."""
        if self._gram is None:
            return DirectLayer(self.rows, weights, positions)
        return GramLayer(self._gram, weights, positions)


def choose(n: int, d: int, h: int, recipe: Recipe, held: int) -> tuple[str, str]:
    """Return the solver for n faces of d pixels and h units out of a pool of `held` faces, and the reason in words.

    The choice depends on sizes alone, not on the machine: the two differ by rounding, and so would the results.
    """
    if recipe.solver != 'auto':
        return recipe.solver, 'as asked for'
    if gram_bytes(held, recipe) > LARGEST_GRAM:
        return 'direct', f'since the Gram matrix of {held} faces takes {gram_bytes(held, recipe) / 1e9:.0f} GB'
    rows = n * (1 + recipe.mirror)
    costs = {'direct': direct_cost(rows, d, h, recipe), 'gram': gram_cost(rows, d, h, recipe)}
    dear, cheap = sorted(costs, key=costs.get, reverse=True)
    return cheap, (
        f'since {recipe.epochs} epochs on {rows} rows of {d} pixels cost it {costs[cheap]:.2g} operations, '
        f'and {dear} {costs[dear]:.2g}'
    )


def gram_bytes(faces: int, recipe: Recipe) -> int:
    """Return how many bytes the products of faces take: with themselves and, if there are any, with mirror images."""
    return 4 * (1 + recipe.mirror) * faces * faces


def direct_cost(n: int, d: int, h: int, recipe: Recipe) -> float:
    """Return about how many operations training on n rows takes; a step moves d * h numbers 12 times."""
    steps = recipe.epochs * ceil(n / recipe.batch)
    return 4 * recipe.epochs * n * d * h + steps * 12 * 4 * d * h * BYTE


def gram_cost(n: int, d: int, h: int, recipe: Recipe) -> float:
    """Return about how many operations training on n rows takes; momentum moves n * h numbers 3 times a step."""
    steps = recipe.epochs * ceil(n / recipe.batch)
    passes = steps * 3 * 4 * n * h * BYTE if recipe.momentum else 0
    products = n * n * d / (4 if recipe.mirror else 1)
    return products + 4 * n * d * h + 2 * recipe.epochs * n * n * h + passes
