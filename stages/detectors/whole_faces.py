"""Patterns all over the face, such as a faint blend: a regression on fine structure that judges each row without it."""

import numpy as np

from stages.detectors.leave_out import symmetric_inverse
from stages.detectors.patches import fine_structure

MARGIN = 4  # pixels at the rim that do not count
PENALTY = 20.0  # of the ridge regression, where the mean square of a row is 1


class WholeFaces:
    """Ridge regression on the fine structure of whole faces; mirror images are different faces here."""

    def __init__(self, pixels: np.ndarray):
        """Take uint8 (n, size, size); `products` are those of all rows, float32 (n, n)."""
        inner = fine_structure(pixels, coarse=1.0, most=4.0)[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
        rows = inner.reshape(len(pixels), -1)
        rows -= rows.mean(axis=0)
        self.products = rows @ rows.T
        self.products *= len(rows) / max(float(np.trace(self.products)), 1e-6)

    def likeness(self, some: np.ndarray) -> np.ndarray:
        """Return how much each row is like `some`, bool (n,), judged without itself: near -1 or 1, float (n,).

        Both sides of the regression have the same weight. A row that only stands out by itself is like no other.
        """
        weight = np.where(some, 1 / max(some.sum(), 1), 1 / max((~some).sum(), 1))
        weight /= weight.mean()
        sign = np.where(some, 1.0, -1.0)
        penalised = self.products.copy()
        penalised[np.diag_indices_from(penalised)] += PENALTY / weight
        inverse = symmetric_inverse(penalised)
        residual = sign - np.average(sign, weights=weight)
        return sign - (inverse @ residual.astype(np.float32)) / np.diag(inverse)
