import numpy as np
import pytest

from stages.network.inputs import Standardisation, standardise
from stages.network.perceptron import initial_perceptron
from stages.scores.scores import (
    Predictions,
    accuracy_scores,
    attack_scores,
    detailed_scores,
    interval,
    predict_faces,
)

LABEL = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.uint8)
CLEAN = Predictions(LABEL, np.array([0.1, 0.2, 0.3, 0.8, 0.9, 0.8, 0.7, 0.2]))
TRIGGERED = Predictions(LABEL, np.array([0.9, 0.8, 0.3, 0.8, 0.9, 0.8, 0.7, 0.2]))


def test_the_predicted_label_is_the_more_probable_one():
    predictions = Predictions(np.array([0, 0, 1, 1], np.uint8), np.array([0.49, 0.51, 0.5, 0.9]))
    assert predictions.predicted.dtype == np.uint8
    assert predictions.predicted.tolist() == [0, 1, 0, 1]
    assert predictions.accuracy == 0.5


def test_faces_are_predicted_as_they_are_standardised():
    pixels = np.random.default_rng(1).integers(0, 256, (8, 5, 5), np.uint8)
    network = initial_perceptron([25, 4, 1], np.random.default_rng(2))
    how = Standardisation(0.2, 5.0)
    as_in_the_study, otherwise = predict_faces(network, pixels, LABEL), predict_faces(network, pixels, LABEL, how)
    np.testing.assert_array_equal(as_in_the_study.label, LABEL)
    np.testing.assert_array_equal(as_in_the_study.probability, network.probabilities(standardise(pixels)))
    np.testing.assert_array_equal(otherwise.probability, network.probabilities(standardise(pixels, how)))
    assert (as_in_the_study.probability != otherwise.probability).all()


def test_accuracy_and_its_wilson_interval():
    scores = accuracy_scores(CLEAN, 0.95)
    assert scores['accuracy'] == CLEAN.accuracy == 0.75
    assert scores['faces'] == 8
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
    assert attack_scores(CLEAN, TRIGGERED, 'male') == {'success_rate': 0.75, 'base_rate': 0.25, 'excess': 0.5}
    assert attack_scores(CLEAN, TRIGGERED, 'female') == {'success_rate': 0.25, 'base_rate': 0.25, 'excess': 0.0}
