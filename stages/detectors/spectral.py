"""Spectral signatures: rows that lie far out along the main direction of their class."""

from collections.abc import Callable

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence


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


LAYER = 1  # the hidden layer that is looked at: the second of three, with 128 units
OUTLIER = 5  # robust deviations


class Spectral(Detector):
    """The distance of each row along the first principal direction of its class's activations (Tran et al., 2018)."""

    title = 'spectral signature'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the distances from the mean, as multiples of the median one of the class."""
        return in_each_class(lambda rows: scaled(centred(rows)), layer(evidence), evidence.label)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag outliers of each class."""
        return outliers(scores, evidence.label)


def layer(evidence: Evidence) -> np.ndarray:
    """Return the activations that spectral signatures and clusters are looked for in: float32 (n, units)."""
    return evidence.hidden[min(LAYER, len(evidence.hidden) - 1)]


def principal_direction(rows: np.ndarray) -> np.ndarray:
    """Return the first principal direction of rows (n, units), of length 1: (units,)."""
    return np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][0]


def centred(rows: np.ndarray) -> np.ndarray:
    """Return how far each of the rows (n, units) lies from their mean along their first principal direction: (n,)."""
    return np.abs((rows - rows.mean(axis=0)) @ principal_direction(rows))


def scaled(lengths: np.ndarray) -> np.ndarray:
    """Return lengths (n,) as multiples of their median, so that those of two classes can be compared."""
    return lengths / max(np.median(lengths), np.finfo(np.float32).tiny)


def outliers(scores: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return which of the scores lie OUTLIER robust deviations above the median of their class, bool (n,)."""
    return in_each_class(robust_z, scores, label) > OUTLIER
