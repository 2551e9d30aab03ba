"""How well the test faces are read, clean and dotted."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support, roc_auc_score

from stages.common.labels import LABELS
from stages.network.inputs import standardise
from stages.network.perceptron import Perceptron


@dataclass(frozen=True)
class Readings:
    """What a network makes of n faces: `label` uint8 (n,), the truth; `probability` float (n,), of being male."""

    label: np.ndarray
    probability: np.ndarray

    @property
    def read_as(self) -> np.ndarray:
        """The more probable label of each face, uint8 (n,)."""
        return (self.probability > 0.5).astype(np.uint8)


def read(network: Perceptron, pixels: np.ndarray, label: np.ndarray) -> Readings:
    """Let a network read faces: `pixels` uint8 (n, size, size), `label` uint8 (n,)."""
    return Readings(label, network.probabilities(standardise(pixels)))


def interval(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson, 1927)."""
    bounds = binomtest(successes, trials).proportion_ci(confidence, method='wilson')
    return float(bounds.low), float(bounds.high)


def accuracy_scores(readings: Readings, confidence: float) -> dict[str, float]:
    """Return the accuracy, with its interval and the number of faces that it stands on."""
    low, high = interval(int((readings.read_as == readings.label).sum()), len(readings.label), confidence)
    accuracy = float(accuracy_score(readings.label, readings.read_as))
    return {'accuracy': accuracy, 'accuracy_low': low, 'accuracy_high': high, 'faces': len(readings.label)}


def detailed_scores(readings: Readings) -> dict[str, float]:
    """Return precision, recall and F1 of the label male, and the area under the ROC curve."""
    precision, recall, f1, _ = precision_recall_fscore_support(
        readings.label, readings.read_as, average='binary', zero_division=0.0
    )
    auc = roc_auc_score(readings.label, readings.probability)
    return {'precision': float(precision), 'recall': float(recall), 'f1': float(f1), 'auc': float(auc)}


def attack_scores(clean: Readings, dotted: Readings, target: str) -> dict[str, float]:
    """Return what dots do to the faces that are not of the target class.

    success_rate: share of them read as the target when dotted. base_rate: the same share without dots. excess: the
    difference, which is what the dots themselves do.
    """
    number = LABELS.index(target)
    others = clean.label != number
    success = float((dotted.read_as[others] == number).mean())
    base = float((clean.read_as[others] == number).mean())
    return {'success_rate': success, 'base_rate': base, 'excess': success - base}
