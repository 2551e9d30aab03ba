"""Detectors that use activations, spectral signatures and clusters, also compared with ART 1.20."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from stages.detectors.clusters import Clusters, clustered, reduced
from stages.detectors.spectral import OUTLIER, Spectral, centred, layer, robust_z
from stages.detectors.spectral_uncentred import SpectralUncentred, uncentred
from tests.detectors.made_up import evidence


@pytest.fixture
def activations(random):
    """64 rows of 20 units, the last 8 of them far away in one direction."""
    rows = random.normal(0, 1, (64, 20)) @ np.diag(np.linspace(1, 0.2, 20)) + 3
    rows[56:, 4] += 15
    return rows.astype(np.float32)


def evidence_with(activations, label=None):
    count = len(activations)
    label = np.zeros(count) if label is None else label
    pixels = np.random.default_rng(3).integers(0, 256, (count, 16, 16))
    return evidence(pixels, label, hidden=[activations * 0, activations, activations * 0])


def test_a_signature_is_the_distance_along_the_first_principal_component(activations):
    np.testing.assert_allclose(centred(activations), np.abs(PCA(1).fit_transform(activations))[:, 0], rtol=1e-4)


def test_uncentred_signature_is_measured_from_0(activations):
    direction = PCA(1).fit(activations).components_[0]
    np.testing.assert_allclose(uncentred(activations), np.abs(activations @ direction), rtol=1e-4)


@pytest.mark.parametrize('detector', [Spectral(), SpectralUncentred()])
def test_signatures_of_the_second_hidden_layer_are_scaled_by_the_median_of_each_class(activations, detector):
    rows = np.concatenate([activations, 5 * activations[::-1]])
    label = np.repeat([0, 1], 64)
    scores = detector.scores(evidence_with(rows, label))
    formula = uncentred if isinstance(detector, SpectralUncentred) else centred
    lengths = formula(activations)
    np.testing.assert_allclose(scores[:64], lengths / np.median(lengths), rtol=1e-3)
    np.testing.assert_allclose(scores[64:], scores[:64][::-1], rtol=1e-3)


def test_only_outliers_are_flagged(activations):
    sample = evidence_with(activations)
    flags = Spectral().flags(sample, Spectral().scores(sample))
    assert np.flatnonzero(flags).tolist() == list(range(56, 64))
    values = np.array([0.0, 1, 2, 3, 4])
    np.testing.assert_allclose(robust_z(values), (values - 2) / 1.4826)
    assert OUTLIER == 5


def test_the_smaller_cluster_is_flagged(activations):
    sample = evidence_with(activations)
    scores = Clusters().scores(sample)
    assert set(np.argsort(-scores)[:8]) == set(range(56, 64))
    assert np.flatnonzero(Clusters().flags(sample, scores)).tolist() == list(range(56, 64))


@pytest.mark.parametrize(('far', 'distance'), [(30, 15), (0, 0)], ids=['large', 'not apart'])
def test_cluster_that_is_large_or_not_separate_is_not_flagged(random, far, distance):
    rows = random.normal(0, 1, (64, 20)).astype(np.float32)
    rows[64 - far :, 4] += distance
    sample = evidence_with(rows)
    assert not Clusters().flags(sample, Clusters().scores(sample)).any()


def test_each_class_has_its_own_clusters(activations):
    rows = np.concatenate([activations, activations + 50])
    sample = evidence_with(rows, np.repeat([0, 1], 64))
    flags = Clusters().flags(sample, Clusters().scores(sample))
    assert np.flatnonzero(flags).tolist() == [*range(56, 64), *range(120, 128)]


@pytest.mark.parametrize('count', [2, 4, 9], ids=str)
@pytest.mark.parametrize('detector', [Clusters(), Spectral(), SpectralUncentred()])
def test_fewer_rows_than_components_give_finite_scores(activations, detector, count):
    sample = evidence_with(activations[:count], np.arange(count) % 2)
    scores = detector.scores(sample)
    assert np.isfinite(scores).all()
    assert detector.flags(sample, scores).shape == (count,)


@pytest.mark.parametrize(('layers', 'looked_at'), [(1, 0), (2, 1), (3, 1), (4, 1)])
def test_second_hidden_layer_is_used_or_the_only_one(layers, looked_at):
    hidden = [np.full((2, 3), number) for number in range(layers)]
    sample = evidence(np.zeros((2, 16, 16)), np.array([0, 1]), hidden=hidden)
    assert (layer(sample) == looked_at).all()


@pytest.mark.parametrize('detector', [Clusters(), Spectral(), SpectralUncentred()])
def test_equal_activations_are_not_flagged(detector):
    sample = evidence_with(np.ones((20, 8), np.float32), np.repeat([0, 1], 10))
    scores = detector.scores(sample)
    assert np.isfinite(scores).all()
    assert not detector.flags(sample, scores).any()


@pytest.mark.filterwarnings('ignore')
def test_uncentred_signatures_match_those_of_art(activations):
    defence = pytest.importorskip('art.defences.detector.poison.spectral_signature_defense', reason='ART is an extra')
    theirs = defence.SpectralSignatureDefense.spectral_signature_scores(activations.astype(np.float64))[:, 0]
    np.testing.assert_allclose(uncentred(activations.astype(np.float64)), theirs, rtol=0, atol=1e-6)


@pytest.mark.filterwarnings('ignore')
def test_clusters_match_those_of_art(activations):
    defence = pytest.importorskip('art.defences.detector.poison.activation_defence', reason='ART is an extra')
    (theirs,), _ = defence.cluster_activations([activations.astype(np.float64)], reduce='PCA')
    ours, _ = clustered(reduced(activations), seed=1)
    assert adjusted_rand_score(ours, theirs) == 1
