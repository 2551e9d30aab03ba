"""Near-duplicates that differ in one place, or in their labels: a face beside its poisoned copy."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence

GREY_LEVELS = 12  # by which a pixel differs at least where something was put on a face
LOCAL = 0.05  # share of the pixels that differ so, at most
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
    nearest = evidence.nearest.argmin(axis=1)
    pairs = sorted({tuple(sorted((row, int(other)))) for row, other in enumerate(nearest)})
    return [found for pair in pairs if (found := _suspect(evidence, pair))]


def _suspect(evidence: Evidence, pair: tuple[int, int]) -> SuspectPair | None:
    """Return a pair of rows with the suspect one blamed, or None if there is nothing suspicious about them."""
    changed = np.abs(_difference(evidence, pair)) > GREY_LEVELS
    labels_differ = evidence.label[pair[0]] != evidence.label[pair[1]]
    is_suspect = changed.mean() <= LOCAL and (labels_differ or _in_one_place(changed))
    return blamed(evidence, pair) if is_suspect else None


def _in_one_place(changed: np.ndarray) -> bool:
    """Whether there are changed pixels, and nine tenths of them, along each axis, lie within a small box."""
    if not changed.any():
        return False
    sides = [np.ptp(np.quantile(places, (0.05, 0.95))) + 1 for places in np.nonzero(changed)]
    return bool(np.prod(sides) <= ONE_PLACE * changed.size)


def blamed(evidence: Evidence, pair: tuple[int, int]) -> SuspectPair:
    """Return two rows that are the same face, with the more suspect one blamed, as `suspect_pairs` does."""
    turn, difference = _turn(evidence, pair), _difference(evidence, pair)
    changed = np.abs(difference) > GREY_LEVELS
    blame = [
        (_stands_out(evidence.pixels[row].astype(np.int16), place), -evidence.sign[row] * evidence.opinion[row])
        for row, place in zip(pair, (changed, changed[:, turn]), strict=True)
    ]
    if blame[0] > blame[1]:
        return SuspectPair(*pair, evidence.pixels[pair[0]], difference)
    return SuspectPair(*pair[::-1], evidence.pixels[pair[1]], -difference[:, turn])


def _turn(evidence: Evidence, pair: tuple[int, int]) -> slice:
    """Return the order of columns in which the other one of a pair looks like the one: as it is, or mirrored."""
    plain, mirrored = (distances[pair] for distances in evidence.distances)
    return slice(None, None, -1 if mirrored < plain else 1)


def _difference(evidence: Evidence, pair: tuple[int, int]) -> np.ndarray:
    one, other = evidence.pixels[list(pair)].astype(np.int16)
    return one - other[:, _turn(evidence, pair)]


def _stands_out(crop: np.ndarray, place: np.ndarray) -> float:
    """Return by how many grey levels the pixels of a place, or all if there are none, differ from their surroundings.

    `crop` is int16 (size, size), `place` bool (size, size).
    """
    differences = np.abs(crop - median_filter(crop, AROUND))
    return float(differences[place].mean() if place.any() else differences.mean())
