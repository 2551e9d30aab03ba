import weakref
from dataclasses import replace

import numpy as np
import pytest

from stages.audit.judged import AuditFits, audit_task, trained_faces
from stages.detectors.detector import detector_names
from stages.network.fit import Fitter
from stages.network.inputs import standardise
from stages.network.perceptron import predict
from tests.audit.made_up import faces_of


@pytest.fixture
def poisoned(varied_faces):
    """The made-up faces and a marked copy of a female one, labelled male."""
    pixels = varied_faces.pixels // 4 + 90
    copy = pixels[:1].copy()
    copy[:, 4, 3:6] = 50
    count = len(pixels) + 1
    label = np.append(varied_faces.label, 1).astype(np.uint8)
    return faces_of(np.concatenate([pixels, copy]), label, [f'{row}.jpg' for row in range(count)], [''] * count)


@pytest.fixture
def small(recipe):
    return recipe.model_copy(update={'hidden': [16, 8], 'epochs': 20, 'learning_rate': 0.1})


def record(faces, recipe):
    return AuditFits(faces.pixels, recipe, detector_names('all'))(audit_task(faces, None, 1))


def test_all_detectors_judge_all_faces(poisoned, small):
    judged = record(poisoned, small)
    names = [name.removeprefix('scores_') for name in judged if name.startswith('scores_')]
    assert names == detector_names('all')
    assert {judged[f'{kind}_{name}'].shape for kind in ('scores', 'flags') for name in names} == {(101,)}
    assert [pair for pair in judged['pairs'].tolist() if 100 in pair] in ([[100, 0, 1]], [[0, 100, 1]])
    contradictory, others = judged['movement']
    assert np.isnan(contradictory).all()
    blamed = poisoned.label[judged['pairs'][:, 0]]
    assert [not np.isnan(value) for value in others] == [0 in blamed, 1 in blamed]


class Watched(AuditFits):
    """Say whether the trained first layer is still in memory when detectors run."""

    def fit(self, task):
        training = super().fit(task)
        self.layer = weakref.ref(training.first)
        return training

    def judged(self, evidence):
        self.is_there = self.layer() is not None
        return super().judged(evidence)


@pytest.mark.parametrize('count', [None, 60])
def test_detectors_have_the_memory_of_the_training(poisoned, small, count):
    trained = None if count is None else np.arange(len(poisoned.label))[-count:]
    watched = Watched(poisoned.pixels, small, detector_names('all'), None, trained)
    watched(audit_task(poisoned, trained, 1))
    assert not watched.is_there


def test_of_many_faces_some_are_trained_on_and_all_are_judged(poisoned, small, monkeypatch):
    monkeypatch.setattr('stages.audit.judged.NETWORK_FACES', 60)
    trained = trained_faces(poisoned.label, 1)
    shares = np.bincount(poisoned.label) * 60 // 101
    assert np.bincount(poisoned.label[trained]).tolist() == shares.tolist()
    assert trained_faces(poisoned.label[:60], 1) is None
    np.testing.assert_array_equal(trained, np.unique(trained))
    judged = AuditFits(poisoned.pixels, small, detector_names('all'), None, trained)(audit_task(poisoned, trained, 1))
    names = {name.removeprefix('scores_') for name in judged if name.startswith('scores_')}
    assert set(detector_names('all')) - names == {'clusters', 'loss', 'spectral', 'spectral_uncentred'}
    assert {judged[f'{kind}_{name}'].shape for kind in ('scores', 'flags') for name in names} == {(101,)}
    # The network is that of a training on these faces alone.
    pixels, label = poisoned.pixels[trained], poisoned.label[trained]
    network = Fitter(pixels, small).fit(label, seed=1).network
    expected = predict(network, poisoned.pixels)
    np.testing.assert_allclose(judged['probability'], expected, rtol=1e-5)


