"""What comes of one case: how well each detector finds the poison, and what the network is after each defence."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stages.common.params import LABELS, stream
from stages.dataset.faces import Faces
from stages.detect.plan import JUDGED, is_defended
from stages.detectors.pair import suspect_pairs
from stages.detectors.proof import movement
from stages.scores.ranking import most_suspect, quality
from stages.scores.scores import outcome, scores_of
from stages.trainings.fit import Record, Task
from stages.trainings.judging import JudgedFits
from stages.trainings.plan import Drawn, Run, Setting

SUSPECT_FACTOR = 1.5  # most suspect rows that are removed, as a multiple of the copies (Tran et al., 2018)


@dataclass(frozen=True)
class CaseTask(Task):
    """A training whose rows are judged.

    target: the label towards which the differences of pairs should move predictions, or -1 for a case that is not
    defended. others, others_label: the crops on which they are tried, (k,) each.
    """

    target: int
    others: np.ndarray
    others_label: np.ndarray


def case_task(faces: Faces, run: Run, drawn: Drawn, setting: Setting) -> CaseTask:
    """Return the training of a case."""
    task = drawn.task()
    target = LABELS.index(setting.target) if is_defended(run) else -1
    return CaseTask(task.positions, task.label, task.seed, target, drawn.test, faces.label[drawn.test])


class CaseFits(JudgedFits):
    """Trains cases, and judges their rows."""

    def __call__(self, task: Task) -> Record:
        """Return the record; in a defended case also pairs, int64 (k, 2), the blamed row first, and movement."""
        assert isinstance(task, CaseTask)
        training = self.fit(task)
        evidence, record = self.judge(training, task)
        if task.target < 0:
            return record
        pairs = suspect_pairs(evidence)
        towards = [pair for pair in pairs if task.label[pair.blamed] == task.target]
        moved = movement(training.network, towards, task.target, self.pool[task.others], task.others_label)
        rows = np.array([(pair.blamed, pair.other) for pair in pairs], np.int64).reshape(-1, 2)
        return record | {'pairs': rows, 'movement': np.array(moved)}


class Removed(StrEnum):
    """Which rows a defence removes: three yardsticks, and what a detector flags or ranks first."""

    NONE = 'none'
    RANDOM = 'random'
    PERFECT = 'perfect'
    FLAGGED = 'flagged'
    SUSPECT = 'suspect'


YARDSTICKS = (Removed.NONE, Removed.RANDOM, Removed.PERFECT)


@dataclass(frozen=True)
class Defence:
    """The removal of rows; `detector` is the name of the one that they are chosen by, or empty for a yardstick."""

    removed: Removed
    detector: str = ''


def defences(run: Run, drawn: Drawn, record: Record, setting: Setting) -> dict[Defence, np.ndarray]:
    """Return which rows each defence removes from a case, bool (n,); of a case that is not defended, none."""
    if not is_defended(run):
        return {}
    label, is_poisoned = drawn.rows.label, drawn.rows.is_poisoned
    removed = {Defence(Removed.NONE): np.zeros(len(label), bool)}
    for name in detectors_of(record):
        removed[Defence(Removed.FLAGGED, name)] = _with_both_labels_left(record[f'flags_{name}'], label)
        if run.arm is JUDGED:
            count = round(SUSPECT_FACTOR * drawn.rows.copies)
            suspect = most_suspect(record[f'scores_{name}'], count, run.seed)
            removed[Defence(Removed.SUSPECT, name)] = _with_both_labels_left(suspect, label)
    clean = np.flatnonzero((label == LABELS.index(setting.target)) & ~is_poisoned)
    random = stream(run.seed, 'random rows').permutation(clean)[: is_poisoned.sum()]
    removed[Defence(Removed.PERFECT)] = is_poisoned
    removed[Defence(Removed.RANDOM)] = np.isin(np.arange(len(label)), random)
    return removed


def detectors_of(record: Record) -> list[str]:
    """Return the names of the detectors that judged a training."""
    return [name.removeprefix('scores_') for name in record if name.startswith('scores_')]


def _with_both_labels_left(removed: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return what is removed, bool (n,): nothing where a class would be empty, since no network could be trained."""
    return removed if len(np.unique(label[~removed])) == len(LABELS) else np.zeros_like(removed)


@dataclass(frozen=True)
class CaseResult:
    """What comes of a case.

    detectors: the `quality` of each by name. defences: after each, the scores of the retrained network by name, and
    how many rows (removed) and copies (copies_removed) are gone. copies_rejected, random_rejected: the share of their
    labels that a network trained without them rejects. movement: of predictions, by the differences of pairs. Each of
    the three is None where it is not known.
    """

    copies: int
    detectors: dict[str, dict]
    defences: dict[Defence, dict[str, float]]
    copies_rejected: float | None
    random_rejected: float | None
    movement: float | None


def case_result(
    faces: Faces,
    drawn: Drawn,
    record: Record,
    removed: Mapping[Defence, np.ndarray],
    retrained: Mapping[Defence, Record],
    setting: Setting,
) -> CaseResult:
    """Return what comes of a case, from its record and, by defence, removed rows and the records of retraining.

    Where originals are kept, the network that judges the copies has learnt their originals; the one that judges random
    rows has learnt the poison.
    """
    rows, is_poisoned = drawn.rows, drawn.rows.is_poisoned
    is_target = rows.label == LABELS.index(setting.target)
    after = {}
    for defence, gone in removed.items():
        scores = scores_of(outcome(retrained[defence]['probability'], faces.label, drawn.test, setting.target))
        after[defence] = scores | {'removed': int(gone.sum()), 'copies_removed': int((gone & is_poisoned).sum())}

    def rejected(yardstick: Removed) -> float | None:
        gone = removed.get(Defence(yardstick), np.zeros(len(rows.label), bool))
        if not gone.any():
            return None
        predicted = retrained[Defence(yardstick)]['probability'][rows.positions[gone]] > 0.5
        return float((predicted != rows.label[gone]).mean())

    moved = float(record['movement']) if 'movement' in record else np.nan
    return CaseResult(
        rows.copies,
        {
            name: quality(record[f'scores_{name}'], record[f'flags_{name}'], is_poisoned, is_target)
            for name in detectors_of(record)
        },
        after,
        rejected(Removed.PERFECT),
        rejected(Removed.RANDOM),
        None if np.isnan(moved) else moved,
    )
