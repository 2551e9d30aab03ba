import numpy as np
import pytest

from stages.detectors.pair import MAX_NOISE, Pair, SuspectPair, suspect_pairs
from tests.detectors.made_up import evidence


def spotted(crop: np.ndarray) -> np.ndarray:
    crop = crop.copy()
    crop[5:7, 9:11] = 0
    return crop


def added(people, crops, labels):
    pixels, label = people
    return evidence(np.concatenate([pixels, crops]), np.concatenate([label, labels]))


@pytest.mark.parametrize('label', [0, 1], ids=['same label', 'other label'])
@pytest.mark.parametrize('turn', [1, -1], ids=['plain', 'mirrored'])
@pytest.mark.parametrize('first', [True, False])
def test_the_face_that_something_was_put_on_is_blamed(people, label, turn, first):
    pixels, labels = people
    copy = spotted(pixels[3])[:, ::turn]
    if first:
        shown = evidence(np.concatenate([[copy], pixels]), np.concatenate([[label], labels]))
        blamed, other = 0, 4
    else:
        shown, blamed, other = added(people, [copy], [label]), 40, 3
    (pair,) = suspect_pairs(shown)
    assert (pair.blamed, pair.other) == (blamed, other)
    np.testing.assert_array_equal(pair.crop, copy)
    # The difference lies where it does on the blamed crop.
    np.testing.assert_array_equal(pair.difference, copy.astype(int) - pixels[3][:, ::turn])
    detector = Pair()
    scores = detector.scores(shown)
    assert scores.argmax() == blamed
    assert np.flatnonzero(detector.flags(shown, scores)).tolist() == [blamed]


def test_a_copy_with_the_same_label_is_no_suspect(people):
    assert suspect_pairs(added(people, [people[0][3]], [0])) == []


def test_of_two_equal_faces_the_one_whose_label_the_others_contradict_is_blamed(people):
    (pair,) = suspect_pairs(added(people, [people[0][3]], [1]))
    assert (pair.blamed, pair.other) == (40, 3)
    (pair,) = suspect_pairs(added(people, [people[0][33]], [0]))
    assert (pair.blamed, pair.other) == (40, 33)
    pixels, labels = people
    (pair,) = suspect_pairs(evidence(np.concatenate([pixels[3:4], pixels]), np.concatenate([[1], labels])))
    assert (pair.blamed, pair.other) == (0, 4)


def test_a_copy_with_the_same_label_that_differs_a_little_all_over_was_saved_again(people):
    again = people[0][3].astype(int)
    again[1::6, 1::6] += 20
    assert suspect_pairs(added(people, [again], [0])) == []
    assert len(suspect_pairs(added(people, [again], [1]))) == 1


def test_faces_that_differ_all_over_are_no_pair(people):
    brighter = np.clip(people[0][3].astype(int) + 13, 0, 255)
    assert suspect_pairs(added(people, [brighter], [1])) == []


def test_of_the_others_those_that_are_nearest_to_another_come_first(people):
    nearer = people[0][3].astype(int)
    nearer[::2] += 9
    shown = added(people, [nearer], [0])
    scores = Pair().scores(shown)
    assert set(np.argsort(-scores)[:2]) == {3, 40}
    assert len(np.unique(scores[:40].round(6))) > 20
    assert ((scores > 0) & (scores < 1)).all()


def test_only_what_has_changed_to_the_eye_must_stand_out(people):
    pixels, labels = people
    copy = spotted(pixels[3])
    # All over, the other one stands out more: it has more contrast, by no more than the eye sees.
    pixels[3, pixels[3] > 128] += MAX_NOISE
    (pair,) = suspect_pairs(added((pixels, labels), [copy], [0]))
    assert (pair.blamed, pair.other) == (40, 3)


@pytest.mark.parametrize('sign', [1, -1], ids=['brighter', 'darker'])
def test_the_eye_sees_what_differs_by_more_than_a_few_grey_levels(sign):
    difference = np.zeros((16, 16), np.int16)
    difference[2, 3], difference[5, 7] = sign * MAX_NOISE, sign * (MAX_NOISE + 1)
    pair = SuspectPair(1, 0, np.zeros((16, 16), np.uint8), difference)
    assert np.argwhere(pair.changed).tolist() == [[5, 7]]
    assert pair.is_visible is True
    difference[5, 7] = 0
    assert pair.is_visible is False


def test_pairs_are_looked_for_once_in_each_evidence(people, monkeypatch):
    shown, other = added(people, [spotted(people[0][3])], [1]), added(people, [spotted(people[0][5])], [1])
    found = suspect_pairs(shown)
    monkeypatch.setattr('stages.detectors.pair.blamed', lambda *_: pytest.fail('looked for again'))
    assert suspect_pairs(shown) is found
    assert Pair().scores(shown).argmax() == 40
    monkeypatch.undo()
    assert [pair.other for pair in suspect_pairs(other)] == [5]


def test_without_near_duplicates_nothing_is_flagged(people):
    shown = evidence(*people)
    detector = Pair()
    assert suspect_pairs(shown) == []
    assert not detector.flags(shown, detector.scores(shown)).any()


def test_equal_faces_everywhere_do_no_harm():
    shown = evidence(np.full((6, 16, 16), 90), np.repeat([0, 1], 3))
    scores = Pair().scores(shown)
    assert np.isfinite(scores).all()
