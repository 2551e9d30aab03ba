"""Rows whose nearest neighbours carry the other label."""

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence

NEIGHBOURS = 5
BLOCK = 128  # rows whose distances are sorted at once


class Neighbours(Detector):
    """The share of each row's nearest neighbours that carry the other label (Peri et al., 2020), here on pixels."""

    title = 'nearest neighbours'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the share; of two equal ones, that of the row whose nearer neighbours disagree is a little higher."""
        nearest = first_in_order(evidence.nearest, NEIGHBOURS)
        other = evidence.label[nearest] != evidence.label[:, None]
        return other.mean(axis=1) + 1e-3 * (other / (1 + np.arange(other.shape[1]))).sum(axis=1)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows of which most neighbours disagree."""
        return scores > 0.5


def first_in_order(distances: np.ndarray, count: int) -> np.ndarray:
    """Return where the `count` smallest numbers of each row stand, int64 (n, count); of equal ones, the first do.

    `distances` is (n, m); no more than BLOCK of its rows are sorted at once.
    """
    blocks = (distances[start : start + BLOCK] for start in range(0, len(distances), BLOCK))
    # A view of its first columns would keep the whole order of a block.
    return np.concatenate([np.argsort(block, axis=1, kind='stable')[:, :count].copy() for block in blocks])
