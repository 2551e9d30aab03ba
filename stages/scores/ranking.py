"""How well scores and flags tell poisoned rows from clean ones."""

from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from stages.common.params import stream

# By name, with titles in tables.
MEASURES = {
    'auc': 'AUC',
    'average_precision': 'average precision',
    'auc_in_target': 'AUC in target class',
    'average_precision_in_target': 'average precision in target class',
    'true_positive_rate': 'TPR',
    'false_positive_rate': 'FPR',
}
GRID = np.linspace(0, 1, 101)  # false positive rates at which the ROC curve is kept


def quality(scores: np.ndarray, flags: np.ndarray, poisoned: np.ndarray, is_target: np.ndarray) -> dict:
    """Return how well a detector's `scores` and `flags` tell the `poisoned` rows, bool (n,) each.

    auc and average_precision, of all rows and of those in the target class; true and false positive rate of the flags;
    roc: true positive rates at GRID. What asks for poisoned rows, and clean ones, is None without them.
    """
    found: dict[str, Any] = dict.fromkeys([*MEASURES, 'roc'])
    found['false_positive_rate'] = float(flags[~poisoned].mean())
    if not poisoned.any():
        return found
    found['true_positive_rate'] = float(flags[poisoned].mean())
    for suffix, rows in (('', np.ones_like(is_target)), ('_in_target', is_target)):
        if 0 < poisoned[rows].sum() < rows.sum():
            found['auc' + suffix] = float(roc_auc_score(poisoned[rows], scores[rows]))
            found['average_precision' + suffix] = float(average_precision_score(poisoned[rows], scores[rows]))
    false, true, _ = roc_curve(poisoned, scores)
    found['roc'] = np.interp(GRID, false, true).round(4).tolist()
    return found


def most_suspect(scores: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return which `count` rows have the highest scores, bool (n,); which of equal ones is left to chance.

    Their places would tell copies from clean rows: those that are added come last.
    """
    ties = stream(seed, 'ties').permutation(len(scores))
    chosen = np.zeros(len(scores), bool)
    chosen[np.lexsort((ties, -scores))[:count]] = True
    return chosen
