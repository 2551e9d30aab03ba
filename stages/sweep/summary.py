"""What the runs of the sweep say together: means, comparisons and doses of each arm at each poison rate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from stages.common.params import Section, Share, within
from stages.dataset.poison import Arm
from stages.dataset.split import TestShare
from stages.scores.dose import Dose, dose
from stages.scores.scores import PRIMARY, SCORES, has_learnt
from stages.scores.statistics import Comparison, compare, mean_interval
from stages.trainings.plan import CONTROL, UNPOISONED, Run, Sizes

Point = tuple[str, float]  # arm, poison rate
Scores = dict[str, np.ndarray]  # of the runs of a point by name, (n,) each, in the order of the seeds


def _check_rates(rates: list[float]) -> list[float]:
    if rates[:1] != [0] or sorted(set(rates)) != rates:
        raise PydanticCustomError('rising', 'must start with 0.0, the faces without poison, and rise')
    return rates


class SweepParams(Section):
    """The study: which arms are trained how often, and how they are compared."""

    fractions: Annotated[list[Share], Field(max_length=100), AfterValidator(_check_rates)] = Field(
        [0.0, 0.0125, 0.025, 0.05]
    )
    """poison rates; 0.0 comes first"""
    seeds: Annotated[int, within(3, 10_000)] = 20
    """trainings of every arm and poison rate, each with its own split, copies and initial weights; at least 3; verdicts
    need at least 8"""
    test: TestShare = 0.5
    """share of faces held out in each; more than split.test, since telling arms apart takes many test faces"""
    margin: Annotated[float, within(0.0001, 0.5)] = 0.01
    """a smaller change of an accuracy or of the attack success rate is called no effect"""


@dataclass(frozen=True)
class Mean:
    """The mean of a score over the seeds, and its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class ArmSummary:
    """An arm at a poison rate.

    means: of all SCORES. share_of_target: of the copies, in the target class. converged: how many trainings. reference:
    the arm that it is compared with, None for no poison. changes: the mean change of each score against it.
    comparisons: of the PRIMARY scores. unlearnt: this arm, its reference or no poison if that did not learn, or None.
    """

    arm: str
    poison_rate: float
    means: dict[str, Mean]
    copies: float
    share_of_target: float
    converged: int
    reference: str | None
    changes: dict[str, float]
    comparisons: dict[str, Comparison]
    unlearnt: str | None


@dataclass(frozen=True)
class Study:
    """The sweep in numbers: every arm at each poison rate, in the order of the runs, and the dose of each attack.

    A dose is None where networks of the arm, at any poison rate, did not learn.
    """

    made_from: str
    trigger: str
    sizes: Sizes
    seeds: int
    margin: float
    confidence: float
    arms: list[ArmSummary]
    doses: dict[str, Dose | None]

    def curve(self, arm: str) -> list[ArmSummary]:
        """Return the summaries of an arm from no poison upward."""
        return [summary for summary in self.arms if summary.arm in (UNPOISONED, arm)]


def reference(point: Point) -> Point | None:
    """Return the arm and poison rate that an arm at a poison rate is compared with."""
    arm, rate = point
    if arm == UNPOISONED:
        return None
    return (UNPOISONED, 0.0) if arm == CONTROL else (CONTROL, rate)


def summarise(
    runs: Sequence[Run],
    results: Sequence[dict],
    made_from: str,
    trigger: str,
    sizes: Sizes,
    *,
    margin: float,
    confidence: float,
) -> Study:
    """Return the study, from the scores and facts of each run by name."""
    grouped: dict[Point, list[dict]] = {}
    for run, result in zip(runs, results, strict=True):
        grouped.setdefault((run.name, run.poison_rate), []).append(result)
    scores = {
        point: {name: np.array([row[name] for row in rows]) for name in rows[0]} for point, rows in grouped.items()
    }
    means = {point: _means(named, confidence, sizes.tested) for point, named in scores.items()}
    differences = {
        point: {score.name: named[score.name] - scores[other][score.name] for score in SCORES}
        for point, named in scores.items()
        if (other := reference(point))
    }
    comparisons = _comparisons(differences, margin, confidence, sizes.tested)
    # Poison may leave networks no better than chance: they have learnt it if any converged.
    learnt = {
        point: has_learnt(named['clean_accuracy'], sizes.faces, confidence)
        or (point[0] != UNPOISONED and bool(named['converged'].any()))
        for point, named in scores.items()
    }
    arms = [
        ArmSummary(
            *point,
            means=means[point],
            copies=float(named['copies'].mean()),
            share_of_target=float(named['share_of_target'].mean()),
            converged=int(named['converged'].sum()),
            reference=other[0] if (other := reference(point)) else None,
            changes={name: float(values.mean()) for name, values in differences.get(point, {}).items()},
            comparisons=comparisons.get(point, {}),
            unlearnt=next((str(at[0]) for at in (point, other, (UNPOISONED, 0.0)) if at and not learnt[at]), None),
        )
        for point, named in scores.items()
    ]
    seeds = len({run.seed for run in runs})
    doses = _doses(scores, learnt, confidence, sizes.tested)
    return Study(made_from, trigger, sizes, seeds, margin, confidence, arms, doses)


