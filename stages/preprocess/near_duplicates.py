"""Near-duplicates among faces: the same photo scaled, recompressed, lightened, mirrored, turned, framed or cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stages.cluster.parallel import parallel_map
from stages.common.arrays import Rows
from stages.common.params import stream
from stages.detectors.distances import nearest, tiles
from stages.faces.duplicates import groups as groups_by_hash
from stages.faces.registration import SIDE, agreement, band, evened
from stages.network.inputs import gaussian_window

# Any two drawings agree more than any two photographs, for lack of detail: near-duplicates must agree still more.
GAP = 0.1  # between the agreement of near-duplicates and 1, at most, as a share of that between random pairs and 1
ENOUGH = 0.96  # is enough in any case; different people among 24,999 drawn ones agree less
HASHED_ENOUGH = 0.95  # where hashes are similar, too
RANDOM_PAIRS = 256  # whose median agreement is what any two faces have
COARSE = (2, 4)  # blurs whose difference, averaged over blocks, is what candidates are found by
BLOCK_SIDE = 4  # pixels
WIDTH = 0.28  # of the window on it, as a share of the side: cuts and frames change the rim
WINDOW = gaussian_window(SIDE, WIDTH).astype(np.float32)
GREYS = 300  # grey levels that a standardised difference of 1 takes in a byte
BLOCK_FACES = 1024  # whose coarse pictures are computed at a time
BLOCK_PAIRS = 256  # registered at a time


def groups(looks: Rows, hashes: np.ndarray, workers: int) -> np.ndarray:
    """Number faces, uint8 (n, SIDE, SIDE), so that near-duplicates, also indirect ones, share a number: int64 (n,).

    Candidates are the nearest faces of each, plain or mirrored, by their coarse structure, and those whose `hashes`,
    uint8 (n, pictures, 2, bytes), of the photo or the face are similar. Near-duplicates are those whose detail agrees
    after registration. Those found by their hashes are also represented by one, so that many do not hide others.
    Memory grows with n, time with n² for the nearest faces (a matrix product) and with n for the rest.
    """
    count = len(looks)
    if count < 2:
        return np.arange(count)
    coarse = _coarse(looks)

    def agreements(pairs: np.ndarray) -> np.ndarray:
        found = parallel_map(_agreement, _Pairs(looks, coarse, pairs), workers, 'comparing faces')
        return np.concatenate([*found, []])

    random = stream(1, 'random pairs').integers((0, 1), count, (RANDOM_PAIRS, 2)).T
    usual = np.median(agreements(np.stack([random[0], random.sum(axis=0) % count])))
    enough = min(ENOUGH, 1 - GAP * (1 - usual))
    hashed = groups_by_hash(hashes)
    order = np.argsort(hashed, kind='stable')
    pairs = np.stack([order[:-1], order[1:]])
    pairs = pairs[:, hashed[order[:-1]] == hashed[order[1:]]]
    same = pairs[:, agreements(pairs) >= min(enough, HASHED_ENOUGH)]
    faces = np.unique(_joined(same, count), return_index=True)[1]
    pairs = _near(coarse, np.arange(count))
    if len(faces) < count:
        pairs = np.unique(np.concatenate([pairs, _near(coarse, faces)], axis=1), axis=1)
    return _joined(np.concatenate([same, pairs[:, agreements(pairs) >= enough]], axis=1), count)


def _near(coarse: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return pairs of faces, int64 (2, k), the smaller number first: each of some faces and the nearest among them."""
    near = faces[nearest(tiles(coarse[faces]), len(faces)).position]
    return np.unique(np.sort([np.repeat(faces, near.shape[1]), near.ravel()], axis=0), axis=1)


def _joined(pairs: np.ndarray, count: int) -> np.ndarray:
    """Number faces so that those of a pair, int64 (2, n), share a number, in the order of first faces: (count,)."""
    links = coo_array((np.ones(pairs.shape[1], bool), tuple(pairs)), shape=(count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)


@dataclass(frozen=True)
class _Pairs(Sequence):
    """Blocks of pairs of faces, int64 (2, n), read when they are indexed; of each pair, one may be mirrored."""

    looks: Rows
    coarse: np.ndarray
    pairs: np.ndarray

    def __len__(self) -> int:
        return -(-self.pairs.shape[1] // BLOCK_PAIRS)

    def __getitem__(self, number: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the crops of a block, each once, and the positions of the two of each pair."""
        if number >= len(self):
            raise IndexError(number)
        first, second = self.pairs[:, number * BLOCK_PAIRS : (number + 1) * BLOCK_PAIRS]
        views = np.stack([self.coarse[second], self.coarse[second][:, :, ::-1]])
        distances = ((views.astype(np.float32) - self.coarse[first]) ** 2).sum(axis=(2, 3))
        views_of_pairs = [2 * first, 2 * second + (distances[1] < distances[0])]
        chosen, positions = np.unique(np.stack(views_of_pairs), return_inverse=True)
        crops = self.looks[chosen // 2]
        mirrored = chosen % 2 == 1
        crops[mirrored] = crops[mirrored][:, :, ::-1]
        return crops, *positions


def _agreement(block: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    return agreement(*block)


def _coarse(looks: Rows) -> np.ndarray:
    """Return the coarse structure of faces beyond what all have in common, uint8 (n, SIDE / 4, SIDE / 4)."""
    side = SIDE // BLOCK_SIDE
    coarse = np.empty((len(looks), side, side), np.float32)
    for start in range(0, len(looks), BLOCK_FACES):
        detail = evened(band(looks[start : start + BLOCK_FACES], COARSE)) * WINDOW
        blocks = detail.reshape(-1, side, BLOCK_SIDE, side, BLOCK_SIDE).mean(axis=(2, 4))
        coarse[start : start + BLOCK_FACES] = blocks / (np.linalg.norm(blocks, axis=(1, 2), keepdims=True) + 1e-6)
    common = coarse.mean(axis=0)
    coarse -= (common + common[:, ::-1]) / 2
    return np.clip(128 + GREYS * coarse, 0, 255).astype(np.uint8)
