"""Rows whose labels the other rows contradict: kernel ridge regression that leaves their near-duplicates out."""

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence


class Ridge(Detector):
    """How far the others' opinion of each row is from its label (An, Liu and Venkatesh, 2007)."""

    title = 'leave-group-out kernel ridge'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return -1 where the others say its label, 1 where they say the other one, and what is between and beyond."""
        return -evidence.sign * evidence.opinion

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows that the others give the other label."""
        return scores > 0
