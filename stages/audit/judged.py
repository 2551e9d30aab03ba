"""The training on all faces, and what is judged of them: apart from what is computed of that, which decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.common.files import METRICS
from stages.common.params import LABELS, stream
from stages.dataset.faces import Faces
from stages.detectors.evidence import EXACT_ROWS, Evidence
from stages.detectors.pair import SuspectPair, blamed, suspect_pairs
from stages.detectors.proof import MAX_FACES, movement, placebo_transfer, transfer
from stages.detectors.recovered import RecoveredTrigger
from stages.detectors.recurring import recurrence
from stages.trainings.fit import Record, Task
from stages.trainings.judging import JudgedFits

TRIGGERS_FILE = METRICS / 'audit' / 'triggers.npz'  # what `triggers_of` reads of the record
TRIGGERS_VERSION = 1
NETWORK_FACES = EXACT_ROWS  # of more, networks are trained on as many at random, and detectors that need one left out


@dataclass(frozen=True)
class AuditTask(Task):
    """A training on all faces, or on some of many, after which all are judged.

    judged: their labels, uint8 (n,). pair: int64 (n,), the position of a face that contradicts each, or -1.
    is_contradictory: bool (n,).
    """

    judged: np.ndarray
    pair: np.ndarray
    is_contradictory: np.ndarray


def trained_faces(label: np.ndarray, seed: int) -> np.ndarray | None:
    """Return the positions of the faces that networks are trained on, int64 (k,): None for all, some at random.

    They have the same shares of both labels, `label`, uint8 (n,), but at least a tenth of the rarer one, if there are.
    """
    if len(label) <= NETWORK_FACES:
        return None
    wanted = np.bincount(label, minlength=len(LABELS)) * NETWORK_FACES / len(label)
    wanted = np.maximum(wanted.astype(int), NETWORK_FACES // 10)
    rows = [
        stream(seed, 'faces to train on', number).permutation(np.flatnonzero(label == number))[:count]
        for number, count in enumerate(wanted.tolist())
    ]
    return np.sort(np.concatenate(rows))


def audit_task(faces: Faces, trained: np.ndarray | None, seed: int) -> AuditTask:
    """Return the training on faces at some positions, or on all, after which all are judged."""
    number = {origin: number for number, origin in enumerate(faces.origin.tolist())}
    pair = np.array([number.get(origin, -1) for origin in faces.pair.tolist()], np.int64)
    positions = np.arange(len(faces.label)) if trained is None else trained
    return AuditTask(positions, faces.label[positions], seed, faces.label, pair, faces.pair != '')


class AuditFits(JudgedFits):
    """Trains on the faces that were found, and judges them."""

    def __call__(self, task: Task) -> Record:
        """Return the record, with pairs and contradictory, int64 (k, 3), and movement, float (2, 2).

        A row of either has the blamed face of a pair, the other one, and whether they differ visibly: of all suspect
        pairs, and of faces that contradict each other. movement: by the differences of suspect pairs of faces that
        contradict each other, and of others, towards each label; NaN where there are none. Triggers that recur are kept
        as `triggers_of` reads them, with their transfer and that of placebos.
        """
        assert isinstance(task, AuditTask)
        training = self.fit(task)
        is_whole = len(task.positions) == len(task.judged)
        evidence = self.evidence(training, task) if is_whole else Evidence(task.judged, self.pool, task.seed)
        record, network = self.record(training), training.network
        del training  # its first layer keeps the products of its faces
        record |= self.judged(evidence)
        pairs, label = suspect_pairs(evidence), task.judged
        others = np.setdiff1d(np.arange(len(label)), [row for pair in pairs for row in (pair.blamed, pair.other)])
        tried = np.concatenate([others[label[others] == number][:MAX_FACES] for number in range(len(LABELS))])
        grouped: dict[tuple[bool, int], list[SuspectPair]] = {
            (is_contradictory, number): [] for is_contradictory in (True, False) for number in range(len(LABELS))
        }
        for pair in pairs:
            grouped[bool(task.is_contradictory[pair.blamed]), int(label[pair.blamed])].append(pair)
        moved = [
            movement(network, alike, number, self.pool[tried], label[tried]) for (_, number), alike in grouped.items()
        ]
        known = sorted({(min(row, other), max(row, other)) for row, other in enumerate(task.pair) if other >= 0})
        return record | {
            'pairs': _rows(pairs),
            'contradictory': _rows([blamed(evidence, pair) for pair in known]),
            'movement': np.reshape(moved, (2, len(LABELS))),
            **_recovered(evidence),
        }


def _recovered(evidence: Evidence) -> Record:
    """Return the triggers that recur as arrays trigger_..., an entry each, with transfer and that of placebos."""
    triggers, count, side = recurrence(evidence).triggers, len(evidence.label), evidence.pixels.shape[1:]
    random = stream(evidence.seed, 'transfer')
    tried = [
        [trial(evidence.ridge, evidence.sign, trigger.rows, random) for trial in (transfer, placebo_transfer)]
        for trigger in triggers
    ]
    return {
        'trigger_label': np.array([trigger.label for trigger in triggers], np.int64),
        'trigger_evidence': np.array([trigger.evidence for trigger in triggers], np.float64),
        'trigger_is_whole': np.array([trigger.is_whole for trigger in triggers], bool),
        'trigger_rows': np.array([np.isin(np.arange(count), trigger.rows) for trigger in triggers]).reshape(-1, count),
        'trigger_opacity': np.array([trigger.opacity for trigger in triggers], np.float32).reshape(-1, *side),
        'trigger_pattern': np.array([trigger.pattern for trigger in triggers], np.float32).reshape(-1, *side),
        'trigger_mask': np.array([trigger.mask for trigger in triggers], bool).reshape(-1, *side),
        'transfer': np.array(tried, np.float64).reshape(-1, 2),
    }


def triggers_of(record: Record) -> list[RecoveredTrigger]:
    """Return the triggers that recur, from the record of AuditFits."""
    names = ('label', 'rows', 'evidence', 'is_whole', 'opacity', 'pattern', 'mask')
    return [
        RecoveredTrigger(int(label), np.flatnonzero(rows), float(evidence), bool(is_whole), *arrays)
        for label, rows, evidence, is_whole, *arrays in zip(*(record[f'trigger_{name}'] for name in names), strict=True)
    ]


def _rows(pairs: Sequence[SuspectPair]) -> np.ndarray:
    return np.array([(pair.blamed, pair.other, pair.is_visible) for pair in pairs], np.int64).reshape(-1, 3)
