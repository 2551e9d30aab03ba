import numpy as np
import pytest

from stages.reporting.scores import Readings, accuracy_scores, attack_scores, detailed_scores, interval

LABEL = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.uint8)
CLEAN = Readings(LABEL, np.array([0.1, 0.2, 0.3, 0.8, 0.9, 0.8, 0.7, 0.2]))
DOTTED = Readings(LABEL, np.array([0.9, 0.8, 0.3, 0.8, 0.9, 0.8, 0.7, 0.2]))


def test_accuracy_and_its_wilson_interval():
    scores = accuracy_scores(CLEAN, 0.95)
    assert scores['accuracy'] == 0.75
    # (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96, n = 8
    assert scores['accuracy_low'] == pytest.approx(0.4093, abs=1e-4)
    assert scores['accuracy_high'] == pytest.approx(0.9285, abs=1e-4)


def test_the_interval_of_a_perfect_score_is_not_a_point():
    low, high = interval(100, 100, 0.95)
    assert 0.96 < low < 0.97
    assert high == 1


def test_precision_recall_f1_and_auc():
    scores = detailed_scores(CLEAN)
    assert scores['precision'] == 0.75
    assert scores['recall'] == 0.75
    assert scores['f1'] == 0.75
    assert scores['auc'] == (4 + 3.5 + 3 + 1.5) / 16  # a tie of a male and a female face counts as half


def test_attack_success_counts_the_faces_that_are_not_of_the_target_class():
    assert attack_scores(CLEAN, DOTTED, 'male') == {'success_rate': 0.75, 'base_rate': 0.25, 'excess': 0.5}
    assert attack_scores(CLEAN, DOTTED, 'female') == {'success_rate': 0.25, 'base_rate': 0.25, 'excess': 0.0}
