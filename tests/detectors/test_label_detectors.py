"""Detectors of wrong labels: loss, neighbours and kernel ridge."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from stages.detectors.distances import NEAREST
from stages.detectors.loss import Loss
from stages.detectors.neighbours import Neighbours
from stages.detectors.ridge import Ridge
from stages.network.inputs import standardise
from tests.detectors.made_up import evidence


def test_loss_is_the_mean_over_the_first_half_of_the_epochs(people):
    losses = np.random.default_rng(2).uniform(0, 2, (5, 40)).astype(np.float32)
    sample = evidence(*people, losses)
    scores = Loss().scores(sample)
    np.testing.assert_allclose(scores, losses[:3].mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(Loss().flags(sample, scores), scores > np.log(2))


def test_neighbours_vote_by_pixels_and_their_mirror_images(people):
    pixels, label = people
    sample = evidence(pixels, label)
    rows = standardise(pixels)
    both = np.concatenate([rows, standardise(pixels[:, :, ::-1])])
    neighbours = NearestNeighbors(n_neighbors=2 * NEAREST + 2).fit(both).kneighbors(rows, return_distance=False) % 40
    for row in range(40):
        nearest = [other for other in dict.fromkeys(neighbours[row].tolist()) if other != row][:NEAREST]
        share = np.mean(label[nearest] != label[row])
        assert share <= Neighbours().scores(sample)[row] <= share + 0.003
    scores = Neighbours().scores(sample)
    np.testing.assert_array_equal(Neighbours().flags(sample, scores), np.round(scores * 5) >= 3)


def test_three_of_five_neighbours_are_a_majority():
    assert Neighbours().flags(None, np.array([0.402, 0.603])).tolist() == [False, True]


def test_nearer_contradicting_neighbours_give_a_higher_score():
    # On a line of shades: row 0 has the other label nearest, row 6 has it farthest away.
    position = np.array([0, 1, 2.2, 3.6, 5.2, 7, 100, 101, 102.2, 103.6, 105.2, 107])
    x = np.arange(16)
    pixels = 100 + 60 * np.cos(x / 5 + position[:, None] / 50)[:, None, :] * np.ones((16, 1))
    label = np.array([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    scores = Neighbours().scores(evidence(pixels, label))
    assert scores[0] > scores[6]


def by_hand(sample, row: int) -> float:
    """Return the prediction for a row of kernel ridge regression on the rows outside its group."""
    plain, mirrored = sample.distances
    width = np.median(np.minimum(plain, mirrored)[~np.eye(len(plain), dtype=bool)])
    kernel = np.exp(-plain / width) + np.exp(-mirrored / width)
    others = sample.groups != sample.groups[row]
    target = np.where(sample.label == 1, 1.0, -1.0)
    mean = target.mean()
    inside = kernel[np.ix_(others, others)] + 1e-3 * len(target) * np.eye(others.sum())
    return mean + kernel[row, others] @ np.linalg.solve(inside, target[others] - mean)


def test_ridge_matches_regression_on_all_rows_outside_the_group(people):
    pixels, label = people
    sample = evidence(np.concatenate([pixels, pixels[:3], pixels[:1, :, ::-1]]), np.concatenate([label, [0, 1, 0, 1]]))
    assert len(set(sample.groups[[0, 40, 43]])) == 1
    expected = [by_hand(sample, row) for row in range(44)]
    np.testing.assert_allclose(sample.leave_out_prediction, expected, atol=1e-4)
    scores = Ridge().scores(sample)
    np.testing.assert_allclose(scores, np.where(sample.label == 1, -1, 1) * expected, atol=1e-4)
    np.testing.assert_array_equal(Ridge().flags(sample, scores), (np.array(expected) > 0) != (sample.label == 1))


@pytest.mark.parametrize('detector', [Loss(), Neighbours(), Ridge()])
def test_wrong_labels_come_first(people, detector):
    pixels, label = people
    wrong = label.copy()
    wrong[[2, 30]] ^= 1
    # A row with a wrong label has a higher loss than the others.
    losses = np.where(wrong != label, 1.5, 0.2) * np.ones((4, 1))
    scores = detector.scores(evidence(pixels, wrong, losses.astype(np.float32)))
    assert set(np.argsort(-scores)[:2]) == {2, 30}


@pytest.mark.parametrize('detector', [Loss(), Neighbours(), Ridge()])
def test_identical_faces_give_finite_scores(detector):
    sample = evidence(np.full((6, 16, 16), 90), np.repeat([0, 1], 3))
    scores = detector.scores(sample)
    assert np.isfinite(scores).all()
    assert detector.flags(sample, scores).dtype == bool


def test_row_with_the_loss_of_a_coin_flip_is_not_flagged():
    # The mean of equal losses of log 2 is exact.
    losses = np.full((4, 2), np.log(2)) * [1, 1.01]
    sample = evidence(np.zeros((2, 16, 16)), np.array([0, 1]), losses)
    assert Loss().flags(sample, Loss().scores(sample)).tolist() == [False, True]


def test_equal_rows_have_no_distance(people):
    pixels, label = people
    sample = evidence(np.concatenate([pixels, pixels[:1], pixels[1:2, :, ::-1]]), np.concatenate([label, label[:2]]))
    plain, mirrored = sample.distances
    assert plain[0, 40] < 0.2
    assert mirrored[1, 41] < 0.2
    assert np.sort(sample.nearest.distance[:, 0])[4] > 1
