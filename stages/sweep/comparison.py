"""Two finished sweeps compared: how much each score differs, for every arm at every poison rate that both have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from stages.common.errors import FactError
from stages.dataset.poison import Arm
from stages.scores.scores import PRIMARY
from stages.scores.statistics import least_deviation, simultaneous_intervals
from stages.sweep.summary import Point
from stages.trainings.plan import UNPOISONED

MIN_COMMON = 3  # seeds, for an interval
ORDER = (UNPOISONED, *Arm)


class TooFewSeedsError(FactError):
    """The two sweeps have too few seeds to compare."""


@dataclass(frozen=True)
class FinishedSweep:
    """The trainings of a sweep, rows of metrics/sweep.csv.

    name: the revision that it is from. trigger: its kind. tested_on: equal for sweeps whose test faces are the same for
    the same seed. tested: of how many test faces each score is a share, by name, if that is known. learnt: whether the
    networks without poison did.
    """

    name: str
    trigger: str
    tested_on: object
    tested: Mapping[str, int]
    learnt: bool
    rows: Sequence[Mapping[str, str]]

    def scores(self, point: Point) -> dict[int, list[float]]:
        """Return the PRIMARY scores of an arm at a poison rate, by seed."""
        return {
            int(row['seed']): [float(row[name]) for name in PRIMARY]
            for row in self.rows
            if (row['arm'], float(row['poison_rate'])) == point
        }

    def points(self) -> set[Point]:
        """Return its arms at their poison rates."""
        return {(row['arm'], float(row['poison_rate'])) for row in self.rows}


@dataclass(frozen=True)
class Difference:
    """The means of a score in both sweeps, and the second less the first with its simultaneous interval."""

    first: float
    second: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class ComparedSweeps:
    """What two sweeps differ in.

    seeds: how many of each; pairs of them if `paired`. differences: of the PRIMARY scores by name, for every point that
    both sweeps have. only: the poison rates that but one of them has.
    """

    first: FinishedSweep
    second: FinishedSweep
    paired: bool
    seeds: tuple[int, int]
    confidence: float
    differences: dict[Point, dict[str, Difference]]
    only: list[float]


def compare_sweeps(first: FinishedSweep, second: FinishedSweep, confidence: float) -> ComparedSweeps:
    """Compare two sweeps: in pairs of the same seed where the test faces are the same, otherwise without pairs.

    With a probability of about `confidence` all intervals hold together. A TooFewSeedsError says that there are fewer
    than MIN_COMMON seeds.
    """
    paired = first.tested_on == second.tested_on
    points = sorted(first.points() & second.points(), key=lambda point: (point[1], ORDER.index(point[0])))
    by_seed = [{point: sweep.scores(point) for point in points} for sweep in (first, second)]
    seeds = [sorted(set.intersection(*(set(scores) for scores in of_sweep.values()))) for of_sweep in by_seed]
    if paired:
        seeds = [sorted(set(seeds[0]) & set(seeds[1]))] * 2
    if min(map(len, seeds)) < MIN_COMMON:
        raise TooFewSeedsError(f'{min(map(len, seeds))} seeds to compare, but at least {MIN_COMMON} are needed')
    # (seeds, points) for each sweep and score.
    scores = [
        np.array([[of_sweep[point][seed] for point in points] for seed in own]).transpose(2, 0, 1)
        for of_sweep, own in zip(by_seed, seeds, strict=True)
    ]
    tested = [min(sweep.tested.get(name, np.inf) for sweep in (first, second)) for name in PRIMARY]
    if paired:
        intervals = simultaneous_intervals(list(scores[1] - scores[0]), confidence, tested)
    else:
        tail = (1 - confidence) / (2 * scores[0][:, 0].size)
        intervals = [
            _welch_intervals(before, after, tail, faces)
            for before, after, faces in zip(scores[0], scores[1], tested, strict=True)
        ]
    differences: dict[Point, dict[str, Difference]] = {point: {} for point in points}
    for name, before, after, (low, high) in zip(PRIMARY, *(s.mean(axis=1) for s in scores), intervals, strict=True):
        columns = (before, after, after - before, np.maximum(low, -1), np.minimum(high, 1))
        for point, *values in zip(points, *(column.tolist() for column in columns), strict=True):
            differences[point][name] = Difference(*values)
    only = sorted({rate for _, rate in first.points() ^ second.points()})
    return ComparedSweeps(first, second, paired, (len(seeds[0]), len(seeds[1])), confidence, differences, only)


def _welch_intervals(
    first: np.ndarray, second: np.ndarray, tail: float, tested: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of the difference of the means of columns (n, k) and (m, k), (k,) each (Welch, 1947).

    Each bound misses the difference with the probability `tail`.
    """
    least = least_deviation(tested) ** 2
    of_first, of_second = (np.maximum(values.var(axis=0, ddof=1), least) / len(values) for values in (first, second))
    variance = of_first + of_second
    parts = of_first**2 / (len(first) - 1) + of_second**2 / (len(second) - 1)
    fewest = np.full_like(variance, min(len(first), len(second)) - 1)
    freedom = np.divide(variance**2, parts, out=fewest, where=parts > 0)
    reach = t.isf(tail, freedom) * np.sqrt(variance)
    difference = second.mean(axis=0) - first.mean(axis=0)
    return difference - reach, difference + reach
