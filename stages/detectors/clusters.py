"""Activation clustering: the smaller of two clusters of a class."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from stages.common.params import integer_seed, stream
from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence
from stages.detectors.spectral import in_each_class, layer

COMPONENTS = 10
MAX_SHARE = 0.35  # of its class in a poisoned cluster
SILHOUETTES = 5000  # rows of a cluster at most, at random, by which that is measured
MIN_SILHOUETTE = 0.1  # of two clusters that count as separate


class Clusters(Detector):
    """How much closer each row is to the smaller of two clusters of its class (Chen et al., 2018)."""

    title = 'activation clustering'
    needs_network = True

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the difference of the distances to the two centres, as a share of its maximum in the class."""
        seed = integer_seed(evidence.seed, 'clusters')
        return in_each_class(lambda rows: _towards_smaller(rows, seed), layer(evidence), evidence.label)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag the smaller cluster of a class if it is small and separate."""
        flags = np.zeros(len(scores), bool)
        for number in np.unique(evidence.label):
            rows = np.flatnonzero(evidence.label == number)
            smaller = scores[rows] > 0
            if not 0 < smaller.mean() <= MAX_SHARE:
                continue
            random = stream(evidence.seed, 'silhouettes')
            parts = [random.permutation(np.flatnonzero(smaller == is_smaller))[:SILHOUETTES] for is_smaller in (0, 1)]
            sample = np.sort(np.concatenate(parts))
            if silhouette_score(reduced(layer(evidence)[rows])[sample], smaller[sample]) >= MIN_SILHOUETTE:
                flags[rows[smaller]] = True
        return flags


def reduced(rows: np.ndarray) -> np.ndarray:
    """Return the first COMPONENTS principal components of rows (n, units), or fewer if there are fewer."""
    return PCA(min(COMPONENTS, *rows.shape), svd_solver='full').fit_transform(rows.astype(np.float64))


def clustered(rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the cluster, 0 or 1, of each of the rows (n, units), and their distances to both centres (n, 2)."""
    means = KMeans(2, n_init=10, random_state=seed).fit(rows)
    return means.labels_, means.transform(rows)


def _towards_smaller(rows: np.ndarray, seed: int) -> np.ndarray:
    if len(rows) < 2 or not np.ptp(rows, axis=0).any():
        return np.zeros(len(rows))
    cluster, distances = clustered(reduced(rows), seed)
    small = int(np.argmin(np.bincount(cluster, minlength=2)))
    difference = distances[:, 1 - small] - distances[:, small]
    return difference / max(np.abs(difference).max(), np.finfo(float).tiny)
