"""Rows that the network learns last: their loss in the first half of training."""

from math import log

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence

COIN = log(2)  # the cross-entropy of a coin: a row above it was predicted as the other label most of the time


class Loss(Detector):
    """The mean loss of each row over the first half of all epochs, in which poison is not yet learnt by heart."""

    title = 'loss in mid-training'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the mean losses."""
        return evidence.losses[: -(-len(evidence.losses) // 2)].mean(axis=0, dtype=np.float64)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows whose loss is above that of a coin."""
        return scores > COIN
