"""Fitting networks to faces: the direct solver, the choice of solver, and a whole training."""

from dataclasses import replace
from math import ceil

import numpy as np
from scipy.linalg import get_blas_funcs

from stages.common.arrays import Rows, gigabytes
from stages.common.params import stream
from stages.network.errors import FLOAT_BYTES, check_size
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import PixelRows, StandardRows
from stages.network.perceptron import initial_perceptron
from stages.network.recipe import Recipe
from stages.network.training import FirstLayer, Training, train

OPERATIONS_PER_BYTE = 10  # floating point operations in the time that a step moves a byte, as measured on two cores
MAX_GRAM_BYTES = 4e9  # above this, auto chooses the direct solver even if it is slower


class DirectLayer(FirstLayer):
    """A first layer with weights (d, h), trained on the faces at `positions` (default: all); one batch is in memory."""

    def __init__(self, rows: PixelRows, weights: np.ndarray, positions: np.ndarray | None = None):
        self._rows = rows
        self._positions = np.arange(len(rows)) if positions is None else rows.of_faces(positions)
        self._weights = weights
        self._velocity = np.zeros_like(weights)
        self._product, self._add_multiple = get_blas_funcs(('gemm', 'axpy'), dtype=weights.dtype)

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return X[batch] @ weights, (batch, h), and keep these rows for the step."""
        self._batch = self._rows.columns(slice(None), self._positions[batch])
        return self._batch @ self._weights

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float, decay: float) -> None:
        """Take the step with gradient X[batch].T @ delta + decay * weights; `batch` is that of `forward`."""
        # In the order of Fortran, as BLAS has it: velocity = momentum * velocity - rate * gradient, in one pass.
        self._product(-rate, delta.T, self._batch.T, momentum, self._velocity.T, trans_b=True, overwrite_c=True)
        weights, velocity = self._weights.reshape(-1), self._velocity.reshape(-1)
        if decay:
            self._add_multiple(weights, velocity, a=-rate * decay)
        self._add_multiple(velocity, weights)

    def weights(self) -> np.ndarray:
        """Return the current weights (d, h)."""
        return self._weights


class Fitter:
    """Fits networks by a `recipe` to subsets of one pool of faces, and prints which solver it uses and why.

    `pool` is uint8 (m, size, size); `max_faces` is the largest number of faces in a training (default: all), on which
    the choice of solver depends. With the Gram solver all trainings share the Gram matrix of the pool, even across
    processes. Raises a SizeError or a GramSizeError.
    """

    def __init__(self, pool: Rows, recipe: Recipe, max_faces: int | None = None):
        self.recipe = recipe
        self._rows = StandardRows(pool, mirror=recipe.mirror)
        self._sizes = [self._rows.width, *recipe.hidden, 1]
        check_size(self._sizes)
        d, h = self._sizes[:2]
        solver, reason = choose_solver(max_faces or len(pool), d, h, recipe, held=len(pool))
        print(f'solver: {solver}, {reason}')
        self._gram = GramMatrix(self._rows) if solver == 'gram' else None

    def first_layer(self, weights: np.ndarray, positions: np.ndarray | None = None) -> FirstLayer:
        """Return a layer with initial `weights` (d, h), for training on the faces at `positions` (default: all)."""
        if self._gram is None:
            return DirectLayer(self._rows, weights, positions)
        return GramLayer(self._gram, weights, positions)

    def fit(
        self, label: np.ndarray, positions: np.ndarray | None = None, seed: int | None = None, title: str | None = None
    ) -> Training:
        """Train a network on the faces at `positions`, int64 (n,) (default: all), with labels (n,), as `train` does.

        `seed` replaces that of the recipe. The loss of a face is the mean of its own and its mirror image's.
        """
        recipe = self.recipe if seed is None else self.recipe.model_copy(update={'seed': seed})
        if recipe.mirror:
            label = np.tile(label, 2)
        network = initial_perceptron(self._sizes, stream(recipe.seed, 'weights'))
        training = train(self.first_layer(network.weights[0], positions), network, label, recipe, title)
        if recipe.mirror:
            training = replace(training, losses=training.losses.reshape(recipe.epochs, 2, -1).mean(axis=1))
        return training


def choose_solver(n: int, d: int, h: int, recipe: Recipe, held: int) -> tuple[str, str]:
    """Return the solver for training on n faces of d pixels with h units, and the reason; `held` faces are in the pool.

    The choice depends on sizes alone, not on the machine: the results of the two solvers differ by rounding.
    """
    if recipe.solver != 'auto':
        return recipe.solver, 'as requested'
    views = 1 + recipe.mirror
    size = FLOAT_BYTES * views * held**2
    if size > MAX_GRAM_BYTES:
        return 'direct', f'since the Gram matrix of {held} faces takes {gigabytes(size)}'
    rows = n * views
    costs = operations(rows, d, h, recipe)
    slow, fast = sorted(costs, key=costs.__getitem__, reverse=True)
    return fast, (
        f'since {recipe.epochs} epochs on {rows} rows of {d} pixels cost it {costs[fast]:.2g} operations, '
        f'and {slow} {costs[slow]:.2g}'
    )


def operations(n: int, d: int, h: int, recipe: Recipe) -> dict[str, float]:
    """Return roughly how many operations each solver needs to train on n rows of d pixels with h units.

    Memory traffic counts, too: a step moves d * h numbers 12 times (direct) or, with momentum, n * h numbers 3 times.
    """
    steps = recipe.epochs * ceil(n / recipe.batch)
    moving = steps * FLOAT_BYTES * h * OPERATIONS_PER_BYTE
    products = n * n * d / (4 if recipe.mirror else 1)
    return {
        'direct': 4 * recipe.epochs * n * d * h + 12 * d * moving,
        'gram': products + 4 * n * d * h + 2 * recipe.epochs * n * n * h + (3 * n * moving if recipe.momentum else 0),
    }
