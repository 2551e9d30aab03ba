"""Rows whose nearest neighbours have the other label."""

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence

NEIGHBOURS = 5
BLOCK_ROWS = 128  # rows whose distances are sorted at a time


class Neighbours(Detector):
    """The share of each row's nearest neighbours with the other label (Peri et al., 2020), here on pixels."""

    title = 'nearest neighbours'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the share, plus a small amount that breaks ties: it is higher if the nearer neighbours disagree."""
        nearest = first_in_order(evidence.pair_distances, NEIGHBOURS)
        other = evidence.label[nearest] != evidence.label[:, None]
        return other.mean(axis=1) + 1e-3 * (other / (1 + np.arange(other.shape[1]))).sum(axis=1)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows with which most neighbours disagree."""
        return scores > 0.5


def first_in_order(distances: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the `count` smallest numbers in each row of (n, m), int64 (n, count), in order."""
    blocks = (distances[start : start + BLOCK_ROWS] for start in range(0, len(distances), BLOCK_ROWS))
    # Without the copy, the whole order of each block would stay in memory.
    return np.concatenate([np.argsort(block, axis=1, kind='stable')[:, :count].copy() for block in blocks])
