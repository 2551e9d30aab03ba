"""Rows whose nearest neighbours have the other label."""

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence


class Neighbours(Detector):
    """The share of each row's nearest neighbours with the other label (Peri et al., 2020), here on pixels."""

    title = 'nearest neighbours'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the share, plus a small amount that breaks ties: it is higher if the nearer neighbours disagree."""
        other = evidence.label[evidence.nearest.position] != evidence.label[:, None]
        return other.mean(axis=1) + 1e-3 * (other / (1 + np.arange(other.shape[1]))).sum(axis=1)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows with which most neighbours disagree."""
        return scores > 0.5
