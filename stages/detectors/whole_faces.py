"""Patterns all over the face, such as a faint blend: a regression on fine structure that judges each row without it."""

import numpy as np
from scipy.sparse.linalg import eigsh

from stages.common.arrays import Rows
from stages.detectors.leave_out import symmetric_inverse
from stages.detectors.patches import BLOCK_ROWS, FineStructure

MARGIN = 4  # pixels at the rim that do not count
PENALTY = 20.0  # of the ridge regression, where the mean square of a row is 1
NEGLIGIBLE = 1e-3  # sum of squares of rows that are all alike


class WholeFaces:
    """Ridge regression on the fine structure of whole faces; mirror images are different faces here.

    With a `sample`, it learns from these rows and those that are asked for, as many as there are in the sample, and
    predicts the others.
    """

    def __init__(self, pixels: Rows, sample: np.ndarray | None = None):
        """Take uint8 (n, size, size), and the positions of a sample, int64 (k,), in random order, or None for all."""
        self._fine = FineStructure(pixels, coarse=1.0, most=4.0, margin=MARGIN, packed=sample is not None)
        self._sample = sample
        self._mean = self._rows(slice(None) if sample is None else sample, 0.0).mean(axis=0)
        self._all = None if sample is not None else self._products(self._rows(slice(None)))

    def likeness(self, some: np.ndarray) -> np.ndarray:
        """Return how much each row is like `some`, bool (n,), judged without itself: near -1 or 1, float (n,).

        Both sides of the regression have the same weight. A row that only stands out by itself is like no other.
        """
        if self._all is not None:
            return self._likeness(self._all, some)[0]
        rows = self._chosen(some)
        known = self._rows(rows)
        likeness = np.empty(len(self._fine))
        products = self._products(known)
        learnt, dual, mean = self._likeness(products, some[rows])
        scale = products.trace() / max(float(np.einsum('ij,ij->', known, known)), 1e-6)
        weights = known.T @ (scale * dual).astype(np.float32)
        for start in range(0, len(likeness), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            likeness[block] = mean + self._rows(block) @ weights
        likeness[rows] = learnt
        return likeness

    def directions(self, rows: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
        """Return how far some rows, int64 (k,), are out along their principal directions: float (count, k), or (0, k).

        There are none if the rows are no more than directions, or all alike.
        """
        known = rows if self._sample is None else random.permutation(rows)[: len(self._sample)]
        products = self._products(self._rows(known)) if self._all is None else self._all[np.ix_(rows, rows)]
        products = products.astype(np.float64)
        products -= products.mean(axis=0)
        products -= products.mean(axis=1)[:, None]
        if len(known) <= count or np.trace(products) < NEGLIGIBLE:
            return np.empty((0, len(rows)))
        _, directions = eigsh(products, count, v0=random.standard_normal(len(known)))
        if self._sample is None:
            return directions.T
        weights = self._rows(known).T @ (directions - directions.mean(axis=0)).astype(np.float32)
        out = [self._rows(rows[start : start + BLOCK_ROWS]) @ weights for start in range(0, len(rows), BLOCK_ROWS)]
        return np.concatenate(out).T

    def _rows(self, rows: np.ndarray | slice, mean: np.ndarray | float | None = None) -> np.ndarray:
        """Return the fine structure of some rows less the mean: float32 (k, d)."""
        parts = self._fine[rows]
        flat = parts.reshape(len(parts), -1)
        return flat - (self._mean if mean is None else np.float32(mean))

    @staticmethod
    def _products(rows: np.ndarray) -> np.ndarray:
        """Return the products of rows with each other, float32 (k, k); their mean square is 1."""
        products = rows @ rows.T
        products *= len(rows) / max(float(np.trace(products)), 1e-6)
        return products

    def _chosen(self, some: np.ndarray) -> np.ndarray:
        """Return the positions of rows to learn from: half of the sample at most are `some`, bool (n,)."""
        assert self._sample is not None
        size = len(self._sample)
        wanted = np.flatnonzero(some)
        wanted = wanted[np.linspace(0, len(wanted) - 1, min(len(wanted), size // 2)).astype(int)]
        others = self._sample[~some[self._sample]]
        return np.sort(np.concatenate([wanted, others[: size - len(wanted)]]))

    @staticmethod
    def _likeness(products: np.ndarray, some: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Return the likeness of rows with these products, the dual weights of the regression, and its mean."""
        weight = np.where(some, 1 / max(some.sum(), 1), 1 / max((~some).sum(), 1))
        weight /= weight.mean()
        sign = np.where(some, 1.0, -1.0)
        penalised = products.copy()
        penalised[np.diag_indices_from(penalised)] += PENALTY / weight
        inverse = symmetric_inverse(penalised)
        mean = float(np.average(sign, weights=weight))
        dual = inverse @ (sign - mean).astype(np.float32)
        return sign - dual / np.diag(inverse), dual, mean
