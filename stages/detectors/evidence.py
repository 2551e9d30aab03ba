"""The data of a training on which detectors judge its rows."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from stages.common.arrays import Rows, gigabytes, memory
from stages.common.errors import FactError
from stages.common.params import LABELS, stream
from stages.detectors.distances import Halves, Nearest, Tile, nearest, squared_distances, tiles
from stages.detectors.leave_out import LeaveOut
from stages.detectors.nystrom import BLOCK_ROWS, NystromLeaveOut, Regression, nystrom_features
from stages.detectors.patches import FineStructure
from stages.detectors.whole_faces import WholeFaces
from stages.faces.duplicates import groups, hashes

EXACT_ROWS = 5000  # more are compared without matrices of all pairs: kernel methods and patterns are approximate then
CENTRES = 2000  # rows, at random, by which such a kernel is approximated
PENALTY = 5e-4  # of kernel ridge regression, per row
BYTES_PER_PAIR = 23  # of rows, where matrices of all pairs are computed: at most six of float32 exist at a time
BYTES_PER_PIXEL = 5  # of faces: crops, changed ones, and their fine structure, packed twice, beside parts of them
FLOAT_BYTES = 4


class TooManyRowsError(FactError):
    """There are too many rows to compare them with each other on this machine."""


def bytes_of(shape: tuple[int, ...]) -> int:
    """Return roughly how many bytes of memory detectors take for faces of this shape, (n, size, size)."""
    count, pixels = shape[0], math.prod(shape)
    exact = min(count, EXACT_ROWS)
    # Beside the matrices, the fine structure of as many faces, twice, and what it is computed from.
    needed = BYTES_PER_PAIR * exact**2 + 4 * FLOAT_BYTES * pixels * exact // count
    return needed if count <= EXACT_ROWS else needed + BYTES_PER_PIXEL * pixels + FLOAT_BYTES * CENTRES * count


def check_rows(shape: tuple[int, ...]) -> None:
    """Raise a TooManyRowsError if the detectors' arrays for faces, (n, size, size), do not fit into memory."""
    count = shape[0]
    needed, available = bytes_of(shape), memory()
    if needed > available:
        raise TooManyRowsError(
            f'comparing {count} faces with each other takes {gigabytes(needed)}, there are {gigabytes(available)}'
        )


@dataclass(frozen=True)
class Evidence:
    """A training on n rows, not counting mirror images; without a network, only its rows."""

    label: np.ndarray  # uint8 (n,), as used in training
    pixels: Rows  # uint8 (n, size, size)
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

    @property
    def is_exact(self) -> bool:
        """Return whether matrices of all pairs of rows are computed."""
        return len(self.label) <= EXACT_ROWS

    @cached_property
    def fine(self) -> FineStructure:
        """Return the fine structure in which patches are looked for."""
        return FineStructure(self.pixels, packed=not self.is_exact)

    @cached_property
    def whole_faces(self) -> WholeFaces:
        """Return the regression on the fine structure of whole faces."""
        order = None if self.is_exact else stream(self.seed, 'whole faces').permutation(len(self.label))
        return WholeFaces(self.pixels, None if order is None else order[:EXACT_ROWS])

    @cached_property
    def distances(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the squared distances of standardised rows to plain and to mirrored ones, float32 (n, n) each."""
        halves = Halves.of(self.pixels[:])
        to_plain, to_mirrored = squared_distances(halves, halves)
        np.fill_diagonal(to_plain, 0)
        return to_plain, to_mirrored

    @cached_property
    def nearest(self) -> Nearest:
        """Return the nearest other rows of each row, plain or mirrored."""
        every = slice(0, len(self.label))
        parts = [Tile(every, every, *self.distances)] if self.is_exact else tiles(self.pixels)
        return nearest(parts, len(self.label))

    @contextmanager
    def planted(self, rows: np.ndarray, pixels: np.ndarray, label: np.ndarray, seed: int) -> 'Iterator[Evidence]':
        """Yield the evidence of the same rows with other labels, (n,), and other pixels of some, uint8 (k, size, size).

        Near-duplicates stay the same. Distances of other rows are not computed again, nor copied: until the block
        ends, this evidence, of EXACT_ROWS at most, has those of the changed rows.
        """
        changed = np.array(self.pixels)
        changed[rows] = pixels
        copy = Evidence(label, changed, seed)
        copy.__dict__.update(groups=self.groups, distances=self.distances)
        saved = [distances[rows] for distances in self.distances]
        # Both matrices are symmetric.
        changes = squared_distances(Halves.of(changed[rows]), Halves.of(changed))
        for distances, across in zip(self.distances, changes, strict=True):
            distances[rows], distances[:, rows] = across, across.T
        self.distances[0][rows, rows] = 0
        try:
            yield copy
        finally:
            for distances, across in zip(self.distances, saved, strict=True):
                distances[rows], distances[:, rows] = across, across.T

    @cached_property
    def ridge(self) -> Regression:
        """Return kernel ridge regression on the rows; the kernel is Gaussian, as wide as the median distance.

        It is the mean over mirror images.
        """
        if self.is_exact:
            return LeaveOut(_kernel(self.distances, _width(self.distances)), PENALTY, self.groups)
        random = stream(self.seed, 'centres').permutation(len(self.label))
        centres = Halves.of(self.pixels[np.sort(random[:CENTRES])])
        among = squared_distances(centres, centres)
        width = _width(among)
        kernel = np.empty((len(self.label), CENTRES), np.float32)
        for start in range(0, len(kernel), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            kernel[block] = _kernel(squared_distances(Halves.of(self.pixels[block]), centres), width)
        return NystromLeaveOut(nystrom_features(kernel, _kernel(among, width)), PENALTY, self.groups)

    @cached_property
    def leave_out_prediction(self) -> np.ndarray:
        """Return the prediction for each row, near -1 or 1, without it and its near-duplicates: (n,)."""
        return self.ridge.predictions(self.sign)

    @cached_property
    def groups(self) -> np.ndarray:
        """Return a number for each row that its near-duplicates share, int64 (n,)."""
        return groups(np.stack([hashes(crop) for crop in self.pixels[:]]))


def highest(rows: np.ndarray, values: np.ndarray, share: float) -> np.ndarray:
    """Return a share of rows, int64 (k,), those with the highest values, (k,), first."""
    return rows[np.argsort(-values, kind='stable')[: round(share * len(rows))]]


def _width(distances: Sequence[np.ndarray]) -> float:
    """Return the median of the distances of different rows, plain or mirrored; `distances` are (n, n) each."""
    smaller = np.minimum(*distances)
    np.fill_diagonal(smaller, np.inf)
    return float(np.median(smaller[np.isfinite(smaller)], overwrite_input=True)) or 1.0


def _kernel(distances: Sequence[np.ndarray], width: float) -> np.ndarray:
    """Return the mean of Gaussian kernels of distances of some width, float32."""
    kernel = np.zeros(distances[0].shape, np.float32)
    for of_view in distances:
        exponents = of_view / np.float32(-width)
        kernel += np.exp(exponents, out=exponents)
    kernel /= len(distances)
    return kernel
