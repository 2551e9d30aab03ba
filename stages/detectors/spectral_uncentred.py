"""Spectral signatures as ART, BackdoorBench and BackdoorBox compute them: of rows that are not centred."""

import numpy as np

from stages.detectors.evidence import Evidence
from stages.detectors.spectral import Spectral, in_each_class, layer, principal_direction, scaled


class SpectralUncentred(Spectral):
    """The distance of each row from 0, not from the mean, along the direction of Tran et al. (2018)."""

    title = 'spectral, not centred'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the distances from 0, as multiples of the class median."""
        return in_each_class(lambda rows: scaled(uncentred(rows)), layer(evidence), evidence.label)


def uncentred(rows: np.ndarray) -> np.ndarray:
    """Return the distance from 0 of each of the rows (n, units) along their first principal direction: (n,)."""
    return np.abs(rows @ principal_direction(rows))
