import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from stages.scores.ranking import GRID, most_suspect, quality

POISONED = np.array([True, False, True, False, False, False])
IS_TARGET = np.array([True, True, True, False, False, True])
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.1, 0.75])
FLAGS = np.array([True, True, False, False, False, False])


def test_measures_match_scikit_learn_and_the_flags():
    measures = quality(SCORES, FLAGS, POISONED, IS_TARGET)
    assert measures['auc'] == pytest.approx(roc_auc_score(POISONED, SCORES)) == 6 / 8
    assert measures['average_precision'] == pytest.approx(average_precision_score(POISONED, SCORES))
    assert measures['auc_in_target'] == pytest.approx(2 / 4)
    assert measures['average_precision_in_target'] == pytest.approx((1 + 2 / 4) / 2)
    assert measures['true_positive_rate'] == 1 / 2
    assert measures['false_positive_rate'] == 1 / 4
    assert measures['roc'][0] == 0.5
    assert measures['roc'][-1] == 1.0
    assert measures['roc'][int(np.searchsorted(GRID, 0.51))] == 1.0


def test_without_poison_there_are_only_false_alarms():
    measures = quality(SCORES, FLAGS, np.zeros(6, bool), IS_TARGET)
    assert measures['false_positive_rate'] == 2 / 6
    assert {name for name, value in measures.items() if value is not None} == {'false_positive_rate'}


def test_nothing_is_ranked_in_a_target_class_that_is_all_poison():
    measures = quality(SCORES, FLAGS, IS_TARGET, IS_TARGET)
    assert measures['auc_in_target'] is None
    assert measures['auc'] is not None


def test_the_most_suspect_have_the_highest_scores():
    assert np.flatnonzero(most_suspect(np.array([1.0, 3, 2, 3, 3]), 4, 1)).tolist() == [1, 2, 3, 4]
    assert np.flatnonzero(most_suspect(SCORES, 1, 1)).tolist() == [0]
    assert not most_suspect(SCORES, 0, 1).any()


def test_ties_are_broken_at_random():
    scores = np.repeat([2.0, 1.0, 0.0], [5, 40, 5])
    chosen = np.array([most_suspect(scores, 25, seed) for seed in range(200)])
    assert chosen[:, :5].all()
    assert not chosen[:, 45:].any()
    # Each of the forty is chosen in half of all draws: 100, with a standard deviation of 7.
    assert 65 < chosen[:, 5:45].sum(axis=0).min() <= chosen[:, 5:45].sum(axis=0).max() < 135


def test_ties_are_broken_reproducibly():
    scores = np.zeros(40)
    np.testing.assert_array_equal(most_suspect(scores, 20, 7), most_suspect(scores, 20, 7))
