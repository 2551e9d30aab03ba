"""Distances between faces, plain and mirrored, by tiles: no array of all pairs needs to be in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from stages.common.arrays import Rows
from stages.network.inputs import parities, standardise

TILE_ROWS = 4096
NEAREST = 5  # rows that are kept of the nearest ones
BLOCK_ROWS = 128  # whose nearest rows are looked for at a time
CROWDED = 50  # rows in a tile that may be among the nearest, above which only the nearest are looked at
NEGLIGIBLE = 1e-6  # distance, as a share of a row's squared length, that is less than rounding leaves


@dataclass(frozen=True)
class Halves:
    """Standardised faces by their even and odd parts, float32 (n, d / 2) each, and their squared lengths, (n,).

    Of faces x and y, and the mirror image y~ of y, the inner products are <x, y> = (E + O) / 2 and <x, y~> =
    (E - O) / 2, with E and O those of their even and of their odd parts: half the work of two products of faces.
    """

    even: np.ndarray
    odd: np.ndarray
    length: np.ndarray

    @classmethod
    def of(cls, pixels: np.ndarray) -> 'Halves':
        """Return those of faces, uint8 (n, size, size)."""
        even, odd = parities(standardise(pixels), pixels.shape[-1])
        lengths = [np.einsum('ij,ij->i', part, part, dtype=np.float64) for part in (even, odd)]
        return cls(even, odd, (sum(lengths) / 2).astype(np.float32))


@dataclass(frozen=True)
class Tile:
    """Squared distances of some rows to others, plain ones and mirrored ones: float32 (k, m) each."""

    rows: slice
    others: slice
    plain: np.ndarray
    mirrored: np.ndarray


@dataclass(frozen=True)
class Nearest:
    """The nearest other rows of each row, in order: positions, int64 (n, k), and squared distances, float32 (n, k)."""

    position: np.ndarray
    distance: np.ndarray


def squared_distances(rows: Halves, others: Halves) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared distances of rows to others, plain ones and mirrored ones: float32 (n, m) each."""
    even, odd = rows.even @ others.even.T, rows.odd @ others.odd.T
    plain = rows.length[:, None] + others.length
    plain -= even
    mirrored = plain + odd
    plain -= odd
    for distances in (plain, mirrored):
        # Equal faces differ by what rounding leaves: their distance is 0.
        distances[distances < NEGLIGIBLE * rows.length[:, None]] = 0
    return plain, mirrored


def tiles(pixels: Rows) -> Iterator[Tile]:
    """Yield the distances of all pairs of faces, uint8 (n, size, size), each pair once or, of one tile, twice."""
    parts = [slice(start, start + TILE_ROWS) for start in range(0, len(pixels), TILE_ROWS)]
    for number, part in enumerate(parts):
        rows = Halves.of(pixels[part])
        for other in parts[number:]:
            others = rows if other == part else Halves.of(pixels[other])
            yield Tile(part, other, *squared_distances(rows, others))


def nearest(parts: Iterable[Tile], count: int) -> Nearest:
    """Return the nearest rows of each of `count` rows; of equally near ones, the first."""
    found = Nearest(np.full((count, NEAREST), -1, np.int64), np.full((count, NEAREST), np.inf, np.float32))
    for tile in parts:
        smaller = np.minimum(tile.plain, tile.mirrored)
        if tile.rows == tile.others:
            np.fill_diagonal(smaller, np.inf)
            _merge(found, tile.rows, tile.others, smaller)
        else:
            _merge(found, tile.rows, tile.others, smaller)
            _merge(found, tile.others, tile.rows, smaller.T)
    kept = min(NEAREST, count - 1)
    return Nearest(found.position[:, :kept], found.distance[:, :kept])


def _merge(found: Nearest, rows: slice, others: slice, distances: np.ndarray) -> None:
    """Merge the distances of some rows to others, (k, m), into the nearest ones that were found so far."""
    position, distance = found.position[rows], found.distance[rows]
    near = distances <= distance[:, -1:]
    crowded, last = np.flatnonzero(near.sum(axis=1) > CROWDED), min(NEAREST, distances.shape[1]) - 1
    for some in np.split(crowded, range(BLOCK_ROWS, len(crowded), BLOCK_ROWS)):
        # The nearest of these are enough; of equally near ones, the first.
        limit = np.partition(distances[some], last, axis=1)[:, last, None]
        is_last = distances[some] == limit
        near[some] = (distances[some] < limit) | (is_last & (is_last.cumsum(axis=1) <= NEAREST))
    row, column = np.nonzero(near)
    row = np.concatenate([np.repeat(np.arange(len(position)), NEAREST), row])
    value = np.concatenate([distance.ravel(), distances[row[distance.size :], column]])
    column = np.concatenate([position.ravel(), column + others.start])
    order = np.lexsort((column, value, row))
    first = np.searchsorted(row[order], np.arange(len(position)))
    chosen = order[first[:, None] + np.arange(NEAREST)]
    position[:], distance[:] = column[chosen], value[chosen]
