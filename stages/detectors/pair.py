"""Near-duplicates that differ in one place, or in their labels: a face beside its poisoned copy."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.ndimage import median_filter

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence

GREY_LEVELS = 12  # a pixel that differs by more is one that something was put on
LOCAL = 0.05  # share of the pixels that have changed, at most
ONE_PLACE = 0.1  # share of the crop that most of them lie within, at most: those of a picture saved again are all over
AROUND = 9  # pixels a side of the surroundings that a pixel stands out from


@dataclass(frozen=True)
class SuspectPair:
    """Two rows that are the same face: the `blamed` one, and the `other`.

    crop: uint8 (size, size), the blamed one. difference: int16 (size, size), what it has more than the other, which
    may have been mirrored for it.
    """

    blamed: int
    other: int
    crop: np.ndarray
    difference: np.ndarray

    @property
    def changed(self) -> np.ndarray:
        """Return which pixels of the blamed one differ to the eye, bool (size, size)."""
        return np.abs(self.difference) > GREY_LEVELS

    @property
    def is_visible(self) -> bool:
        """Return whether the two differ to the eye at all."""
        return bool(self.changed.any())


class Pair(Detector):
    """Whether a row is the suspect one of a pair of near-duplicates."""

    title = 'near-duplicate pair'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return for each row how near the nearest one is, between 0 and 1, and 1 more where it is blamed of a pair."""
        nearest = evidence.nearest.min(axis=1)
        scores = 1 / (1 + nearest / max(np.median(nearest), 1.0))
        scores[[pair.blamed for pair in suspect_pairs(evidence)]] += 1
        return scores

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag the rows that are blamed."""
        return scores > 1


def suspect_pairs(evidence: Evidence) -> list[SuspectPair]:
    """Return rows that are the same face as their nearest one, but with another label or something put on it.

    Blamed is the one that stands out more from its surroundings where they differ; of two equal ones, the one whose
    label the others contradict more.
    """
    return evidence.once(_suspect_pairs)


def _suspect_pairs(evidence: Evidence) -> list[SuspectPair]:
    nearest = evidence.nearest.argmin(axis=1)
    pairs = sorted({tuple(sorted((row, int(other)))) for row, other in enumerate(nearest)})
    return [blamed(evidence, pair) for pair in pairs if _is_suspect(evidence, pair)]


def _is_suspect(evidence: Evidence, pair: tuple[int, int]) -> bool:
    """Whether two rows differ little enough to be the same face, and in their labels or in one place."""
    changed = _compared(evidence, *pair).changed
    labels_differ = evidence.label[pair[0]] != evidence.label[pair[1]]
    return changed.mean() <= LOCAL and (labels_differ or _in_one_place(changed))


def _in_one_place(changed: np.ndarray) -> bool:
    """Whether there are changed pixels, and nine tenths of them, along each axis, lie within a small box."""
    if not changed.any():
        return False
    sides = [np.ptp(np.quantile(places, (0.05, 0.95))) + 1 for places in np.nonzero(changed)]
    return bool(np.prod(sides) <= ONE_PLACE * changed.size)


def blamed(evidence: Evidence, pair: tuple[int, int]) -> SuspectPair:
    """Return two rows that are the same face, with the more suspect one blamed, as `suspect_pairs` does."""
    # Of two that are equal in everything, the second.
    return max(_compared(evidence, *pair[::-1]), _compared(evidence, *pair), key=partial(_suspicion, evidence))


def _suspicion(evidence: Evidence, pair: SuspectPair) -> tuple[float, float]:
    """Return how much the blamed one stands out where the two differ, and how much the others contradict its label."""
    return _stands_out(pair), -evidence.sign[pair.blamed] * evidence.opinion[pair.blamed]


def _compared(evidence: Evidence, blamed: int, other: int) -> SuspectPair:
    """Return two rows as a pair, the other one as it is or mirrored: as it looks more like the blamed one."""
    # By rounding, the distances of a row to a mirrored one and back are not the same.
    place = min(blamed, other), max(blamed, other)
    plain, mirrored = (distances[place] for distances in evidence.distances)
    turn = slice(None, None, -1 if mirrored < plain else 1)
    one, two = evidence.pixels[[blamed, other]].astype(np.int16)
    return SuspectPair(blamed, other, evidence.pixels[blamed], one - two[:, turn])


def _stands_out(pair: SuspectPair) -> float:
    """Return by how many grey levels the changed pixels of a crop, or all if none are, differ from their surroundings.

    The crop is that of the blamed one.
    """
    crop = pair.crop.astype(np.int16)
    differences = np.abs(crop - median_filter(crop, AROUND))
    return float(differences[pair.changed].mean() if pair.is_visible else differences.mean())
