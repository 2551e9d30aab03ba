"""What is done in each class on its own."""

from collections.abc import Callable

import numpy as np


def in_each_class(function: Callable[[np.ndarray], np.ndarray], values: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return function(values of the class), one number a row, for the rows of each class: (n,)."""
    found = np.empty(len(label))
    for number in np.unique(label):
        found[label == number] = function(values[label == number])
    return found


def robust_z(values: np.ndarray) -> np.ndarray:
    """Return how many robust deviations (1.4826 times the median one) each of the values (n,) lies above the median.

    All are 0 where most of them are equal.
    """
    above = values - np.median(values)
    spread = 1.4826 * np.median(np.abs(above))
    return above / spread if spread > 0 else np.zeros(len(values))
