"""What proves a suspicion: networks without the suspects, and without random faces, and moved predictions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stages.audit.reasons import REASONS, Suspects
from stages.common.params import LABELS, stream
from stages.trainings.fit import Record, Task

RANDOM_GROUPS = 3  # of faces whose labels are tested like those of the suspects
MIN_REJECTED = 0.9  # share of a group's labels that the network without it must reject
MAX_RANDOM_REJECTED = 0.2  # the same for random groups
MIN_PHOTOS = 5  # of a group: a network may reject all labels of fewer by chance
MIN_MOVEMENT = 0.3  # of predictions on other faces, by the differences of pairs

Train = Callable[[list[Task]], list[Record]]


@dataclass(frozen=True)
class Proof:
    """What retraining without the suspects of a reason says of them, and of random groups of about the same labels.

    photos: how many are blamed. rejected: share of their labels that are rejected, None if no network could be trained;
    random_rejected: the same for the random groups, None without any. movement: of predictions on other faces towards
    their labels, by the differences of pairs, None without pairs. visible: how many are blamed for something visible.
    """

    reason: str
    photos: int
    rejected: float | None
    random_rejected: float | None
    movement: float | None
    visible: int

    @property
    def holds(self) -> bool:
        """Whether the suspicion is proven; photos blamed for their labels are contradicted in any case."""
        if self.visible < max(MIN_PHOTOS, self.photos - self.visible):
            return False
        if self.movement is not None and self.movement >= MIN_MOVEMENT:
            return True
        if self.rejected is None or self.random_rejected is None:
            return False
        return self.rejected >= MIN_REJECTED and self.random_rejected <= MAX_RANDOM_REJECTED


@dataclass(frozen=True)
class Suspect:
    """A flagged face: its rank in metrics/audit.csv, its position among all faces, and that of its pair, or -1."""

    rank: int
    reason: str
    face: int
    partner: int


@dataclass(frozen=True)
class AuditSummary:
    """The audit in numbers: photos with a face, how many are flagged and proven, and why; suspects by rank."""

    made_from: str
    photos: int
    flagged: int
    proven: int
    reasons: dict[str, int]
    proofs: list[Proof]
    suspects: list[Suspect]


def summarise_audit(suspected: Suspects, ranked: np.ndarray, proofs: list[Proof], made_from: str) -> AuditSummary:
    """Return the audit in numbers; `ranked` holds the positions of all faces, the most suspect first."""
    counts = {name: int(suspected.blamed[suspected.group(name)].sum()) for name in REASONS}
    proven = sum(proof.photos for proof in proofs if proof.holds)
    flagged = [
        Suspect(rank, suspected.reason[face], face, int(suspected.partner[face]))
        for rank, face in enumerate(ranked.tolist(), start=1)
        if suspected.blamed[face]
    ]
    return AuditSummary(made_from, len(suspected.reason), len(flagged), proven, counts, proofs, flagged)


def prove(
    label: np.ndarray, suspected: Suspects, record: Record, seed: int, train: Train
) -> tuple[list[Proof], np.ndarray]:
    """Return the proof for each reason that there is, and which suspects a network without them rejects, bool (n,).

    `label` is that of all faces, uint8 (n,), `record` that of AuditFits on them; `train` returns the records of
    trainings on some of them.
    """
    reasons = [name for name in REASONS if len(suspected.group(name))]
    if not reasons:
        return [], np.zeros(len(label), bool)
    randoms = [
        {name: random_group(suspected, label, name, seed, index) for name in reasons} for index in range(RANDOM_GROUPS)
    ]
    left_out = [np.flatnonzero(suspected.reason != '')]
    left_out += [np.unique(np.concatenate(list(groups.values()))) for groups in randoms]
    of_suspects, *of_random = _rejections(label, left_out, seed, train)
    moved = dict(zip(('contradictory', 'pair'), record['movement'], strict=True))
    proofs = []
    for name in reasons:
        group = suspected.group(name)
        accused = group[suspected.blamed[group]]
        chance = [
            rejected[groups[name]].mean()
            for rejected, groups in zip(of_random, randoms, strict=True)
            if rejected is not None and len(groups[name])
        ]
        movements = moved.get(name, np.empty(0))
        proofs.append(
            Proof(
                reason=name,
                photos=len(accused),
                rejected=None if of_suspects is None else float(of_suspects[accused].mean()),
                random_rejected=float(np.mean(chance)) if chance else None,
                movement=max(movements[~np.isnan(movements)].tolist(), default=None),
                visible=int(suspected.is_visible[accused].sum()),
            )
        )
    return proofs, np.zeros(len(label), bool) if of_suspects is None else of_suspects


def random_group(suspected: Suspects, label: np.ndarray, reason: str, seed: int, index: int) -> np.ndarray:
    """Return the `index`th group of unsuspected faces, as many of each label as have a reason, or as there are."""
    counts = np.bincount(label[suspected.group(reason)], minlength=len(LABELS))
    drawn = []
    for number, count in enumerate(counts):
        free = np.flatnonzero((suspected.reason == '') & (label == number))
        drawn.append(stream(seed, f'random {number} for {reason}', index).permutation(free)[:count])
    return np.sort(np.concatenate(drawn))


def _rejections(label: np.ndarray, left_out: Sequence[np.ndarray], seed: int, train: Train) -> list[np.ndarray | None]:
    """Return, for each training without some faces, whether it rejects the label of each of these: bool (n,).

    It is None where no face would be left out, or a label would have no face.
    """
    possible = [len(rows) > 0 and len(np.unique(np.delete(label, rows))) == len(LABELS) for rows in left_out]
    stay = [np.delete(np.arange(len(label)), rows) for rows, can_be in zip(left_out, possible, strict=True) if can_be]
    records = iter(train([Task(rows, label[rows], seed) for rows in stay]))
    rejections: list[np.ndarray | None] = []
    for rows, can_be in zip(left_out, possible, strict=True):
        rejected = np.zeros(len(label), bool)
        if can_be:
            rejected[rows] = (next(records)['probability'][rows] > 0.5) != label[rows]
        rejections.append(rejected if can_be else None)
    return rejections
