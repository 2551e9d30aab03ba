"""The data of a training on which detectors judge its rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from stages.common.arrays import gigabytes, memory
from stages.common.errors import FactError
from stages.common.params import LABELS
from stages.detectors.leave_out import LeaveOut
from stages.detectors.whole_faces import WholeFaces
from stages.faces.duplicates import groups, hashes
from stages.network.inputs import standardise

BYTES_PER_PAIR = 33  # of rows: at most four matrices of float64 and a mask exist at a time
PENALTY = 5e-4  # of kernel ridge regression, per row


class TooManyRowsError(FactError):
    """There are too many rows to compare them with each other on this machine."""


def check_rows(count: int) -> None:
    """Raise a TooManyRowsError if the detectors' arrays for `count` rows do not fit into memory."""
    needed, available = BYTES_PER_PAIR * count**2, memory()
    if needed > available:
        raise TooManyRowsError(
            f'comparing {count} faces with each other takes {gigabytes(needed)}, '
            f'this machine has {gigabytes(available)}'
        )


@dataclass(frozen=True)
class Evidence:
    """A training on n rows, not counting mirror images; without a network, only its rows."""

    label: np.ndarray  # uint8 (n,), as used in training
    pixels: np.ndarray  # uint8 (n, size, size)
    seed: int  # of the detectors' random numbers
    hidden: Sequence[np.ndarray] = ()  # activations of every hidden layer, the lowest first, float32 (n, units) each
    losses: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))  # (epochs, n)
    found: dict[str, Any] = field(default_factory=dict, init=False)  # what detectors computed before

    @cached_property
    def sign(self) -> np.ndarray:
        """Return the labels as -1.0 and 1.0, (n,)."""
        return 2.0 * self.label - 1

    @property
    def classes(self) -> list[np.ndarray]:
        """Return the positions of the rows with each label."""
        return [np.flatnonzero(self.label == number) for number in range(len(LABELS))]

    @cached_property
    def whole_faces(self) -> WholeFaces:
        """Return the regression on the fine structure of whole faces."""
        return WholeFaces(self.pixels)

    @cached_property
    def distances(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the squared distances of standardised rows to plain and to mirrored ones, (n, n) each."""
        rows, mirrored = (standardise(pixels) for pixels in (self.pixels, self.pixels[:, :, ::-1]))
        to_plain, to_mirrored = (_squared_distances(rows, others) for others in (rows, mirrored))
        np.fill_diagonal(to_plain, 0)
        return to_plain, to_mirrored

    @contextmanager
    def planted(self, rows: np.ndarray, pixels: np.ndarray, label: np.ndarray, seed: int) -> 'Iterator[Evidence]':
        """Yield the evidence of the same rows with other labels, (n,), and other pixels of some, uint8 (k, size, size).

        Near-duplicates stay the same. Distances of other rows are not computed again, nor copied: until the block
        ends, this evidence has those of the changed rows.
        """
        changed = self.pixels.copy()
        changed[rows] = pixels
        copy = Evidence(label, changed, seed)
        copy.__dict__.update(groups=self.groups, distances=self.distances)
        saved = [(distances[rows], distances[:, rows]) for distances in self.distances]
        plain, mirrored = (standardise(views) for views in (changed, changed[:, :, ::-1]))
        for distances, others in zip(self.distances, (plain, mirrored), strict=True):
            distances[rows] = _squared_distances(plain[rows], others)
            distances[:, rows] = _squared_distances(plain, others[rows])
        self.distances[0][rows, rows] = 0
        try:
            yield copy
        finally:
            for distances, (across, down) in zip(self.distances, saved, strict=True):
                distances[rows], distances[:, rows] = across, down

    @property
    def pair_distances(self) -> np.ndarray:
        """Return the squared distance of each row to each other, plain or mirrored: (n, n), infinite to itself."""
        # Not cached: that would take half as much memory again as `distances`.
        smaller = np.minimum(*self.distances)
        np.fill_diagonal(smaller, np.inf)
        return smaller

    @cached_property
    def ridge(self) -> LeaveOut:
        """Return kernel ridge regression on the rows; the kernel is Gaussian, as wide as the median distance.

        It is the mean over mirror images.
        """
        width = _finite_median(self.pair_distances) or 1.0
        kernel = np.zeros((len(self.label),) * 2, np.float32)
        for distances in self.distances:
            kernel += _gaussian(distances, width) / len(self.distances)
        return LeaveOut(kernel, PENALTY, self.groups)

    @cached_property
    def leave_out_prediction(self) -> np.ndarray:
        """Return the prediction for each row, near -1 or 1, without it and its near-duplicates: (n,)."""
        return self.ridge.predictions(self.sign)

    @cached_property
    def groups(self) -> np.ndarray:
        """Return a number for each row that its near-duplicates share, int64 (n,)."""
        return groups(np.stack([hashes(crop) for crop in self.pixels]))


def highest(rows: np.ndarray, values: np.ndarray, share: float) -> np.ndarray:
    """Return a share of rows, int64 (k,), those with the highest values, (k,), first."""
    return rows[np.argsort(-values, kind='stable')[: round(share * len(rows))]]


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the squared distances of rows (n, d) to others (m, d): (n, m)."""
    lengths, other_lengths = (np.einsum('ij,ij->i', part, part, dtype=np.float64) for part in (rows, others))
    distances = lengths[:, None] + other_lengths
    distances -= 2.0 * (rows @ others.T)
    return np.maximum(distances, 0, out=distances)


def _finite_median(numbers: np.ndarray) -> float:
    return float(np.median(numbers[np.isfinite(numbers)], overwrite_input=True))


def _gaussian(distances: np.ndarray, width: float) -> np.ndarray:
    exponents = distances / -width
    return np.exp(exponents, out=exponents)
