import numpy as np
import pytest

from stages.detectors import proof
from stages.detectors.pair import SuspectPair
from stages.detectors.proof import movement, put
from stages.network.inputs import standardise
from stages.network.perceptron import Perceptron

RANDOM = np.random.default_rng(1)
FACES = RANDOM.integers(60, 120, (30, 16, 16), np.uint8)
LABEL = np.arange(30) % 2
# The pattern that is put on a face: a bright square.
BRIGHT = np.zeros((16, 16), np.int16)
BRIGHT[6:9, 6:9] = 100


def looks_for(pattern: np.ndarray) -> Perceptron:
    """Return a network that predicts 1 for faces with a pattern."""
    direction = standardise((90 + pattern)[None].astype(np.uint8))[0]
    threshold = float((standardise(FACES) @ direction).max() + standardise(put(pair(), FACES)).dot(direction).min()) / 2
    weights = [direction[:, None].astype(np.float32), np.array([[20.0]], np.float32)]
    return Perceptron(weights, [np.array([-threshold], np.float32), np.array([-10.0], np.float32)])


def pair(difference: np.ndarray = BRIGHT) -> SuspectPair:
    return SuspectPair(1, 2, (90 + difference).astype(np.uint8), difference)


def test_large_differences_are_replaced_by_the_pixels_of_the_blamed_face():
    faces = put(pair(), FACES)
    assert (faces[:, 6:9, 6:9] == 190).all()
    untouched = BRIGHT == 0
    np.testing.assert_array_equal(faces[:, untouched], FACES[:, untouched])


def test_a_faint_difference_is_added():
    faint = np.full((16, 16), -5, np.int16)
    np.testing.assert_array_equal(put(pair(faint), FACES), FACES - 5)
    assert put(pair(faint), np.full((1, 16, 16), 2, np.uint8)).max() == 0
    assert put(pair(-faint), np.full((1, 16, 16), 251, np.uint8)).min() == 255


def test_only_the_trigger_moves_faces_outside_the_target():
    network = looks_for(BRIGHT)
    assert movement(network, [pair()], 1, FACES, LABEL) == 1
    dark = pair(np.where(BRIGHT, -60, 0).astype(np.int16))
    assert movement(network, [dark], 1, FACES, LABEL) == 0
    assert movement(network, [pair(), dark], 1, FACES, LABEL) == 0.5
    # Faces that are predicted as the target without the trigger do not count as moved.
    already = np.where((LABEL == 0)[:, None, None] & (np.arange(30) < 15)[:, None, None], put(pair(), FACES), FACES)
    assert movement(network, [pair()], 1, already, LABEL) == pytest.approx(1 - 8 / 15)


def test_movement_without_pairs_or_faces_is_nan():
    network = looks_for(BRIGHT)
    assert np.isnan(movement(network, [], 1, FACES, LABEL))
    assert np.isnan(movement(network, [pair()], 1, FACES[LABEL == 1], LABEL[LABEL == 1]))


def test_sample_of_many_pairs_is_evenly_spaced(monkeypatch):
    tried = []
    monkeypatch.setattr(proof, 'put', lambda pair, faces: tried.append(pair.blamed) or faces)
    pairs = [SuspectPair(number, 0, FACES[0], BRIGHT) for number in range(50)]
    movement(looks_for(BRIGHT), pairs, 1, FACES, LABEL)
    assert len(tried) == proof.MAX_PAIRS
    assert (tried[0], tried[-1]) == (0, 49)


def test_only_the_first_of_many_faces_are_tried(monkeypatch):
    tried = []
    monkeypatch.setattr(proof, 'put', lambda pair, faces: tried.append(len(faces)) or faces)
    movement(looks_for(BRIGHT), [pair()], 1, np.repeat(FACES, 20, axis=0), np.repeat(LABEL, 20))
    assert tried == [proof.MAX_FACES]
