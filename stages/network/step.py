"""One step of gradient descent with momentum and weight decay, and reusable buffers."""

import numpy as np

# Far above denormal numbers, even after multiplication by the rate; far too small to affect any sum.
MIN_MAGNITUDE = 1e-25


class Buffers:
    """Named arrays that are allocated on first use; a request for fewer rows returns the first rows of the same one."""

    def __init__(self, dtype: np.dtype):
        self._dtype = dtype
        self._arrays: dict[str, np.ndarray] = {}

    def get(self, name: str, rows: int, columns: int) -> np.ndarray:
        """Return the array (rows, columns) called `name`, with arbitrary contents."""
        if name not in self._arrays or len(self._arrays[name]) < rows:
            self._arrays[name] = np.empty((rows, columns), self._dtype)
        return self._arrays[name][:rows]


def flush(numbers: np.ndarray) -> None:
    """Set numbers below MIN_MAGNITUDE to zero, in place: denormal numbers make every product ten times slower."""
    numbers[np.abs(numbers) < MIN_MAGNITUDE] = 0


def take_step(
    part: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, rate: float, momentum: float, decay: float
) -> None:
    """Update one array of parameters in place; `gradient` is overwritten.

    velocity = momentum * velocity - rate * (gradient + decay * part); part += velocity (Sutskever et al., 2013).
    """
    velocity *= momentum
    gradient *= rate
    velocity -= gradient
    if decay:
        np.multiply(part, rate * decay, out=gradient)
        velocity -= gradient
    part += velocity
