"""Networks fitted to faces: which solver trains the first layer, and the whole recipe of a training."""

from dataclasses import replace
from math import ceil

import numpy as np

from stages.common.arrays import Stack
from stages.common.params import stream
from stages.network.errors import check_gram, check_size
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import PixelRows, StandardRows
from stages.network.perceptron import initial_perceptron
from stages.network.recipe import Recipe
from stages.network.step import take_step
from stages.network.training import FirstLayer, Training, train


class DirectLayer:
    """A first layer over the rows of some faces, with weights (d, h), trained by gradient descent with momentum.

    `positions` says which faces of `rows` are trained on, and in which order: all if it is not given. A step costs
    4 * batch * d * h operations and passes over all d * h weights several times. In memory there is one batch of rows.
    """

    def __init__(self, rows: PixelRows, weights: np.ndarray, positions: np.ndarray | None = None):
        self._rows = rows
        self._positions = np.arange(len(rows)) if positions is None else rows.of_faces(positions)
        self._weights = weights
        self._velocity = np.zeros_like(weights)
        self._gradient = np.empty_like(weights)

    def announce(self, batches: list[np.ndarray], momentum: float) -> None:
        """Do nothing: there is no work that several batches could share."""

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return X[batch] @ weights, (batch, h), and keep these rows for the step."""
        self._batch = self._rows.columns(slice(None), self._positions[batch])
        return self._batch @ self._weights

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float, decay: float) -> None:
        """Make the step whose gradient is X[batch].T @ delta + decay * weights; `batch` is that of `forward`."""
        np.matmul(self._batch.T, delta, out=self._gradient)
        take_step(self._weights, self._velocity, self._gradient, rate, momentum, decay)

    def weights(self) -> np.ndarray:
        """Return the weights (d, h) as they stand."""
        return self._weights


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


class Fitter:
    """Fits networks by a `recipe` to rows out of one pool of faces; processes may share it.

    `pool`, which stays at hand as `pixels`, is uint8 (m, size, size), or a Stack of such; `most` says how many of its
    faces a training takes at most: all if it is not given. With the Gram solver all trainings share the products of the
    pool. A SizeError or a GramSizeError says that the network, or these products, cannot fit into memory.
    """

    def __init__(self, pool: np.ndarray | Stack, recipe: Recipe, most: int | None = None):
        check_size([pool.shape[-2] * pool.shape[-1], *recipe.hidden, 1])
        self.recipe = recipe
        self.pixels = pool
        self._first_layers = FirstLayers(pool, recipe, most)

    def fit(
        self,
        label: np.ndarray,
        positions: np.ndarray | None = None,
        seed: int | None = None,
        title: str | None = None,
    ) -> Training:
        """Train a network on the faces of the pool at `positions`, int64 (n,), with the labels (n,), 0 or 1.

        Without positions, all of the pool is trained on. `seed` stands in for that of the recipe. A progress bar shows
        the `title`. The losses of a face are the mean of its own and its mirror image's. Errors are those of `train`.
        """
        recipe = self.recipe if seed is None else self.recipe.model_copy(update={"seed": seed})
        if recipe.mirror:
            label = np.tile(label, 2)
        sizes = [self._first_layers.rows.width, *recipe.hidden, 1]
        network = initial_perceptron(sizes, stream(recipe.seed, 'weights'))
        first = self._first_layers.layer(network.weights[0], positions)
        training = train(first, network, label, recipe, title)
        if recipe.mirror:
            training = replace(training, losses=training.losses.reshape(recipe.epochs, 2, -1).mean(axis=1))
        return training
