"""Rows whose nearest neighbours carry the other label."""

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence

NEIGHBOURS = 5


class Neighbours(Detector):
    """The share of each row's nearest neighbours that carry the other label (Peri et al., 2020), here on pixels."""

    title = 'nearest neighbours'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the share; of two that are equal, that of which the nearer neighbours disagree is a little higher."""
        nearest = np.argsort(evidence.nearest, axis=1, kind='stable')[:, :NEIGHBOURS]
        other = evidence.label[nearest] != evidence.label[:, None]
        return other.mean(axis=1) + 1e-3 * (other / (1 + np.arange(other.shape[1]))).sum(axis=1)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows of which most neighbours disagree."""
        return scores > 0.5
