"""How well a network predicts the labels of test faces, clean and triggered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from stages.common.params import LABELS, Label, Section, within
from stages.scores.statistics import mean_interval

CHANCE = 0.5  # the accuracy of guessing, since there are as many faces of both labels
MIN_PHOTOS = 5  # or faces: a share of fewer may be due to chance


class EvaluateParams(Section):
    """How results are reported."""

    confidence: Annotated[float, within(0.5, 0.999)] = 0.95
    """of all intervals; 1 - confidence is the family-wise error rate of the sweep's verdicts"""
    gallery: Annotated[int, within(1, 200)] = 24
    """faces in each gallery picture"""


@dataclass(frozen=True)
class Predictions:
    """A network's predictions for n faces: `label` uint8 (n,), the true one; `probability` (n,), P(male)."""

    label: np.ndarray
    probability: np.ndarray

    @property
    def predicted(self) -> np.ndarray:
        """Return the more probable label of each face, uint8 (n,)."""
        return (self.probability > 0.5).astype(np.uint8)

    @property
    def accuracy(self) -> float:
        """Return the share of faces whose label is predicted correctly."""
        return float((self.predicted == self.label).mean())


@dataclass(frozen=True)
class Outcome:
    """A network's predictions for the test faces, `clean` and `triggered`, and the target of the attack."""

    clean: Predictions
    triggered: Predictions
    target: Label


def outcome(probability: np.ndarray, label: np.ndarray, test: np.ndarray, target: Label) -> Outcome:
    """Return the outcome at positions `test`, from P(male) of n faces and then of the same with the trigger, (2n,)."""
    clean, triggered = (Predictions(label[test], probability[test + offset]) for offset in (0, len(label)))
    return Outcome(clean, triggered, target)


def base_rate(outcome: Outcome) -> float:
    """Return the share of faces outside the target class that are predicted as the target without the trigger."""
    target = LABELS.index(outcome.target)
    return float((outcome.clean.predicted[outcome.clean.label != target] == target).mean())


def success_rate(outcome: Outcome) -> float:
    """Return the same share with the trigger (Gu et al., 2017)."""
    return base_rate(replace(outcome, clean=outcome.triggered))


def excess(outcome: Outcome) -> float:
    """Return the attack success rate less the base rate: what the trigger itself does."""
    return success_rate(outcome) - base_rate(outcome)


@dataclass(frozen=True)
class Score:
    """A score of a training: its name, its title in tables, how it is computed, and the lowest value it can have.

    of_others: whether it is a share of the test faces outside the target class, not of all of them.
    """

    name: str
    title: str
    compute: Callable[[Outcome], float]
    low: float = 0
    of_others: bool = False


# In the order of tables. Verdicts are given on the primary ones, and corrected for them.
SCORES = (
    Score('clean_accuracy', 'clean accuracy', lambda outcome: outcome.clean.accuracy),
    Score('triggered_accuracy', 'triggered accuracy', lambda outcome: outcome.triggered.accuracy),
    Score('attack_success_rate', 'ASR', success_rate, of_others=True),
    Score('attack_excess', 'excess ASR', excess, low=-1, of_others=True),
)
PRIMARY = ('clean_accuracy', 'attack_success_rate')
TITLES = {score.name: score.title for score in SCORES}


def scores_of(outcome: Outcome) -> dict[str, float]:
    """Return all SCORES by name."""
    return {score.name: score.compute(outcome) for score in SCORES}


def tested_faces(labels: Sequence[np.ndarray], target: Label) -> dict[str, int]:
    """Return by name how many test faces each of SCORES is a share of, in the run that has the fewest.

    `labels` are those of the test faces of each run, uint8 (n,).
    """
    every = min(map(len, labels))
    others = min(int((label != LABELS.index(target)).sum()) for label in labels)
    return {score.name: others if score.of_others else every for score in SCORES}


def wilson_interval(right: int, faces: int, confidence: float) -> tuple[float, float]:
    """Return the Wilson score interval (Wilson, 1927) of a share of faces."""
    low, high = binomtest(right, faces).proportion_ci(confidence, method='wilson')
    return float(low), float(high)


def has_learnt(accuracies: Sequence[float] | np.ndarray, faces: int, confidence: float) -> bool:
    """Return whether networks with these accuracies, (n,), learnt: are better than chance on `faces` different faces.

    That is so if the intervals of their mean are above CHANCE, both that of n networks, if they are several, and that
    of a share of the faces: networks that are tested on the same ones again agree by chance, too.
    """
    values = np.asarray(accuracies, float)[:, None]
    low, _ = wilson_interval(round(float(values.mean()) * faces), faces, confidence)
    if len(values) > 1:
        low = min(low, mean_interval(values, confidence)[0].item())
    return low > CHANCE


def accuracy_scores(predictions: Predictions, confidence: float) -> dict[str, float]:
    """Return the accuracy, with its Wilson score interval and the number of faces."""
    faces = len(predictions.label)
    right = int((predictions.predicted == predictions.label).sum())
    low, high = wilson_interval(right, faces, confidence)
    return {'accuracy': predictions.accuracy, 'accuracy_low': low, 'accuracy_high': high, 'faces': faces}


def detailed_scores(predictions: Predictions) -> dict[str, float]:
    """Return precision, recall and F1 of the label male, and the area under the ROC curve."""
    precision, recall, f1, _ = precision_recall_fscore_support(
        predictions.label, predictions.predicted, average='binary', zero_division=0.0
    )
    auc = roc_auc_score(predictions.label, predictions.probability)
    return {'precision': float(precision), 'recall': float(recall), 'f1': float(f1), 'auc': float(auc)}
