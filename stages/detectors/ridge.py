"""Rows whose labels contradict a kernel ridge regression without them and their near-duplicates."""

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence


class Ridge(Detector):
    """How much the leave-out prediction for each row contradicts its label (An, Liu and Venkatesh, 2007)."""

    title = 'leave-group-out kernel ridge'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return scores near -1 for rows whose label is predicted, and near 1 for those with the other label."""
        return -evidence.sign * evidence.leave_out_prediction

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows for which the other label is predicted."""
        return scores > 0
