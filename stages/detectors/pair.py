"""Near-duplicates that differ in one place or in their labels: a face and its poisoned copy."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence

MAX_NOISE = 12  # grey levels; a pixel that differs by more has changed visibly
MAX_CHANGED = 0.05  # share of changed pixels in a crop
MAX_BOX = 0.1  # share of the crop in the box around most changed pixels: in a recompressed picture they are everywhere
SURROUNDINGS = 9  # pixels per side of the neighbourhood that a pixel is compared with


@dataclass(frozen=True)
class SuspectPair:
    """Two rows with the same face, of which the `blamed` one is more suspicious."""

    blamed: int
    other: int
    crop: np.ndarray  # uint8 (size, size), of the blamed one
    difference: np.ndarray  # int16 (size, size), this crop minus the other, which may have been mirrored first

    @property
    def changed(self) -> np.ndarray:
        """Return which pixels differ visibly, bool (size, size)."""
        return np.abs(self.difference) > MAX_NOISE

    @property
    def is_visible(self) -> bool:
        """Return whether any pixel differs visibly."""
        return bool(self.changed.any())


class Pair(Detector):
    """Whether a row is the blamed one of a pair of near-duplicates."""

    title = 'near-duplicate pair'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return how close the nearest other row is, between 0 and 1, plus 1 for blamed rows."""
        nearest = evidence.nearest.distance[:, 0]
        scores = 1 / (1 + nearest / max(np.median(nearest), 1.0))
        scores[[pair.blamed for pair in suspect_pairs(evidence)]] += 1
        return scores

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag blamed rows."""
        return scores > 1


def suspect_pairs(evidence: Evidence) -> list[SuspectPair]:
    """Return rows and their nearest rows, if they are the same face but differ in their labels or in one place."""
    if 'pairs' not in evidence.found:
        nearest = evidence.nearest.position[:, 0].tolist()
        pairs = sorted({(min(pair), max(pair)) for pair in enumerate(nearest)})
        evidence.found['pairs'] = [blamed(evidence, pair) for pair in pairs if _is_suspect(evidence, pair)]
    return evidence.found['pairs']


def _is_suspect(evidence: Evidence, pair: tuple[int, int]) -> bool:
    """Return whether two rows are similar enough to be the same face, and differ in their labels or in one place."""
    changed = _compared(evidence, *pair).changed
    labels_differ = evidence.label[pair[0]] != evidence.label[pair[1]]
    return changed.mean() <= MAX_CHANGED and (labels_differ or _in_one_place(changed))


def _in_one_place(changed: np.ndarray) -> bool:
    """Return whether any pixels changed, and the middle 90 % of them along each axis are within a small box."""
    if not changed.any():
        return False
    sides = [np.ptp(np.quantile(positions, (0.05, 0.95))) + 1 for positions in np.nonzero(changed)]
    return bool(np.prod(sides) <= MAX_BOX * changed.size)


def blamed(evidence: Evidence, pair: tuple[int, int]) -> SuspectPair:
    """Return two rows with the same face as a pair.

    The blamed row is the one that contrasts more with its surroundings where the two differ; in a tie, the one whose
    label the leave-out prediction contradicts more; in another tie, the second.
    """
    contradiction = -evidence.sign * evidence.leave_out_prediction
    pairs = _compared(evidence, *pair[::-1]), _compared(evidence, *pair)
    return max(pairs, key=lambda found: (_contrast(found), contradiction[found.blamed]))


def _compared(evidence: Evidence, blamed: int, other: int) -> SuspectPair:
    """Return two rows as a pair, after mirroring the other one if that makes it more similar."""
    crop, other_crop = evidence.pixels[np.array([blamed, other])]
    differences = [crop.astype(np.int16) - view for view in (other_crop, other_crop[:, ::-1])]
    return SuspectPair(blamed, other, crop, min(differences, key=lambda difference: np.abs(difference).sum()))


def _contrast(pair: SuspectPair) -> float:
    """Return the mean contrast, in grey levels, of the blamed crop's changed pixels (all, if none) to surroundings."""
    crop = pair.crop.astype(np.int16)
    differences = np.abs(crop - median_filter(crop, SURROUNDINGS))
    return float(differences[pair.changed].mean() if pair.is_visible else differences.mean())
