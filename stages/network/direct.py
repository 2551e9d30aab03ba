"""The direct solver: the first layer as everybody trains it, its weights updated at every step."""

import numpy as np


class DirectLayer:
    """A first layer over fixed rows (n, d) with weights (d, h), trained by gradient descent with momentum.

    A step costs 4 * batch * d * h operations and passes over all d * h weights three times.
    """

    def __init__(self, rows: np.ndarray, weights: np.ndarray):
        self.rows = rows
        self._weights = weights
        self._velocity = np.zeros_like(weights)

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return rows[batch] @ weights."""
        return self.rows[batch] @ self._weights

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float) -> None:
        """Make the step whose gradient is rows[batch].T @ delta."""
        self._velocity *= momentum
        self._velocity -= rate * (self.rows[batch].T @ delta)
        self._weights += self._velocity

    def weights(self) -> np.ndarray:
        """Return the weights as they stand."""
        return self._weights
