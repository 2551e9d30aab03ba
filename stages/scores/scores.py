"""How well a network predicts the labels of test faces, clean and triggered."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support, roc_auc_score

from stages.common.arrays import Stack
from stages.common.params import LABELS
from stages.network.inputs import STANDARD, Standardisation
from stages.network.perceptron import Perceptron, predict


@dataclass(frozen=True)
class Predictions:
    """A network's predictions of n faces: `label` uint8 (n,), the true one; `probability` float (n,), of being male."""

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


def predict_faces(
    network: Perceptron, pixels: np.ndarray | Stack, label: np.ndarray, how: Standardisation = STANDARD
) -> Predictions:
    """Predict faces: `pixels` uint8 (n, size, size), or a Stack of such, `label` uint8 (n,), the true ones."""
    return Predictions(label, predict(network, pixels, how))


def interval(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson, 1927)."""
    bounds = binomtest(successes, trials).proportion_ci(confidence, method='wilson')
    return float(bounds.low), float(bounds.high)


def accuracy_scores(predictions: Predictions, confidence: float) -> dict[str, float]:
    """Return the accuracy, with its interval and the number of faces that it stands on."""
    label, predicted = predictions.label, predictions.predicted
    low, high = interval(int((predicted == label).sum()), len(label), confidence)
    accuracy = float(accuracy_score(label, predicted))
    return {'accuracy': accuracy, 'accuracy_low': low, 'accuracy_high': high, 'faces': len(label)}


def detailed_scores(predictions: Predictions) -> dict[str, float]:
    """Return precision, recall and F1 of the label male, and the area under the ROC curve."""
    precision, recall, f1, _ = precision_recall_fscore_support(
        predictions.label, predictions.predicted, average='binary', zero_division=0.0
    )
    auc = roc_auc_score(predictions.label, predictions.probability)
    return {'precision': float(precision), 'recall': float(recall), 'f1': float(f1), 'auc': float(auc)}


def attack_scores(clean: Predictions, triggered: Predictions, target: str) -> dict[str, float]:
    """Return what the trigger does to the faces outside the target class (Gu et al., 2017).

    success_rate: share of them that are predicted as the target with the trigger. base_rate: the same share without it.
    excess: the difference, which is what the trigger itself does.
    """
    number = LABELS.index(target)
    others = clean.label != number
    success = float((triggered.predicted[others] == number).mean())
    base = float((clean.predicted[others] == number).mean())
    return {'success_rate': success, 'base_rate': base, 'excess': success - base}
