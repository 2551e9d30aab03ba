"""One step of gradient descent with momentum and weight decay."""

import numpy as np


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
