"""What the runs of the study say together: means, comparisons and doses of each arm at each poison rate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stages.dataset.poison import Arm
from stages.scores.dose import Dose, dose
from stages.scores.statistics import Comparison, compare, mean_interval
from stages.trainings.plan import CONTROL, UNPOISONED, Run

SCORES = ('clean_accuracy', 'triggered_accuracy', 'attack_success_rate', 'attack_excess')
PRIMARY = ('clean_accuracy', 'attack_success_rate')  # the scores that verdicts are given on, and corrected for
LOWEST = {'attack_excess': -1}  # of what a score can be; of the others 0
CHANCE = 0.5  # the accuracy of guessing, since there are as many faces of both labels


@dataclass(frozen=True)
class Mean:
    """The mean of a score over the seeds, and its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Cell:
    """An arm at a poison rate.

    scores: of its runs by name, (n,) each, in the order of the seeds. means: of SCORES. reference: the (arm, fraction)
    that it is compared with: the control for an arm, no poison for the control, None for no poison. changes: the mean
    change of SCORES against it. comparisons: what is known of the change of PRIMARY. unlearnt: the arm that did not
    learn, so that there are no verdicts: this one, the reference or no poison; or None.
    """

    arm: str
    fraction: float
    scores: dict[str, np.ndarray]
    means: dict[str, Mean]
    reference: tuple[str, float] | None
    changes: dict[str, float]
    comparisons: dict[str, Comparison]
    unlearnt: str | None


def reference(arm: str, fraction: float) -> tuple[str, float] | None:
    """Return the arm and poison rate that an arm at a poison rate is compared with."""
    if arm == UNPOISONED:
        return None
    return (UNPOISONED, 0.0) if arm == CONTROL else (CONTROL, fraction)


def summarise(runs: Sequence[Run], results: Sequence[dict], margin: float, confidence: float) -> list[Cell]:
    """Return the cells of the study, in the order of the runs, from the scores of each run by name."""
    scores = {}
    for run, result in zip(runs, results, strict=True):
        for name, value in result.items():
            scores.setdefault((run.name, run.fraction), {}).setdefault(name, []).append(value)
    scores = {place: {name: np.array(values) for name, values in named.items()} for place, named in scores.items()}
    means = {place: _means(named, confidence) for place, named in scores.items()}
    differences = {
        place: {name: named[name] - scores[reference(*place)][name] for name in SCORES}
        for place, named in scores.items()
        if reference(*place)
    }
    comparisons = _comparisons(differences, margin, confidence)
    learnt = {place: _has_learnt(place[0], scores[place], means[place]) for place in scores}
    return [
        Cell(
            *place,
            scores[place],
            means[place],
            reference(*place),
            {name: float(values.mean()) for name, values in differences.get(place, {}).items()},
            comparisons.get(place, {}),
            _unlearnt(place, learnt),
        )
        for place in scores
    ]


def _means(scores: dict[str, np.ndarray], confidence: float) -> dict[str, Mean]:
    low, high = mean_interval(np.column_stack([scores[name] for name in SCORES]), confidence)
    return {
        name: Mean(float(scores[name].mean()), *np.clip(bounds, LOWEST.get(name, 0), 1).tolist())
        for name, *bounds in zip(SCORES, low, high, strict=True)
    }


def _comparisons(differences: dict[tuple, dict], margin: float, confidence: float) -> dict[tuple, dict]:
    """Return what is known of the changes of PRIMARY by place and name, all of them compared together."""
    if not differences:
        return {}
    matrices = [np.column_stack([named[name] for named in differences.values()]) for name in PRIMARY]
    compared = zip(*compare(matrices, [margin] * len(PRIMARY), confidence), strict=True)
    compared = ([_possible(comparison) for comparison in found] for found in compared)
    return {place: dict(zip(PRIMARY, found, strict=True)) for place, found in zip(differences, compared, strict=True)}


def _possible(comparison: Comparison) -> Comparison:
    """Return a comparison of shares, whose changes are between -1 and 1, and no bound beyond that."""
    low, high = np.clip([comparison.low, comparison.high], -1, 1).tolist()
    return replace(comparison, low=low, high=high)


def _has_learnt(arm: str, scores: dict[str, np.ndarray], means: dict[str, Mean]) -> bool:
    """Whether an arm's networks are better than chance; those of a poisoned arm have also learnt if any converged."""
    return means['clean_accuracy'].low > CHANCE or (arm != UNPOISONED and bool(scores['converged'].any()))


def _unlearnt(place: tuple[str, float], learnt: dict[tuple, bool]) -> str | None:
    """Return the first arm that did not learn of this one, its reference and no poison."""
    places = [place, reference(*place), (UNPOISONED, 0.0)]
    return next((str(other[0]) for other in places if other and not learnt[other]), None)


def curve(cells: Sequence[Cell], arm: str) -> list[Cell]:
    """Return the cells of an arm from no poison upward."""
    return [cell for cell in cells if cell.arm in (UNPOISONED, arm)]


def doses(cells: Sequence[Cell], confidence: float) -> dict[str, Dose]:
    """Return the dose of each attack, by arm; none where nothing was poisoned."""
    curves = {arm: curve(cells, arm) for arm in Arm if arm.has_trigger}
    return {
        arm: dose(
            np.array([cell.fraction for cell in points]),
            np.column_stack([cell.scores['attack_success_rate'] for cell in points]),
            confidence,
        )
        for arm, points in curves.items()
        if len(points) > 1
    }
