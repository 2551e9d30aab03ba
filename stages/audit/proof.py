"""The trainings of an audit, and what they prove: on all faces, without the suspects, and without random faces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stages.audit.reasons import REASONS, Suspects
from stages.common.params import LABELS, stream
from stages.dataset.faces import Faces
from stages.detectors.pair import SuspectPair, blamed, suspect_pairs
from stages.detectors.proof import movement
from stages.trainings.fit import Record, Task
from stages.trainings.judging import JudgedFits

RANDOM_GROUPS = 3  # of faces whose labels are tested like those of the suspects
MIN_REJECTED = 0.9  # share of a group's labels that the network without it must reject
MAX_RANDOM_REJECTED = 0.2  # the same for random groups
MIN_PHOTOS = 5  # of a group: a network may reject all labels of fewer by chance
MIN_MOVEMENT = 0.3  # of predictions on other faces, by the differences of pairs


@dataclass(frozen=True)
class AuditTask(Task):
    """A training on all faces.

    pair: int64 (n,), the position of a face that contradicts each, or -1. is_contradictory: bool (n,).
    """

    pair: np.ndarray
    is_contradictory: np.ndarray


def audit_task(faces: Faces, seed: int) -> AuditTask:
    """Return the training on all faces."""
    number = {origin: number for number, origin in enumerate(faces.origin.tolist())}
    pair = np.array([number.get(origin, -1) for origin in faces.pair.tolist()], np.int64)
    return AuditTask(np.arange(len(faces.label)), faces.label, seed, pair, faces.pair != '')


class AuditFits(JudgedFits):
    """Trains on the faces that were found, and judges them."""

    def __call__(self, task: Task) -> Record:
        """Return the record, with pairs and contradictory, int64 (k, 3), and movement, float (2, 2).

        A row of either has the blamed face of a pair, the other one, and whether they differ visibly: of all suspect
        pairs, and of faces that contradict each other. movement: by the differences of suspect pairs of faces that
        contradict each other, and of others, towards each label; NaN where there are none.
        """
        assert isinstance(task, AuditTask)
        training = self.fit(task)
        evidence, record = self.judge(training, task)
        pairs = suspect_pairs(evidence)
        known = sorted({(min(one, other), max(one, other)) for one, other in enumerate(task.pair) if other >= 0})
        in_pairs = [row for pair in pairs for row in (pair.blamed, pair.other)]
        others = np.setdiff1d(np.arange(len(task.label)), in_pairs)
        moved = [
            [
                movement(
                    training.network,
                    [
                        pair
                        for pair in pairs
                        if task.is_contradictory[pair.blamed] == is_contradictory and task.label[pair.blamed] == number
                    ],
                    number,
                    self.pool[others],
                    task.label[others],
                )
                for number in range(len(LABELS))
            ]
            for is_contradictory in (True, False)
        ]
        contradictory = [blamed(evidence, pair) for pair in known]
        return record | {'pairs': _rows(pairs), 'contradictory': _rows(contradictory), 'movement': np.array(moved)}


def _rows(pairs: Sequence[SuspectPair]) -> np.ndarray:
    return np.array([(pair.blamed, pair.other, pair.is_visible) for pair in pairs], np.int64).reshape(-1, 3)


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
class AuditSummary:
    """The audit in numbers: photos with a face, how many are flagged and proven, flagged ones by reason, proofs.

    made_from: the fingerprint of faces and params.
    """

    made_from: str
    photos: int
    flagged: int
    proven: int
    reasons: dict[str, int]
    proofs: list[Proof]


def prove(
    faces: Faces, suspected: Suspects, record: Record, seed: int, train: Callable[[list[Task]], list[Record]]
) -> tuple[list[Proof], np.ndarray]:
    """Return the proof for each reason that there is, and which suspects a network without them rejects, bool (n,).

    `record` is that of AuditFits on all faces; `train` returns the records of trainings on them.
    """
    numbers = [number for number in range(len(REASONS)) if len(suspected.group(number))]
    if not numbers:
        return [], np.zeros(len(faces.label), bool)
    randoms = [
        {number: random_group(suspected, faces.label, number, seed, index) for number in numbers}
        for index in range(RANDOM_GROUPS)
    ]
    left_out = [np.flatnonzero(suspected.reason >= 0)]
    left_out += [np.unique(np.concatenate(list(groups.values()))) for groups in randoms]
    of_suspects, *of_random = _rejections(faces.label, left_out, seed, train)
    moved = dict(zip(('contradictory', 'pair'), record['movement'], strict=True))
    proofs = []
    for number in numbers:
        group, name = suspected.group(number), REASONS[number].name
        accused = group[suspected.blamed[group]]
        chance = [
            rejections[groups[number]].mean()
            for rejections, groups in zip(of_random, randoms, strict=True)
            if rejections is not None and len(groups[number])
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
    return proofs, np.zeros(len(faces.label), bool) if of_suspects is None else of_suspects


def random_group(suspected: Suspects, label: np.ndarray, number: int, seed: int, index: int) -> np.ndarray:
    """Return the `index`th group of unsuspected faces, as many of each label as have a reason, or as there are."""
    counts = np.bincount(label[suspected.group(number)], minlength=len(LABELS))
    drawn = []
    for of_label, count in enumerate(counts):
        free = np.flatnonzero((suspected.reason < 0) & (label == of_label))
        purpose = f'random {of_label} for {REASONS[number].name}'
        drawn.append(stream(seed, purpose, index).permutation(free)[:count])
    return np.sort(np.concatenate(drawn))


def _rejections(
    label: np.ndarray, left_out: Sequence[np.ndarray], seed: int, train: Callable[[list[Task]], list[Record]]
) -> list[np.ndarray | None]:
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
