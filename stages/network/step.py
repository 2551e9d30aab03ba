"""One step of gradient descent with momentum and weight decay, and the memory that every step reuses."""

import numpy as np

SMALLEST = 1e-25  # far above denormal numbers, also after a multiplication by the rate; far below what any sum notices


class Buffers:
    """Arrays by name, made when first asked for; fewer rows than before are the first rows of the same array."""

    def __init__(self, dtype: np.dtype):
        self._dtype = dtype
        self._arrays = {}

    def get(self, name: str, rows: int, columns: int) -> np.ndarray:
        """Return the array (rows, columns) called `name`; it holds whatever was left in it."""
        if name not in self._arrays or len(self._arrays[name]) < rows:
            self._arrays[name] = np.empty((rows, columns), self._dtype)
        return self._arrays[name][:rows]


def flush(numbers: np.ndarray) -> None:
    """Set what is smaller than SMALLEST to zero, in place, in an array of any shape.

    Denormal numbers make every product ten times slower.
    """
    numbers[np.abs(numbers) < SMALLEST] = 0


def take_step(
    part: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, rate: float, momentum: float, decay: float
) -> None:
    """Step one array of parameters in place, and use the memory of its gradient on the way.

    velocity = momentum * velocity - rate * (gradient + decay * part); part += velocity (Sutskever et al., 2013).
    """
    velocity *= momentum
    gradient *= rate
    velocity -= gradient
    if decay:
        np.multiply(part, rate * decay, out=gradient)
        velocity -= gradient
    part += velocity
