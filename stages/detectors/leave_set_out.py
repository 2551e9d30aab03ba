"""Rows that the others contradict, and that only speak for each other: a backdoor whose clean originals are gone."""

import numpy as np

from stages.common.params import stream
from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence, highest

TRIMMED = 0.1  # share of each class, the most contradicted rows, that is left out together in each round
ROUNDS = 6
CONTRADICTED = 0.2  # rows whose label is contradicted by more are suspects; labels are -1 and 1
REFINEMENTS = 2  # no more: poisoned rows that come back would vouch for the others, and all of them would be lost
DIRECTIONS = 4  # principal directions of the fine structure of a class
EXTREMES = (0.12, 0.25)  # shares of a class, the rows furthest along a direction, that are left out together
MIN_SUPPORT = 0.4  # by which suspects must speak for a label before it counts: by chance, they do so for wrong labels
SUPPORT = 2.0  # weight of support above that
FLAGGED = 0.6


class LeaveSetOut(Detector):
    """How much the other rows contradict a label, plus how much suspects alone speak for it.

    If one row at a time is left out, others with the same trigger vouch for it; if all suspects are, none does.
    """

    title = 'leave-set-out kernel ridge'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return scores near -1 for rows whose label is predicted, near 1 for the others, and more with support."""
        return suspicion(evidence)

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows above a threshold."""
        return scores > FLAGGED


def suspicion(evidence: Evidence) -> np.ndarray:
    """Return how suspicious each label is, float (n,): the scores of LeaveSetOut."""
    if 'suspicion' not in evidence.found:
        alone, suspects = contradiction(evidence), _suspects(evidence)
        opposed = contradiction(evidence, suspects)
        support = opposed - alone
        for sign in (-1, 1):
            # Suspects of this class are back; those of the other stay out.
            returned = contradiction(evidence, suspects & (evidence.sign != sign))
            support[evidence.sign == sign] += (opposed - returned)[evidence.sign == sign]
        evidence.found['suspicion'] = alone + SUPPORT * np.maximum(support - MIN_SUPPORT, 0)
    return evidence.found['suspicion']


def contradiction(evidence: Evidence, out: np.ndarray | None = None) -> np.ndarray:
    """Return how much a regression without the rows `out`, bool (n,), contradicts each label: near -1 or 1, (n,)."""
    return -evidence.sign * evidence.ridge.predictions(evidence.sign, out)


def _suspects(evidence: Evidence) -> np.ndarray:
    """Return rows that are contradicted without the most contradicted ones, or without rows with the same pattern."""
    opposed = contradiction(evidence)
    for _ in range(ROUNDS):
        trimmed = np.zeros(len(opposed), bool)
        for rows in evidence.classes:
            trimmed[highest(rows, opposed[rows], TRIMMED)] = True
        opposed = contradiction(evidence, trimmed)
    for _ in range(REFINEMENTS):
        opposed = contradiction(evidence, opposed > CONTRADICTED)
    return np.maximum(opposed, _contradicted_together(evidence)) > CONTRADICTED


def _contradicted_together(evidence: Evidence) -> np.ndarray:
    """Return how much each label is contradicted without the rows that have most of the same pattern: float (n,).

    A large trigger, such as glasses, is a principal direction of its class: if only some of the rows that carry it are
    left out, the others vouch for all. It is -infinity for rows in the middle of all directions.
    """
    most = np.full(len(evidence.sign), -np.inf)
    for rows in evidence.classes:
        directions = evidence.whole_faces.directions(rows, DIRECTIONS, stream(evidence.seed, 'first direction'))
        for direction in (*directions, *-directions):
            for share in EXTREMES:
                extreme = highest(rows, direction, share)
                predicted = evidence.ridge.predictions_of(extreme, evidence.sign)
                most[extreme] = np.maximum(most[extreme], -evidence.sign[extreme] * predicted)
    return most
