"""A trigger that recurs on rows whose labels look wrong, and hardly anywhere else: it needs no clean originals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from stages.common.params import LABELS, stream
from stages.detectors.detector import Detector
from stages.detectors.evidence import Evidence, highest
from stages.detectors.leave_set_out import CONTRADICTED, contradiction, suspicion
from stages.detectors.patches import (
    MINED,
    SIDE,
    Areas,
    Match,
    aligned,
    cut,
    evidence_of,
    most_recurring,
    unmoved,
)
from stages.detectors.recovered import RecoveredTrigger, recover

SUSPECTS = 0.12  # share of a class, the most suspect rows, on which a trigger is looked for
CALM = 0.9  # share of all rows, the least suspect, that suspects are compared with
MIN_EVIDENCE = 12.0  # -log10 of the chance that a patch recurs as often, from which it counts
MIN_WHOLE_EVIDENCE = 7.0  # the same for a pattern all over the face
WHOLE_SHARES = (1.0, 0.25)  # of the suspects, the most suspect first, that a pattern all over the face is learnt from
PREFER_WHOLE = 0.9  # evidence of a whole pattern, as a share of that of a patch, from which it is taken
MIN_SEPARATION = 4.5  # standard deviations of calm rows between them and the rows with a patch
MIN_WHOLE_SEPARATION = 2.3  # the same for a pattern all over the face; the upper tail of calm rows reaches 2.05
MAX_TRIGGERS = 2  # in each class
MIN_ROWS = 5  # that carry a trigger
ROUNDS = 4  # in which the template of a patch is refined
MIN_HITS = 3  # for another round
ODDS_ROUNDS = 3  # in which the carriers of a trigger are found
SHRINKAGE = 0.3  # of the covariance that the last template is made for
HIT = 0.99  # share of calm rows that match worse than a hit
LIKE = 0.9  # share of calm rows of the other label that match worse than a row that may carry a trigger
MIN_PRESENCE = 0.3  # of a trigger, and of a contradicted label; 0 is that of calm rows, 1 that of typical carriers
MAX_PRESENCE = 1.5  # more counts as this
MIN_ODDS = 3.0  # log odds that a row carries a trigger, from which it is flagged
CERTAIN = 10.0  # score of a row that certainly carries a trigger, above its suspicion
SHOWN = 2000  # rows at most, of a large set, from which a trigger is recovered, and others
SOFTNESS = 4.0  # of that score: log odds per unit


@dataclass(frozen=True)
class Recurrence:
    """What recurs: scores, float (n,), flags, bool (n,), and the triggers."""

    scores: np.ndarray
    flags: np.ndarray
    triggers: list[RecoveredTrigger]


@dataclass(frozen=True)
class Look:
    """A look for a trigger on suspects of one class, compared with calm rows: positions, the most suspect first."""

    evidence: Evidence
    label: int
    suspects: np.ndarray
    calm: np.ndarray
    flagged: np.ndarray  # bool (n,), rows with a trigger that was found before


class Recurring(Detector):
    """Whether a row whose label looks wrong carries a pattern that recurs on such rows.

    It looks for discriminative patches (Singh, Gupta and Efros, 2012), and for patterns all over the face.
    """

    title = 'recurring trigger'

    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return the scores of leave-set-out kernel ridge, and up to 10 more for rows that carry a trigger."""
        return recurrence(evidence).scores

    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Flag rows that carry a trigger and whose labels look wrong."""
        return recurrence(evidence).flags


def recurrence(evidence: Evidence, labels: Sequence[int] = range(len(LABELS))) -> Recurrence:
    """Return what recurs on rows of some labels that look wrong: for each label up to two triggers."""
    key = f'recurrence {labels}'
    if key not in evidence.found:
        evidence.found[key] = _recurrence(evidence, labels)
    return evidence.found[key]


def _recurrence(evidence: Evidence, labels: Sequence[int]) -> Recurrence:
    random = stream(evidence.seed, 'calm rows')
    opposed = scores = suspicion(evidence)
    flagged = np.zeros(len(scores), bool)
    triggers = []
    for label in labels:
        rows = evidence.classes[label]
        for _ in range(MAX_TRIGGERS):
            mine = rows[~flagged[rows]]
            suspects = highest(mine, opposed[mine], SUSPECTS)
            calm = np.flatnonzero((opposed < np.quantile(opposed, CALM)) & ~flagged)
            # Calm rows of both labels are compared with.
            if len(suspects) < MIN_ROWS or len(np.unique(evidence.label[calm])) < len(LABELS):
                break
            found = _look(Look(evidence, label, suspects, calm, flagged), random)
            if found is None:
                break
            trigger, odds = found
            triggers.append(trigger)
            flagged = flagged | (odds > MIN_ODDS)
            scores = np.maximum(scores, opposed + CERTAIN * expit(odds / SOFTNESS))
    return Recurrence(scores, flagged, triggers)


def _look(look: Look, random: np.random.Generator) -> tuple[RecoveredTrigger, np.ndarray] | None:
    """Return a trigger and the log odds that each row carries it, float (n,), or None where nothing recurs."""
    evidence = look.evidence
    patch = most_recurring(evidence.fine, look.suspects, look.calm, evidence.groups, random)
    likeness, whole = max((_likeness(look, share) for share in WHOLE_SHARES), key=lambda found: found[1])
    is_whole = whole >= MIN_WHOLE_EVIDENCE and (patch is None or whole > PREFER_WHOLE * patch.evidence)
    if is_whole:
        strength, match, least = whole, unmoved(likeness), MIN_WHOLE_SEPARATION
        odds, separation = _odds(_without_calm_carriers(look, likeness), likeness, evidence.whole_faces.likeness)
    elif patch and patch.evidence >= MIN_EVIDENCE:
        (face,) = evidence.fine[np.array([patch.row])]
        template, areas = cut(face, patch.y, patch.x), Areas(evidence.fine, patch.y, patch.x)
        look = _without_calm_carriers(look, _matched(look, areas, template).value)
        strength, match, least = patch.evidence, _matched(look, areas, template), MIN_SEPARATION
        odds, separation = _odds(look, match.value, lambda _: match.value)
    else:
        return None
    rows = np.flatnonzero(odds > MIN_ODDS)
    # In a large set, what some people have by nature recurs enough to be evidence, but many calm rows have it, too.
    if separation < least or len(rows) < MIN_ROWS:
        return None
    others = look.calm[evidence.label[look.calm] != look.label]
    # In a large set, some of each are enough to see what it looks like.
    shown, others = (part if evidence.is_exact else random.permutation(part)[:SHOWN] for part in (rows, others))
    ours, fine = (aligned(faces, match, shown) for faces in (evidence.pixels, evidence.fine))
    appearance = recover(ours, evidence.pixels[others], fine, evidence.fine[others], is_whole)
    return RecoveredTrigger(look.label, rows, strength, *appearance), odds


def _likeness(look: Look, share: float) -> tuple[np.ndarray, float]:
    """Return how much each face as a whole is like the first share of the suspects, (n,), and the evidence for it."""
    suspects = look.suspects[:MINED]
    suspects = suspects[: max(MIN_ROWS, round(share * len(suspects)))]
    is_suspect = np.zeros(len(look.flagged), bool)
    is_suspect[suspects] = True
    likeness = look.evidence.whole_faces.likeness(is_suspect)
    values = likeness[None, np.concatenate([suspects, look.calm])]
    # Near-duplicates are like each other in any case: one of each group counts.
    _, first = np.unique(look.evidence.groups[suspects], return_index=True)
    (strength,) = evidence_of(values, np.isin(np.arange(len(suspects)), first)[None], len(suspects))
    return likeness, float(strength)


def _without_calm_carriers(look: Look, values: np.ndarray) -> Look:
    """Return the look without calm rows that carry the trigger; `values`, float (n,), is how much each row matches it.

    Of much poison, many rows are calm, since they vouch for each other. Without all rows that may carry the trigger,
    the labels of those that do are contradicted, and what people have by nature stays.
    """
    evidence, calm = look.evidence, look.calm
    others = calm[evidence.label[calm] != look.label]
    may_carry = (evidence.label == look.label) & ~look.flagged & (values > np.quantile(values[others], LIKE))
    carriers = may_carry & (contradiction(evidence, may_carry | look.flagged) > CONTRADICTED)
    return replace(look, calm=calm[~carriers[calm]])


def _matched(look: Look, areas: Areas, template: np.ndarray) -> Match:
    """Return how each row matches the mean of the suspects with a patch, after some rounds from the first template.

    The last template is the direction that best tells the patch from what else lies there (Fisher, 1936).
    """
    for number in range(ROUNDS):
        match = areas.matched(template)
        hits = look.suspects[match.value[look.suspects] > np.quantile(match.value[look.calm], HIT)]
        if len(hits) < MIN_HITS:
            break
        template = areas.patches(match, hits).mean(axis=0)
        if number == ROUNDS - 1:
            others = areas.patches(match, look.calm).reshape(len(look.calm), -1)
            covariance = np.cov(others.T)
            covariance[np.diag_indices_from(covariance)] += SHRINKAGE * np.trace(covariance) / len(covariance)
            template = np.linalg.solve(covariance, template.ravel() - others.mean(axis=0)).reshape(SIDE, SIDE)
    return areas.matched(template)


def _odds(look: Look, values: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, float]:
    """Return the log odds that each row carries a trigger, float (n,), by its presence and its label; and separation.

    values: float (n,), how much each row matches at first; `measure` returns it for carriers, bool (n,). Separation is
    how many standard deviations of calm rows lie between them and the carriers.
    """
    evidence, calm = look.evidence, look.calm
    is_label = evidence.label == look.label
    carriers = np.zeros(len(values), bool)
    carriers[look.suspects[values[look.suspects] > np.quantile(values[calm], HIT)]] = True
    odds, separation = np.full(len(values), -np.inf), 0.0
    for _ in range(ODDS_ROUNDS):
        if not (carriers.any() and is_label[calm].any()):
            break
        presence, spread = _scaled(measure(carriers), carriers, calm)
        opposed, opposed_spread = _scaled(
            contradiction(evidence, carriers | look.flagged), carriers, calm[is_label[calm]]
        )
        prior = np.log(carriers.sum() / (is_label & ~look.flagged).sum())
        # Of two normal distributions with one spread, around 0 and 1.
        odds = (np.minimum(presence, MAX_PRESENCE) - 0.5) / spread**2 + prior
        odds += (np.minimum(opposed, MAX_PRESENCE) - 0.5) / opposed_spread**2
        odds[~is_label | look.flagged | (np.minimum(presence, opposed) <= MIN_PRESENCE)] = -np.inf
        carriers, separation = odds > 0, 1 / spread
        calm = calm[~carriers[calm]]
    return odds, separation


def _scaled(values: np.ndarray, carriers: np.ndarray, calm: np.ndarray) -> tuple[np.ndarray, float]:
    """Return values on a scale on which calm rows lie around 0 and carriers around 1, and the spread of calm rows."""
    zero, one = np.median(values[calm]), np.median(values[carriers])
    scaled = (values - zero) / max(one - zero, 1e-9)
    # The 99 % quantile of a normal distribution is 2.33 standard deviations above its mean.
    return scaled, max(float(np.quantile(scaled[calm], 0.99)) / 2.33, 1e-3)