def _means(scores: Scores, confidence: float, tested: dict[str, int]) -> dict[str, Mean]:
    columns = np.column_stack([scores[score.name] for score in SCORES])
    low, high = mean_interval(columns, confidence, np.array([tested[score.name] for score in SCORES]))
    return {
        score.name: Mean(float(scores[score.name].mean()), *np.clip(bounds, score.low, 1).tolist())
        for score, *bounds in zip(SCORES, low, high, strict=True)
    }


def _comparisons(
    differences: dict[Point, Scores], margin: float, confidence: float, tested: dict[str, int]
) -> dict[Point, dict[str, Comparison]]:
    """Return the comparisons of the PRIMARY scores, made together; being shares, none changes by more than 1."""
    if not differences:
        return {}
    matrices = [np.column_stack([named[name] for named in differences.values()]) for name in PRIMARY]
    compared = [
        [replace(change, low=max(change.low, -1.0), high=min(change.high, 1.0)) for change in changes]
        for changes in compare(matrices, [margin] * len(PRIMARY), confidence, [tested[name] for name in PRIMARY])
    ]
    return {
        point: dict(zip(PRIMARY, changes, strict=True)) for point, *changes in zip(differences, *compared, strict=True)
    }


def _doses(
    scores: dict[Point, Scores], learnt: dict[Point, bool], confidence: float, tested: dict[str, int]
) -> dict[str, Dose | None]:
    """Return the dose of each attack, by arm; none where nothing was poisoned."""
    doses: dict[str, Dose | None] = {}
    success = 'attack_success_rate'
    for arm in Arm:
        points = [point for point in scores if point[0] in (UNPOISONED, arm)]
        if arm.has_trigger and len(points) > 1:
            rates, columns = np.array([rate for _, rate in points]), [scores[point][success] for point in points]
            found = dose(rates, np.column_stack(columns), confidence, tested[success])
            doses[str(arm)] = found if all(learnt[point] for point in points) else None
    return doses


def metrics(study: Study) -> dict:
    """Return the few numbers that tell studies apart; ASRs are those at the highest poison rate.

    Those of single trainings have similar names in metrics/evaluate.json, so these are called `study`.
    """
    success = {
        arm: study.curve(arm)[-1].means['attack_success_rate'].mean for arm in (Arm.DIRTY_LABEL, Arm.CLEAN_LABEL)
    }
    content = {
        'accuracy': study.arms[0].means['clean_accuracy'].mean,
        'asr': success[Arm.DIRTY_LABEL],
        'asr_clean_label': success[Arm.CLEAN_LABEL],
    }
    known = study.doses.get(Arm.DIRTY_LABEL)
    return {'study': content | ({'dose': known.rate} if known and known.rate is not None else {})}


def arms_table(study: Study) -> tuple[list[str], list[list]]:
    """Return every mean and change of the study as header and rows, a row for each arm, poison rate and score.

    Each arm starts with the rows without poison, where its curve starts; verdicts are those of the primary scores.
    """
    header = ['arm', 'poison_rate', 'score', 'mean', 'low', 'high']
    header += ['reference', 'change', 'change_low', 'change_high', 'verdict']
    rows = []
    for arm in Arm:
        for summary in study.curve(arm):
            for score in SCORES:
                mean, known = summary.means[score.name], summary.comparisons.get(score.name)
                change = [known.low, known.high, known.verdict.value] if known else [None] * 3
                start = [str(arm), summary.poison_rate, score.title, mean.mean, mean.low, mean.high]
                rows.append([*start, summary.reference, summary.changes.get(score.name), *change])
    return header, rows
