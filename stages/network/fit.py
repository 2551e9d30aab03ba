"""Fitting networks to faces: the direct solver, the choice of solver, and a whole training."""

from math import ceil

import numpy as np
from scipy.linalg import get_blas_funcs

from stages.common.arrays import Rows, gigabytes
from stages.common.params import stream
from stages.network.errors import FLOAT_BYTES, check_size
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import PixelRows, StandardRows, sums_and_differences
from stages.network.perceptron import initial_perceptron
from stages.network.recipe import Recipe
from stages.network.training import Buffers, FirstLayer, Training, train

OPERATIONS_PER_BYTE = 10  # floating point operations in the time that a step moves a byte, as measured on two cores
MAX_GRAM_BYTES = 4e9  # above this, auto chooses the direct solver even if it is slower


class DirectLayer(FirstLayer):
    """A first layer with weights (d, h), trained on the faces at `positions` (default: all); one batch is in memory.

    With mirror images it trains the components of the weights: those of a face (x) and of its mirror image (x~) are
    even and odd parts, e and o, and with the weights' W_e and W_o, 2 x W = e W_e + o W_o and 2 x~ W = e W_e - o W_o.
    """

    def __init__(self, rows: PixelRows, weights: np.ndarray, positions: np.ndarray | None = None):
        self._rows, self.views = rows, rows.views
        self._positions = np.arange(len(rows)) if positions is None else positions
        self._initial = weights
        self._weights = [np.ascontiguousarray(part.T) for part in rows.split(weights.T)]
        self._velocities = [np.zeros_like(part) for part in self._weights]
        self._product, self._add_multiple = get_blas_funcs(('gemm', 'axpy'), dtype=weights.dtype)
        self._buffers = Buffers(weights.dtype)

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return X[batch] @ weights, (views * batch, h), in a buffer, and keep the batch's components for the step."""
        self._batch = self._rows.components(slice(None), self._positions[batch])
        outputs, views = (self._stacked(name, len(batch)) for name in ('outputs', 'views'))
        for part, weights, output in zip(self._batch, self._weights, outputs, strict=True):
            np.matmul(part, weights, out=output)
        outputs /= self.views
        return sums_and_differences(outputs, views).reshape(-1, outputs.shape[-1])

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float, decay: float) -> None:
        """Take the step with gradient X[batch].T @ delta + decay * weights; `batch` is that of `forward`."""
        views = self._stacked('delta', len(batch))
        deltas = sums_and_differences(delta.reshape(views.shape), views)
        for part, of_part, weights, velocity in zip(self._batch, deltas, self._weights, self._velocities, strict=True):
            # In the order of Fortran, as BLAS has it: velocity = momentum * velocity - rate * gradient, in one pass.
            self._product(-rate, of_part.T, part.T, momentum, velocity.T, trans_b=True, overwrite_c=True)
            if decay:
                self._add_multiple(weights.reshape(-1), velocity.reshape(-1), a=-rate * decay)
            self._add_multiple(velocity.reshape(-1), weights.reshape(-1))

    def outputs(self, faces: np.ndarray) -> np.ndarray:
        """Return X[faces] @ weights, (views * k, h), for any faces of `rows`."""
        parts = self._rows.components(slice(None), faces)
        outputs = np.stack([part @ weights for part, weights in zip(parts, self._weights, strict=True)])
        outputs /= self.views
        return sums_and_differences(outputs, np.empty_like(outputs)).reshape(-1, outputs.shape[-1])

    def is_finite(self) -> bool:
        """Return whether all weights are finite."""
        return all(bool(np.isfinite(weights).all()) for weights in self._weights)

    def weights(self) -> np.ndarray:
        """Return the current weights (d, h) in the memory of the initial ones."""
        self._initial[:] = self._rows.joined([part.T for part in self._weights]).T
        return self._initial

    def _stacked(self, name: str, faces: int) -> np.ndarray:
        columns = self._initial.shape[1]
        return self._buffers.get(name, self.views * faces, columns).reshape(self.views, faces, columns)


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
        network = initial_perceptron(self._sizes, stream(recipe.seed, 'weights'))
        return train(self.first_layer(network.weights[0], positions), network, label, recipe, title)


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
    costs = operations(rows, d, h, recipe, views)
    slow, fast = sorted(costs, key=costs.__getitem__, reverse=True)
    return fast, (
        f'since {recipe.epochs} epochs on {rows} rows of {d} pixels cost it {costs[fast]:.2g} operations, '
        f'and {slow} {costs[slow]:.2g}'
    )


def operations(n: int, d: int, h: int, recipe: Recipe, views: int) -> dict[str, float]:
    """Return roughly how many operations each solver needs to train on n rows, of n / views faces, with h units.

    d: pixels of a row. Memory traffic counts, too: a step moves d * h numbers 12 times (direct) or, with momentum,
    n * h numbers 3 times.
    """
    steps = recipe.epochs * ceil(n / recipe.batch)
    moving = steps * FLOAT_BYTES * h * OPERATIONS_PER_BYTE
    return {
        'direct': 4 * recipe.epochs * n * d * h / views + 12 * d * moving,
        'gram': (n * d * (n / views + 4 * h) + 2 * recipe.epochs * n * n * h) / views
        + (3 * n * moving if recipe.momentum else 0),
    }
