"""Spectral signatures as ART, BackdoorBench and BackdoorBox compute them: of rows that are not centred."""

import numpy as np

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence
from stages.detectors.spectral import in_each_class, layer, outliers, principal_direction, scaled


class SpectralUncentred(Detector):
    """The same direction as that of Tran et al. (2018), but the distance of each row from 0, not from the mean."""

    title = 'spectral, not centred'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the distances from 0, in median distances of the class."""
        return in_each_class(lambda rows: scaled(uncentred(rows)), layer(evidence), evidence.label)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag outliers of each class."""
        return outliers(scores, evidence.label)


def uncentred(rows: np.ndarray) -> np.ndarray:
    """Return how long each of the rows (n, units) is along the first principal direction of them all: (n,)."""
    return np.abs(rows @ principal_direction(rows))
