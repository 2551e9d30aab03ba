from dataclasses import replace

import numpy as np
import pytest

from stages.audit.trainings import Audits, Without, contradictory_pairs
from stages.dataset.found import FoundFaces
from stages.detectors.detector import detector_names
from stages.network.fit import Fitter
from stages.network.inputs import standardise


@pytest.fixture
def found(varied_faces):
    """The made-up faces, and a copy of a female one with something on it, labelled male."""
    pixels = varied_faces.pixels // 4 + 90
    copy = pixels[:1].copy()
    copy[:, 4, 3:6] = 50
    count = len(pixels) + 1
    return FoundFaces(
        np.concatenate([pixels, copy]),
        np.append(varied_faces.label, 1).astype(np.uint8),
        np.array([f'{number}.jpg' for number in range(count)]),
        np.full(count, ''),
    )


@pytest.fixture
def small(recipe):
    return replace(recipe, hidden=[16, 8], epochs=20, learning_rate=0.1)


def test_all_detectors_judge_all_faces(found, small):
    said = Audits(found, small)(Without(()))
    assert list(said['scores']) == detector_names('all')
    assert {len(scores) for scores in said['scores'].values()} == {101}
    assert [pair for pair in said['pairs'] if 100 in pair] in ([[100, 0, True]], [[0, 100, True]])
    assert said['recovered']['contradictory'] == [None, None]
    blamed = found.label[[pair[0] for pair in said['pairs']]]
    assert [value is not None for value in said['recovered']['pair']] == [0 in blamed, 1 in blamed]


def test_of_faces_that_are_left_out_it_says_what_a_network_without_them_does(found, small):
    said = Audits(found, small)(Without((3, 60)))
    stay = np.setdiff1d(np.arange(101), [3, 60])
    network = Fitter(found.pixels, small).fit(found.label[stay], stay).network
    expected = network.probabilities(standardise(found.pixels[[3, 60]]))
    np.testing.assert_allclose(said['probability'], expected, rtol=1e-6)


def test_known_contradictions_are_judged_however_much_differs(found, small):
    pixels = found.pixels.copy()
    # More than a local difference to face 0, but the same dark spot.
    pixels[100] = np.clip(pixels[0].astype(int) + np.where(np.arange(8) % 2, 20, 0), 0, 255)
    pixels[100, 4, 3:6] = 0
    pair = found.pair.astype('<U9')
    pair[[0, 100]] = ['100.jpg', '0.jpg']
    changed = replace(found, pixels=pixels, pair=pair)
    assert contradictory_pairs(changed) == [(0, 100)]
    assert Audits(changed, small)(Without(()))['contradictory'] == [[100, 0, True]]


def test_a_contradiction_whose_other_face_is_not_there_is_no_pair(found):
    pair = found.pair.astype('<U9')
    pair[3] = 'elsewhere'
    assert contradictory_pairs(replace(found, pair=pair)) == []


def test_whether_a_contradiction_is_seen_or_only_read_off_the_labels(found, small):
    pair = found.pair.astype('<U9')
    pair[[0, 100]] = ['100.jpg', '0.jpg']
    pixels = found.pixels.copy()
    pixels[100] = pixels[0]
    same = replace(found, pixels=pixels, pair=pair)
    ((*_, seen),) = Audits(same, small)(Without(()))['contradictory']
    assert not seen
