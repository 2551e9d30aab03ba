import numpy as np
import pytest

from stages.detectors.pair import MAX_NOISE, Pair, SuspectPair, suspect_pairs
from tests.detectors.made_up import evidence


def spotted(crop: np.ndarray) -> np.ndarray:
    crop = crop.copy()
    crop[5:7, 9:11] = 0
    return crop


def with_rows(people, crops, labels):
    pixels, label = people
    return evidence(np.concatenate([pixels, crops]), np.concatenate([label, labels]))


@pytest.mark.parametrize('label', [0, 1], ids=['same label', 'other label'])
@pytest.mark.parametrize('step', [1, -1], ids=['plain', 'mirrored'])
@pytest.mark.parametrize('first', [True, False])
def test_face_with_an_added_mark_is_blamed(people, label, step, first):
    pixels, labels = people
    copy = spotted(pixels[3])[:, ::step]
    if first:
        sample = evidence(np.concatenate([[copy], pixels]), np.concatenate([[label], labels]))
        blamed, other = 0, 4
    else:
        sample, blamed, other = with_rows(people, [copy], [label]), 40, 3
    (pair,) = suspect_pairs(sample)
    assert (pair.blamed, pair.other) == (blamed, other)
    np.testing.assert_array_equal(pair.crop, copy)
    # The difference is oriented like the blamed crop.
    np.testing.assert_array_equal(pair.difference, copy.astype(int) - pixels[3][:, ::step])
    detector = Pair()
    scores = detector.scores(sample)
    assert scores.argmax() == blamed
    assert np.flatnonzero(detector.flags(sample, scores)).tolist() == [blamed]


def test_copy_with_the_same_label_is_not_suspect(people):
    assert suspect_pairs(with_rows(people, [people[0][3]], [0])) == []


def test_of_two_equal_faces_the_one_with_the_contradicted_label_is_blamed(people):
    (pair,) = suspect_pairs(with_rows(people, [people[0][3]], [1]))
    assert (pair.blamed, pair.other) == (40, 3)
    (pair,) = suspect_pairs(with_rows(people, [people[0][33]], [0]))
    assert (pair.blamed, pair.other) == (40, 33)
    pixels, labels = people
    (pair,) = suspect_pairs(evidence(np.concatenate([pixels[3:4], pixels]), np.concatenate([[1], labels])))
    assert (pair.blamed, pair.other) == (0, 4)


def test_resaved_copy_with_the_same_label_is_not_suspect(people):
    resaved = people[0][3].astype(int)
    resaved[1::6, 1::6] += 20
    assert suspect_pairs(with_rows(people, [resaved], [0])) == []
    assert len(suspect_pairs(with_rows(people, [resaved], [1]))) == 1


def test_faces_that_differ_everywhere_are_not_a_pair(people):
    brighter = np.clip(people[0][3].astype(int) + 13, 0, 255)
    assert suspect_pairs(with_rows(people, [brighter], [1])) == []


def test_unpaired_faces_are_ranked_by_their_nearest_face(people):
    nearer = people[0][3].astype(int)
    nearer[::2] += 9
    sample = with_rows(people, [nearer], [0])
    scores = Pair().scores(sample)
    assert set(np.argsort(-scores)[:2]) == {3, 40}
    assert len(np.unique(scores[:40].round(6))) > 20
    assert ((scores > 0) & (scores < 1)).all()


def test_only_visible_changes_are_compared(people):
    pixels, labels = people
    copy = spotted(pixels[3])
    # Over the whole crop, the original stands out more: it has more contrast, but not visibly so.
    pixels[3, pixels[3] > 128] += MAX_NOISE
    (pair,) = suspect_pairs(with_rows((pixels, labels), [copy], [0]))
    assert (pair.blamed, pair.other) == (40, 3)


@pytest.mark.parametrize('sign', [1, -1], ids=['brighter', 'darker'])
def test_differences_of_more_than_a_few_grey_levels_are_visible(sign):
    difference = np.zeros((16, 16), np.int16)
    difference[2, 3], difference[5, 7] = sign * MAX_NOISE, sign * (MAX_NOISE + 1)
    pair = SuspectPair(1, 0, np.zeros((16, 16), np.uint8), difference)
    assert np.argwhere(pair.changed).tolist() == [[5, 7]]
    assert pair.is_visible is True
    difference[5, 7] = 0
    assert pair.is_visible is False


def test_pairs_are_searched_once_for_each_evidence(people, monkeypatch):
    sample, other = with_rows(people, [spotted(people[0][3])], [1]), with_rows(people, [spotted(people[0][5])], [1])
    pairs = suspect_pairs(sample)
    monkeypatch.setattr('stages.detectors.pair.blamed', lambda *_: pytest.fail('searched again'))
    assert suspect_pairs(sample) is pairs
    assert Pair().scores(sample).argmax() == 40
    monkeypatch.undo()
    assert [pair.other for pair in suspect_pairs(other)] == [5]


def test_without_near_duplicates_nothing_is_flagged(people):
    sample = evidence(*people)
    detector = Pair()
    assert suspect_pairs(sample) == []
    assert not detector.flags(sample, detector.scores(sample)).any()


def test_identical_faces_give_finite_scores():
    sample = evidence(np.full((6, 16, 16), 90), np.repeat([0, 1], 3))
    scores = Pair().scores(sample)
    assert np.isfinite(scores).all()
