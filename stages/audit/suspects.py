"""Which faces are suspect, why, and in which order."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from stages.common.params import stream
from stages.dataset.found import FoundFaces

AGREEING = ('loss', 'neighbours', 'ridge')  # what must all flag a face whose label alone is suspect
MOST_NEIGHBOURS = 0.7  # share of its neighbours that must carry the other label: four of five
REASONS = ('contradictory', 'pair', 'label')
GROUPS = 3  # of random faces, whose labels are tested like those of the suspects


@dataclass(frozen=True)
class Suspects:
    """What is suspected of n faces.

    reason: int64 (n,), a position in REASONS, or -1. blamed: bool (n,), whether it is the suspect one of its pair, or
    suspect on its own. partner: int64 (n,), the other one of its pair, or -1. suspicion: float (n,), the mean rank by
    AGREEING, as a share of all. seen: bool (n,), whether it is blamed for what is on it, not for its label.
    """

    reason: np.ndarray
    blamed: np.ndarray
    partner: np.ndarray
    suspicion: np.ndarray
    seen: np.ndarray

    def group(self, reason: str) -> np.ndarray:
        """Return the positions of the faces with this reason, int64."""
        return np.flatnonzero(self.reason == REASONS.index(reason))


def suspects(found: FoundFaces, said: dict) -> Suspects:
    """Return what is suspected, by what detectors said, as `Audits` returns it."""
    count = len(found.label)
    reason, partner = np.full(count, -1), np.full(count, -1)
    suspicion = np.mean([rankdata(said['scores'][name]) for name in AGREEING], axis=0) / count
    agreed = set.intersection(*(set(said['flags'][name]) for name in AGREEING))
    agreed -= set(np.flatnonzero(np.array(said['scores']['neighbours']) < MOST_NEIGHBOURS).tolist())
    reason[sorted(agreed)] = REASONS.index('label')
    blamed = reason >= 0
    seen = np.zeros(count, bool)
    for one, other, is_seen in said['pairs']:
        reason[one], partner[one], blamed[one], seen[one] = REASONS.index('pair'), other, True, is_seen
    contradictory = found.pair != ''
    reason[contradictory], blamed[contradictory] = REASONS.index('contradictory'), True
    for one, other, is_seen in said['contradictory']:
        # Of a group, a face may be blamed in one pair and not in another.
        partner[one], partner[other], seen[one] = other, one, is_seen
    accused = {one for one, _, _ in said['contradictory']}
    blamed[[other for _, other, _ in said['contradictory'] if other not in accused]] = False
    return Suspects(reason, blamed, partner, suspicion, seen)


def random_group(suspected: Suspects, label: np.ndarray, reason: str, seed: int, index: int) -> np.ndarray:
    """Return the `index`th group of unsuspected faces, as many of each label as have the reason, or as there are."""
    wanted = np.bincount(label[suspected.group(reason)], minlength=2)
    drawn = []
    for number, count in enumerate(wanted):
        free = np.flatnonzero((suspected.reason < 0) & (label == number))
        drawn.append(stream(seed, f'random {number} for {reason}', index).permutation(free)[:count])
    return np.sort(np.concatenate(drawn))


def ranking(suspected: Suspects, rejected: np.ndarray) -> np.ndarray:
    """Return the positions of all faces, the most suspect first: by reason, blamed, rejected and suspicion.

    `rejected` is bool (n,): whether a network that was trained without the face, and its group, rejects its label.
    """
    reason = np.where(suspected.reason < 0, len(REASONS), suspected.reason)
    return np.lexsort((-suspected.suspicion, ~rejected, ~suspected.blamed, reason))
