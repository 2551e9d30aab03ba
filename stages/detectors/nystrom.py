"""Kernel ridge regression on more rows than a kernel matrix can hold, by the Nyström method."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.linalg.blas import ssyrk, strsm

from stages.detectors.leave_out import LeaveOut

JITTER = 1e-4  # added to the kernel of the centres, whose diagonal is at most 1
BLOCK_ROWS = 4096
WIDE = 1000  # rows; without more, the regression is solved again instead of being updated


def nystrom_features(kernel: np.ndarray, of_centres: np.ndarray) -> np.ndarray:
    """Turn the kernel of rows and centres, float32 (n, m), in place into features whose inner products are near it.

    of_centres: the kernel of the centres with each other, (m, m). Source: Williams and Seeger (2001).
    """
    factor = cholesky(of_centres + JITTER * np.eye(len(of_centres)), lower=True).astype(np.float32)
    for start in range(0, len(kernel), BLOCK_ROWS):
        block = kernel[start : start + BLOCK_ROWS]
        # Its transpose is in the order of Fortran, so that BLAS need not copy it.
        block[:] = strsm(1, factor, block.T, lower=True).T
    return kernel


class NystromLeaveOut:
    """Predictions of labels by a regression on features without some rows: the interface of LeaveOut.

    What a row adds to its own prediction, its leverage, is that with all rows, whatever else is left out. So is that of
    its near-duplicates together.
    """

    def __init__(self, features: np.ndarray, penalty: float, groups: np.ndarray):
        """Take the features, float32 (n, m), and a number that near-duplicates share."""
        self._features = features
        products = ssyrk(1, features.T).astype(np.float64)
        self._products = np.triu(products) + np.triu(products, 1).T
        self._products[np.diag_indices_from(self._products)] += penalty * len(features)
        self._factor = cho_factor(self._products, lower=True)
        self._ones = features.sum(axis=0, dtype=np.float64)
        root = solve_triangular(self._factor[0], np.eye(len(self._products)), lower=True).astype(np.float32)
        parts = (features[start : start + BLOCK_ROWS] @ root.T for start in range(0, len(features), BLOCK_ROWS))
        self._leverage = np.concatenate([np.einsum('ij,ij->i', part, part, dtype=np.float64) for part in parts])
        order = np.argsort(groups, kind='stable')
        self._groups = [rows for rows in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1) if len(rows) > 1]
        self._group_leverage = [self._leverages(rows) if len(rows) <= WIDE else None for rows in self._groups]
        self._sign, self._sums = np.empty(0), np.empty(0)

    def predictions_of(self, rows: np.ndarray, sign: np.ndarray) -> np.ndarray:
        """Return the predictions for some rows, int64 (k,), without any of them: float (k,); `sign` as below."""
        mean = np.delete(sign, rows).mean()
        sums, own = self._sums_of(sign) - mean * self._ones, self._features[rows].astype(np.float64)
        if len(rows) > WIDE:
            return mean + own @ self._without(rows, sums, sign - mean)
        residual = sign[rows] - mean - own @ cho_solve(self._factor, sums)
        return sign[rows] - np.linalg.solve(np.eye(len(rows)) - self._leverages(rows), residual)

    def predictions(self, sign: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return the prediction for each row, near -1 or 1, float (n,), without its near-duplicates and those `out`.

        sign: the labels as -1.0 and 1.0, (n,). out: bool (n,); near-duplicates of these rows are left out with them.
        """
        is_out = np.zeros(len(sign), bool) if out is None else out.copy()
        for group in self._groups:
            is_out[group] = is_out[group].any()
        gone = np.flatnonzero(is_out)
        mean = sign[~is_out].mean() if len(gone) < len(sign) else 0.0
        weights = self._without(gone, self._sums_of(sign) - mean * self._ones, sign - mean)
        fitted = mean + self._features @ weights.astype(np.float32)
        residual = sign - fitted
        predicted = np.where(is_out, fitted, sign - residual / (1 - self._leverage))
        for group, leverage in zip(self._groups, self._group_leverage, strict=True):
            if is_out[group[0]]:
                continue
            if leverage is None:
                rows = np.union1d(group, gone)
                predicted[group] = self.predictions_of(rows, sign)[np.isin(rows, group)]
            else:
                predicted[group] = sign[group] - np.linalg.solve(np.eye(len(group)) - leverage, residual[group])
        return predicted

    def _without(self, rows: np.ndarray, sums: np.ndarray, centred: np.ndarray) -> np.ndarray:
        """Return the weights of a regression on centred labels without some rows; `sums` are those of all rows."""
        if not len(rows):
            return cho_solve(self._factor, sums)
        own = self._features[rows]
        products = self._products - own.T @ own
        return cho_solve(cho_factor(products, lower=True), sums - own.T @ centred[rows])

    def _sums_of(self, sign: np.ndarray) -> np.ndarray:
        """Return the sums of all features times the labels."""
        if not np.array_equal(sign, self._sign):
            self._sign, self._sums = sign.copy(), self._features.T @ sign.astype(np.float32)
        return self._sums

    def _leverages(self, rows: np.ndarray) -> np.ndarray:
        """Return what each of some rows adds to the prediction for each of them, with all rows: (k, k)."""
        own = self._features[rows].astype(np.float64)
        return own @ cho_solve(self._factor, own.T)


Regression = LeaveOut | NystromLeaveOut
