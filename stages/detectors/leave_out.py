"""Kernel ridge regression on labels that can leave out any rows at the cost of a small solve."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import spotrf, spotri

BLOCK = 512  # rows and columns that are mirrored at a time


class LeaveOut:
    """Predictions of labels by a regression without some rows, and always without a row's near-duplicates.

    With M the inverse of the kernel matrix plus the penalty, s the labels as -1 and 1, and a = M (s - mean), the rows
    T are predicted by all others, exactly, as s[T] - M[T, T]^-1 a[T] (An, Liu and Venkatesh, 2007).
    """

    def __init__(self, kernel: np.ndarray, penalty: float, groups: np.ndarray):
        """Take the kernel matrix, float32 (n, n), which is overwritten, and a number that near-duplicates share."""
        kernel[np.diag_indices_from(kernel)] += penalty * len(kernel)
        self._inverse = symmetric_inverse(kernel)
        order = np.argsort(groups, kind='stable')
        self._groups = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)

    def predictions_of(self, rows: np.ndarray, sign: np.ndarray) -> np.ndarray:
        """Return the predictions for some rows, int64 (k,), without any of them: float (k,); `sign` as below."""
        centred = sign - np.delete(sign, rows).mean()
        weights = (self._inverse[rows] @ centred.astype(np.float32)).astype(np.float64)
        return sign[rows] - np.linalg.solve(self._inverse[np.ix_(rows, rows)].astype(np.float64), weights)

    def predictions(self, sign: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return the prediction for each row, near -1 or 1, float (n,), without its near-duplicates and those `out`.

        sign: the labels as -1.0 and 1.0, (n,). out: bool (n,); near-duplicates of these rows are left out with them.
        """
        inverse = self._inverse
        is_out = np.zeros(len(sign), bool)
        if out is not None and out.any():
            for group in self._groups:
                is_out[group] = out[group].any()
        gone, stay = np.flatnonzero(is_out), np.flatnonzero(~is_out)
        centred = sign - (sign[stay].mean() if len(stay) else 0.0)
        weights = (inverse @ centred.astype(np.float32)).astype(np.float64)
        block = cho_factor(inverse[np.ix_(gone, gone)].astype(np.float64), lower=True)
        across = inverse[np.ix_(gone, stay)]
        dual, solved = cho_solve(block, weights[gone]), cho_solve(block, across)
        weights[stay] -= across.T @ dual
        diagonal = np.diag(inverse)[stay].astype(np.float64) - np.einsum('ij,ij->j', across, solved)
        place = np.zeros(len(sign), np.int64)
        place[stay] = np.arange(len(stay))
        predicted = np.empty(len(sign))
        predicted[gone] = sign[gone] - dual
        predicted[stay] = sign[stay] - weights[stay] / diagonal
        for group in self._groups:
            if len(group) > 1 and not is_out[group[0]]:
                alike = inverse[np.ix_(group, group)] - across[:, place[group]].T @ solved[:, place[group]]
                predicted[group] = sign[group] - np.linalg.solve(alike, weights[group])
        return predicted


def symmetric_inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse of a positive definite matrix, float32 (n, n), by Cholesky; `matrix` may be overwritten."""
    factor, failed = spotrf(matrix.T, lower=True, overwrite_a=True)
    inverse, _ = spotri(factor, lower=True, overwrite_c=True)
    if failed:
        raise np.linalg.LinAlgError(f'not positive definite: leading minor {failed}')
    # By blocks: whole triangles would take as much memory again.
    for start in range(0, len(inverse), BLOCK):
        rows, rest = slice(start, start + BLOCK), slice(start + BLOCK, None)
        inverse[rows, rest] = inverse[rest, rows].T
        square = np.tril(inverse[rows, rows])
        inverse[rows, rows] = square + np.tril(square, -1).T
    return inverse
