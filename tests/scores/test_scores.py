import numpy as np
import pytest

from stages.scores.scores import (
    PRIMARY,
    SCORES,
    TITLES,
    Outcome,
    Predictions,
    accuracy_scores,
    base_rate,
    detailed_scores,
    excess,
    has_learnt,
    outcome,
    scores_of,
    success_rate,
)

LABEL = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.uint8)
CLEAN = Predictions(LABEL, np.array([0.1, 0.2, 0.3, 0.8, 0.9, 0.8, 0.7, 0.2]))
TRIGGERED = Predictions(LABEL, np.array([0.9, 0.8, 0.3, 0.8, 0.9, 0.8, 0.7, 0.2]))


def test_the_predicted_label_is_the_more_probable_one():
    predictions = Predictions(np.array([0, 0, 1, 1], np.uint8), np.array([0.49, 0.51, 0.5, 0.9]))
    assert predictions.predicted.dtype == np.uint8
    assert predictions.predicted.tolist() == [0, 1, 0, 1]
    assert predictions.accuracy == 0.5


def test_outcome_has_the_test_faces_with_and_without_the_trigger():
    label = np.array([0, 1, 0, 1, 1], np.uint8)
    probability = np.linspace(0.05, 0.95, 10)
    result = outcome(probability, label, np.array([4, 0, 3]), 'female')
    assert result.target == 'female'
    for predictions in (result.clean, result.triggered):
        assert predictions.label.tolist() == [1, 0, 1]
    np.testing.assert_array_equal(result.clean.probability, probability[[4, 0, 3]])
    np.testing.assert_array_equal(result.triggered.probability, probability[[9, 5, 8]])


def test_accuracy_and_its_wilson_interval():
    scores = accuracy_scores(CLEAN, 0.95)
    assert scores['accuracy'] == CLEAN.accuracy == 0.75
    assert scores['faces'] == 8
    # (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96, n = 8
    assert scores['accuracy_low'] == pytest.approx(0.4093, abs=1e-4)
    assert scores['accuracy_high'] == pytest.approx(0.9285, abs=1e-4)


def test_the_interval_of_a_perfect_score_is_not_a_point():
    scores = accuracy_scores(Predictions(np.ones(100, np.uint8), np.ones(100)), 0.95)
    assert 0.96 < scores['accuracy_low'] < 0.97
    assert scores['accuracy_high'] == 1


def test_precision_recall_f1_and_auc():
    scores = detailed_scores(CLEAN)
    assert scores['precision'] == 0.75
    assert scores['recall'] == 0.75
    assert scores['f1'] == 0.75
    assert scores['auc'] == (4 + 3.5 + 3 + 1.5) / 16  # a tie of a male and a female face counts as half


@pytest.mark.parametrize(('target', 'expected'), [('male', (0.75, 0.25, 0.5)), ('female', (0.25, 0.25, 0.0))])
def test_attack_success_counts_the_faces_that_are_not_of_the_target_class(target, expected):
    result = Outcome(CLEAN, TRIGGERED, target)
    assert (success_rate(result), base_rate(result), excess(result)) == expected


def test_all_scores_of_a_training_by_name():
    assert scores_of(Outcome(CLEAN, TRIGGERED, 'male')) == {
        'clean_accuracy': 0.75,
        'triggered_accuracy': 0.5,
        'attack_success_rate': 0.75,
        'attack_excess': 0.5,
    }
    assert list(TITLES) == [score.name for score in SCORES]
    assert set(PRIMARY) < set(TITLES)


@pytest.mark.parametrize('target', ['female', 'male'])
def test_scores_range_from_their_lowest_value_to_one(target):
    wrong, right = (Predictions(LABEL, np.abs(LABEL - share)) for share in (0.9, 0.1))
    values = [scores_of(Outcome(clean, triggered, target)) for clean in (wrong, right) for triggered in (wrong, right)]
    for score in SCORES:
        scores = [of_training[score.name] for of_training in values]
        assert (min(scores), max(scores)) == (score.low, 1)


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('probability', [0.0, 0.5, 1.0])
def test_one_prediction_for_all_faces_gives_finite_scores(probability):
    alike = Predictions(LABEL, np.full(len(LABEL), probability))
    scores = accuracy_scores(alike, 0.95) | detailed_scores(alike) | scores_of(Outcome(alike, alike, 'male'))
    assert np.isfinite(list(scores.values())).all()
    assert scores['auc'] == 0.5


@pytest.mark.parametrize(('accuracies', 'faces', 'learnt'), [
    ([0.96], 240, True),
    ([0.6], 40, False),
    ([0.6] * 20, 40, False),  # all on the same 40 faces
    ([0.6] * 20, 400, True),
    ([0.5, 0.5, 0.9], 400, False),  # one of three networks
    ([1.0], 3, False),
    ([0.0] * 20, 400, False),
])  # fmt: skip
def test_networks_have_learnt_if_their_accuracy_is_above_chance_by_its_interval(accuracies, faces, learnt):
    assert has_learnt(accuracies, faces, 0.95) == learnt
