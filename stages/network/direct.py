"""The direct solver: the first layer trained in the usual way, its weights updated at every step."""

import numpy as np

from stages.network.inputs import PixelRows
from stages.network.step import take_step


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
