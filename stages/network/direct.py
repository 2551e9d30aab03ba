"""The direct solver: the first layer trained in the usual way, its weights updated at every step."""

import numpy as np

from stages.network.step import take_step


class DirectLayer:
    """A first layer over fixed rows (n, d) with weights (d, h), trained by gradient descent with momentum.

    A step costs 4 * batch * d * h operations and passes over all d * h weights several times.
    """

    def __init__(self, rows: np.ndarray, weights: np.ndarray):
        self.rows = rows
        self._weights = weights
        self._velocity = np.zeros_like(weights)
        self._gradient = np.empty_like(weights)

    def announce(self, batches: list[np.ndarray], momentum: float) -> None:
        """Do nothing: there is no work that several batches could share."""

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return rows[batch] @ weights, (batch, h), for the positions `batch` of rows."""
        return self.rows[batch] @ self._weights

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float, decay: float) -> None:
        """Make the step whose gradient is rows[batch].T @ delta + decay * weights; `delta` is (batch, h)."""
        np.matmul(self.rows[batch].T, delta, out=self._gradient)
        take_step(self._weights, self._velocity, self._gradient, rate, momentum, decay)

    def weights(self) -> np.ndarray:
        """Return the weights (d, h) as they stand."""
        return self._weights
