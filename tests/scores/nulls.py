"""Null hypotheses for tests of the statistics: differences between paired seeds without any effect."""

from collections.abc import Callable

import numpy as np

from stages.common.files import read_csv
from stages.scores.scores import PRIMARY
from stages.scores.statistics import simultaneous_intervals
from stages.trainings.plan import CONTROL, UNPOISONED
from tests.clone import ROOT

ARMS = 12  # comparisons of each score, as in the shipped study
TESTED = [np.inf] * len(PRIMARY)  # test faces: the differences below are not shares of any number
Null = Callable[[np.random.Generator, int], list[np.ndarray]]


def of_each_score(draw: Callable) -> Null:
    """Return a null that draws the differences of every score by draw(random, (n, k))."""
    return lambda random, n: [draw(random, (n, ARMS)) for _ in PRIMARY]


def residuals() -> list[np.ndarray]:
    """Return the centred differences of the shipped study, pooled over all arms: one array per score."""
    rows = read_csv(ROOT / 'metrics' / 'sweep.csv')
    pools = []
    for name in PRIMARY:
        cells = {}
        for row in rows:
            cells.setdefault((row['arm'], row['poison_rate']), []).append(float(row[name]))
        cells = {cell: np.array(values) for cell, values in cells.items()}
        differences = [
            values - cells[(UNPOISONED, '0.0') if arm == CONTROL else (CONTROL, fraction)]
            for (arm, fraction), values in cells.items()
            if arm != UNPOISONED
        ]
        pools.append(np.concatenate([values - values.mean() for values in differences]))
    return pools


RESIDUALS = residuals()
NULLS: dict[str, Null] = {
    'normal': of_each_score(lambda random, shape: random.standard_normal(shape)),
    't3': of_each_score(lambda random, shape: random.standard_t(3, shape)),
    'tied binomial': of_each_score(
        lambda random, shape: (random.binomial(20, 0.5, shape) - random.binomial(20, 0.5, shape)) / 20
    ),
    'residuals': lambda random, n: [random.choice(pool, (n, ARMS)) for pool in RESIDUALS],
    'exponential': of_each_score(lambda random, shape: random.exponential(1, shape) - 1),
}
ALLOWED = dict.fromkeys(NULLS, 0.05) | {'exponential': 0.075}


def wrong_bounds(null: Null, n: int, studies: int, random: np.random.Generator) -> np.ndarray:
    """Return whether any lower and any upper bound of each study is on the wrong side of 0: bool (studies, 2).

    An upper bound below 0 is a false fall. If every true fall equals the margin, a lower bound above 0 is a fall that
    is wrongly called no larger than the margin.
    """
    wrong = np.empty((studies, 2), bool)
    for study in range(studies):
        intervals = simultaneous_intervals(null(random, n), 0.95, TESTED)
        wrong[study] = [any((low > 0).any() for low, _ in intervals), any((high < 0).any() for _, high in intervals)]
    return wrong
