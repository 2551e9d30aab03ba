"""What there is to be seen of a training, for detectors to judge its rows by."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from scipy.linalg import solve

from stages.common.arrays import gigabytes, memory
from stages.common.errors import FactError
from stages.faces.duplicates import groups, hashes
from stages.network.inputs import standardise

BYTES = 33  # for each row and each other: four matrices of float64 and a mask, as many as there are at a time


class TooManyRowsError(FactError):
    """Rows are too many to be compared with each other on this machine."""


def check_rows(count: int) -> None:
    """Raise a TooManyRowsError where what detectors make of `count` rows cannot fit into memory."""
    needed, there = BYTES * count**2, memory()
    if needed > there:
        raise TooManyRowsError(
            f'comparing {count} faces with each other takes {gigabytes(needed)}, this machine has {gigabytes(there)}'
        )


Answer = TypeVar('Answer')

PENALTY = 1e-3  # of kernel ridge regression, for each row


@dataclass(frozen=True)
class Evidence:
    """One training on n rows, mirror images left out.

    label: uint8 (n,), with which they were trained. pixels: uint8 (n, size, size). hidden: the activations of every
    hidden layer in the end, the lowest first, float32 (n, units) each. losses: float32 (epochs, n). seed: of what
    detectors draw.
    """

    label: np.ndarray
    pixels: np.ndarray
    hidden: list[np.ndarray]
    losses: np.ndarray
    seed: int

    def once(self, question: Callable[['Evidence'], Answer]) -> Answer:
        """Return question(self), worked out when it is first asked for and then kept as long as the evidence."""
        if question not in self._answers:
            self._answers[question] = question(self)
        return self._answers[question]

    @cached_property
    def _answers(self) -> dict[Callable, object]:
        return {}

    @cached_property
    def sign(self) -> np.ndarray:
        """Return the labels as -1.0 and 1.0, (n,)."""
        return 2.0 * self.label - 1

    @cached_property
    def distances(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the squared distances of the rows as the network sees them, plain and one mirrored: (n, n) each."""
        rows, mirrored = (standardise(pixels) for pixels in (self.pixels, self.pixels[:, :, ::-1]))
        plain, turned = (_squared_distances(rows, others) for others in (rows, mirrored))
        np.fill_diagonal(plain, 0)
        return plain, turned

    @property
    def nearest(self) -> np.ndarray:
        """Return the squared distance of each row to each other, as it is or mirrored: (n, n), infinite to itself.

        It is made anew each time: to keep it would take half as much memory again as the distances.
        """
        nearest = np.minimum(*self.distances)
        np.fill_diagonal(nearest, np.inf)
        return nearest

    @cached_property
    def opinion(self) -> np.ndarray:
        """Return what the other rows say of each, near -1 or 1: (n,); near-duplicates are left out with it.

        It is kernel ridge regression on the labels. With its hat matrix H and residuals r, those of a group g that is
        left out are (1 - H[g, g])^-1 r[g] (An, Liu and Venkatesh, 2007). The kernel is Gaussian, as wide as the median
        distance, and summed over mirror images.
        """
        hat = _hat_matrix(self._kernel())
        mean = self.sign.mean()
        residual = self.sign - mean - hat @ (self.sign - mean)
        opinion = np.empty(len(hat))
        order = np.argsort(self.groups, kind='stable')
        for group in np.split(order, np.flatnonzero(np.diff(self.groups[order])) + 1):
            inside = np.eye(len(group)) - hat[np.ix_(group, group)]
            opinion[group] = self.sign[group] - np.linalg.solve(inside, residual[group])
        return opinion

    def _kernel(self) -> np.ndarray:
        """Return the kernel of each two rows, (n, n), in the order of columns that LAPACK works on in place."""
        width = self._median_distance() or 1.0
        kernel = np.zeros((len(self.label),) * 2, order='F')
        for distances in self.distances:
            kernel += _gaussian(distances, width)
        return kernel

    def _median_distance(self) -> float:
        nearest = self.nearest
        return np.median(nearest[np.isfinite(nearest)], overwrite_input=True)

    @cached_property
    def groups(self) -> np.ndarray:
        """Return a number for each row, int64 (n,), that near-duplicates share."""
        return groups(np.stack([hashes(crop) for crop in self.pixels]))


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the squared distances of rows to others of the same lengths, both (n, d): (n, n)."""
    lengths = np.einsum('ij,ij->i', rows, rows, dtype=np.float64)
    distances = lengths[:, None] + lengths
    distances -= 2.0 * (rows @ others.T)
    return np.maximum(distances, 0, out=distances)


def _gaussian(distances: np.ndarray, width: float) -> np.ndarray:
    exponents = distances / -width
    return np.exp(exponents, out=exponents)


def _hat_matrix(kernel: np.ndarray) -> np.ndarray:
    """Return the hat matrix of kernel ridge regression, (n, n), by way of the memory of its kernel."""
    # The kernel with a mirrored row is symmetric but for rounding.
    solution = solve(_penalised(kernel), kernel, assume_a='pos', overwrite_a=True, overwrite_b=True)
    # Sums over it depend, in their last digits, on the order in memory.
    return np.ascontiguousarray(solution).T


def _penalised(kernel: np.ndarray) -> np.ndarray:
    penalised = kernel.copy(order='F')
    penalised[np.diag_indices_from(penalised)] += PENALTY * len(kernel)
    return penalised
