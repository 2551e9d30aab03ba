"""Rows that the network learns last: their loss early in training."""

from math import log

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence

CHANCE_LOSS = log(2)  # the cross-entropy of a random guess; above it, the other label was predicted mostly


class Loss(Detector):
    """The mean loss of each row over the first half of all epochs, before poison is memorised."""

    title = 'loss in mid-training'
    needs_network = True

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the mean losses."""
        return evidence.losses[: -(-len(evidence.losses) // 2)].mean(axis=0, dtype=np.float64)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows whose loss is above that of a random guess."""
        return scores > CHANCE_LOSS
