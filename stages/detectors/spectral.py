"""Spectral signatures: rows that are far out along the main direction of their class."""

from collections.abc import Callable

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence

LAYER = 1  # position of the hidden layer to use: the second of three, with 128 units
OUTLIER = 5  # robust deviations


class Spectral(Detector):
    """The distance of each row along the first principal direction of its class's activations (Tran et al., 2018)."""

    title = 'spectral signature'
    needs_network = True

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the distances from the mean, as multiples of the class median."""
        return in_each_class(lambda rows: scaled(centred(rows)), layer(evidence), evidence.label)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag scores more than OUTLIER robust deviations above the median of their class."""
        return in_each_class(robust_z, scores, evidence.label) > OUTLIER


def layer(evidence: Evidence) -> np.ndarray:
    """Return the activations for spectral signatures and clusters, float32 (n, units)."""
    return evidence.hidden[min(LAYER, len(evidence.hidden) - 1)]


def in_each_class(function: Callable[[np.ndarray], np.ndarray], values: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Apply a function that returns one number per row to the rows of each class; return all numbers, (n,)."""
    result = np.empty(len(label))
    for number in np.unique(label):
        result[label == number] = function(values[label == number])
    return result


def robust_z(values: np.ndarray) -> np.ndarray:
    """Return how many robust deviations each of the values (n,) is above the median: 0 if most values are equal."""
    above = values - np.median(values)
    spread = 1.4826 * np.median(np.abs(above))  # the standard deviation of normal values
    return above / spread if spread > 0 else np.zeros(len(values))


def principal_direction(rows: np.ndarray) -> np.ndarray:
    """Return the first principal direction of rows (n, units), of length 1: (units,)."""
    return np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][0]


def centred(rows: np.ndarray) -> np.ndarray:
    """Return the distance of each row of (n, units) from their mean along their first principal direction: (n,)."""
    return np.abs((rows - rows.mean(axis=0)) @ principal_direction(rows))


def scaled(lengths: np.ndarray) -> np.ndarray:
    """Return lengths (n,) as multiples of their median, to make classes comparable."""
    return lengths / max(np.median(lengths), np.finfo(np.float32).tiny)