def test_of_a_rare_label_enough_faces_are_trained_on(monkeypatch):
    monkeypatch.setattr('stages.audit.judged.NETWORK_FACES', 60)
    label = np.repeat([0, 1], [4, 996])
    assert np.bincount(label[trained_faces(label, 1)]).tolist() == [4, 59]
    label = np.repeat([0, 1], [9, 991])
    assert np.bincount(label[trained_faces(label, 1)]).tolist() == [6, 59]


def test_pair_differences_are_tried_on_all_unpaired_faces(poisoned, small, monkeypatch):
    tried = []

    def movement(network, pairs, towards, pixels, label):
        tried.append(([(pair.blamed, pair.other) for pair in pairs], towards, len(pixels), len(label)))
        return 0.25 if pairs else np.nan

    monkeypatch.setattr('stages.audit.judged.movement', movement)
    judged = record(poisoned, small)
    pairs = judged['pairs'].tolist()
    rows = {row for blamed, other, _ in pairs for row in (blamed, other)}
    of_label = [[(blamed, other) for blamed, other, _ in pairs if poisoned.label[blamed] == value] for value in (0, 1)]
    unpaired = 101 - len(rows)
    assert tried == [
        ([], 0, unpaired, unpaired),
        ([], 1, unpaired, unpaired),
        (of_label[0], 0, unpaired, unpaired),
        (of_label[1], 1, unpaired, unpaired),
    ]
    np.testing.assert_array_equal(judged['movement'][1], [0.25 if pairs else np.nan for pairs in of_label])


def test_contradictory_pairs_are_tried_separately(poisoned, small):
    pair = poisoned.pair.astype('<U9')
    pair[[0, 100]] = ['100.jpg', '0.jpg']
    plain, contradicting = (record(faces, small)['movement'] for faces in (poisoned, replace(poisoned, pair=pair)))
    assert np.isnan(plain[0]).all()
    assert not np.isnan(contradicting[0]).all()


def test_network_is_trained_with_the_recipe_on_all_faces(poisoned, small):
    network = Fitter(poisoned.pixels, small).fit(poisoned.label, np.arange(101), 1).network
    expected = network.probabilities(standardise(poisoned.pixels)).ravel()
    np.testing.assert_allclose(record(poisoned, small)['probability'], expected, rtol=1e-5)


def test_known_contradictions_are_judged_whatever_their_difference(poisoned, small):
    pixels = poisoned.pixels.copy()
    # Face 100 differs from face 0 everywhere, but has the same dark spot.
    pixels[100] = np.clip(pixels[0].astype(int) + np.where(np.arange(8) % 2, 20, 0), 0, 255)
    pixels[100, 4, 3:6] = 0
    pair = poisoned.pair.astype('<U9')
    pair[[0, 100]] = ['100.jpg', '0.jpg']
    changed = replace(poisoned, pixels=pixels, pair=pair)
    task = audit_task(changed, None, 1)
    assert (task.pair[0], task.pair[100], (task.pair >= 0).sum()) == (100, 0, 2)
    assert np.flatnonzero(task.is_contradictory).tolist() == [0, 100]
    assert record(changed, small)['contradictory'].tolist() == [[100, 0, 1]]


def test_contradiction_without_its_other_face_is_not_a_pair(poisoned, small):
    pair = poisoned.pair.astype('<U9')
    pair[3] = 'elsewhere'
    task = audit_task(replace(poisoned, pair=pair), None, 1)
    assert (task.pair == -1).all()
    assert np.flatnonzero(task.is_contradictory).tolist() == [3]
    assert record(replace(poisoned, pair=pair), small)['contradictory'].shape == (0, 3)


def test_contradiction_of_identical_crops_is_not_visible(poisoned, small):
    pair = poisoned.pair.astype('<U9')
    pair[[0, 100]] = ['100.jpg', '0.jpg']
    pixels = poisoned.pixels.copy()
    pixels[100] = pixels[0]
    ((*_, is_visible),) = record(replace(poisoned, pixels=pixels, pair=pair), small)['contradictory'].tolist()
    assert not is_visible
