import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from stages.scores.ranking import GRID, most_suspect, quality

POISONED = np.array([True, False, True, False, False, False])
IS_TARGET = np.array([True, True, True, False, False, True])
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.1, 0.75])
FLAGS = np.array([True, True, False, False, False, False])


def test_measures_are_those_of_scikit_learn_and_of_the_flags():
    found = quality(SCORES, FLAGS, POISONED, IS_TARGET)
    assert found['auc'] == pytest.approx(roc_auc_score(POISONED, SCORES)) == 6 / 8
    assert found['average_precision'] == pytest.approx(average_precision_score(POISONED, SCORES))
    assert found['auc_in_target'] == pytest.approx(2 / 4)
    assert found['average_precision_in_target'] == pytest.approx((1 + 2 / 4) / 2)
    assert found['true_positive_rate'] == 1 / 2
    assert found['false_positive_rate'] == 1 / 4
    assert found['roc'][0] == 0.5
    assert found['roc'][-1] == 1.0
    assert found['roc'][int(np.searchsorted(GRID, 0.51))] == 1.0


def test_without_poison_there_are_only_false_alarms():
    found = quality(SCORES, FLAGS, np.zeros(6, bool), IS_TARGET)
    assert found['false_positive_rate'] == 2 / 6
    assert {name for name, value in found.items() if value is not None} == {'false_positive_rate'}


def test_where_all_of_the_target_class_is_poison_nothing_is_ranked_in_it():
    found = quality(SCORES, FLAGS, IS_TARGET, IS_TARGET)
    assert found['auc_in_target'] is None
    assert found['auc'] is not None


def test_the_most_suspect_have_the_highest_scores():
    assert np.flatnonzero(most_suspect(np.array([1.0, 3, 2, 3, 3]), 4, 1)).tolist() == [1, 2, 3, 4]
    assert np.flatnonzero(most_suspect(SCORES, 1, 1)).tolist() == [0]
    assert not most_suspect(SCORES, 0, 1).any()


def test_of_equal_ones_none_has_an_advantage_by_its_place():
    scores = np.repeat([2.0, 1.0, 0.0], [5, 40, 5])
    chosen = np.array([most_suspect(scores, 25, seed) for seed in range(200)])
    assert chosen[:, :5].all()
    assert not chosen[:, 45:].any()
    # Each of the forty is chosen in half of all draws: 100, give or take 7.
    assert 65 < chosen[:, 5:45].sum(axis=0).min() <= chosen[:, 5:45].sum(axis=0).max() < 135


def test_the_same_seed_chooses_the_same_of_equal_ones():
    scores = np.zeros(40)
    np.testing.assert_array_equal(most_suspect(scores, 20, 7), most_suspect(scores, 20, 7))
