"""What comes of one case: how well each detector finds the poison, and what the network is after each defence."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stages.common.params import LABELS, stream
from stages.dataset.faces import Faces
from stages.detect.judged import CaseTask
from stages.detect.plan import JUDGED, is_defended
from stages.scores.ranking import most_suspect, quality
from stages.scores.scores import outcome, scores_of
from stages.trainings.fit import Record
from stages.trainings.plan import Drawn, Run, Setting

SUSPECT_FACTOR = 1.5  # most suspect rows that are removed, as a multiple of the copies (Tran et al., 2018)


def case_task(faces: Faces, run: Run, drawn: Drawn, setting: Setting) -> CaseTask:
    """Return the training of a case."""
    task = drawn.task()
    target = LABELS.index(setting.target) if is_defended(run) else -1
    return CaseTask(task.positions, task.label, task.seed, target, drawn.test, faces.label[drawn.test])


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
    after, rejected = {}, {}
    for defence, gone in removed.items():
        probability = retrained[defence]['probability']
        scores = scores_of(outcome(probability, faces.label, drawn.test, setting.target))
        after[defence] = scores | {'removed': int(gone.sum()), 'copies_removed': int((gone & is_poisoned).sum())}
        if gone.any():
            predicted = probability[rows.positions[gone]] > 0.5
            rejected[defence] = float((predicted != rows.label[gone]).mean())
    moved = float(record.get('movement', np.nan))
    return CaseResult(
        rows.copies,
        {
            name: quality(record[f'scores_{name}'], record[f'flags_{name}'], is_poisoned, is_target)
            for name in detectors_of(record)
        },
        after,
        rejected.get(Defence(Removed.PERFECT)),
        rejected.get(Defence(Removed.RANDOM)),
        None if np.isnan(moved) else moved,
    )
