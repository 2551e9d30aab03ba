"""The cases that detectors are tried on, and what comes of each: how well poison is found, and what defences mend."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, get_args

import numpy as np
from pydantic import AfterValidator, Field, WrapValidator
from pydantic_core import PydanticCustomError

from stages.common.params import LABELS, Section, Share, stream, within
from stages.dataset.faces import Faces
from stages.dataset.poison import Arm, Originals
from stages.dataset.split import TestShare
from stages.detect.judged import CaseTask
from stages.scores.ranking import most_suspect, quality
from stages.scores.scores import outcome, scores_of
from stages.trainings.fit import Record
from stages.trainings.plan import Drawn, Run, Setting

JUDGED = Arm.DIRTY_LABEL  # the attack that defences are judged by: without them, it opens a backdoor
SUSPECT_FACTOR = 1.5  # most suspect rows that are removed, as a multiple of the copies (Tran et al., 2018)


def _check_rates(rates: list[float]) -> list[float]:
    if rates[0] <= 0 or sorted(set(rates)) != rates:
        raise PydanticCustomError('above_zero', 'must be above 0.0, and rise')
    return rates


def _check_names(given: object, check: Callable[[object], str | list[str]]) -> str | list[str]:
    # Pydantic would say of each alternative what is wrong.
    if given != 'all' and not (isinstance(given, list) and given and all(isinstance(name, str) for name in given)):
        raise PydanticCustomError('names', 'must be all, or a list of names such as [pair, loss]')
    return check(given)


class DetectParams(Section):
    """Which detectors are tried on which arms, and how often."""

    fractions: Annotated[list[Share], Field(min_length=1, max_length=100), AfterValidator(_check_rates)] = Field([0.05])
    """poison rates, above 0"""
    seeds: Annotated[int, within(3, 10_000)] = 10
    """trainings of every arm and poison rate; at least 3; verdicts need at least 8"""
    detectors: Annotated[Literal['all'] | list[str], WrapValidator(_check_names)] = 'all'
    """or a list, such as [pair, loss]; docs/detectors.md describes each one"""
    test: TestShare = 0.5
    """share of faces held out in each"""


def is_defended(run: Run) -> bool:
    """Return whether rows are removed and the network retrained: for an attack and, once, for one that fails."""
    return run.arm is JUDGED or (run.arm is Arm.CLEAN_LABEL and run.originals == 'kept')


def planned_cases(poison_rates: Sequence[float], seeds: Sequence[int]) -> list[Run]:
    """Return all cases, seed after seed: no poison, then each arm at each poison rate, originals kept and replaced.

    Duplicates that replace their originals are no poison, and left out.
    """
    poisoned: list[tuple[Arm, float, Originals]] = [
        (arm, poison_rate, originals)
        for poison_rate in poison_rates
        for arm in Arm
        for originals in get_args(Originals)
        if (arm, originals) != (Arm.DUPLICATES, 'replaced')
    ]
    return [Run(*case, seed) for seed in seeds for case in ((None, 0.0, 'kept'), *poisoned)]


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


def judged(record: Record, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores and flags of a detector, (n,) each."""
    return record[f'scores_{name}'], record[f'flags_{name}']


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

    Where a defence removes nothing, the network stays as it is. Where originals are kept, the network that judges the
    copies has learnt their originals; the one that judges random rows has learnt the poison.
    """
    rows, is_poisoned = drawn.rows, drawn.rows.is_poisoned
    is_target = rows.label == LABELS.index(setting.target)
    after, rejected = {}, {}
    for defence, gone in removed.items():
        probability = retrained.get(defence, record)['probability']
        scores = scores_of(outcome(probability, faces.label, drawn.test, setting.target))
        after[defence] = scores | {'removed': int(gone.sum()), 'copies_removed': int((gone & is_poisoned).sum())}
        if gone.any():
            predicted = probability[rows.positions[gone]] > 0.5
            rejected[defence] = float((predicted != rows.label[gone]).mean())
    moved = float(record.get('movement', np.nan))
    # Triggered faces with their true label are neither clean nor poisoned.
    counted = ~np.isin(np.arange(len(rows.label)), rows.cover)
    found = {
        name: quality(*(of_rows[counted] for of_rows in (*judged(record, name), is_poisoned, is_target)))
        for name in detectors_of(record)
    }
    return CaseResult(
        rows.copies,
        found,
        after,
        rejected.get(Defence(Removed.PERFECT)),
        rejected.get(Defence(Removed.RANDOM)),
        None if np.isnan(moved) else moved,
    )
