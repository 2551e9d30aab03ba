"""Simulate how often the verdicts of a study are wrong, and what they detect: python -m benchmarks.statistics [STUDIES]

Each of STUDIES studies (default 2,000) has as many comparisons as the shipped one. Differences between arms are drawn
from every null hypothesis in tests/scores/nulls.py; one of them resamples the results of the shipped study.
"""

import sys

import numpy as np

from stages.report.page import markdown_table
from stages.scores.statistics import compare, mean_interval
from tests.scores.nulls import ALLOWED, ARMS, NULLS, RESIDUALS, TESTED, wrong_bounds

SEEDS = (8, 10, 20)
FALL = 0.03


def main() -> None:
    """Simulate, and print Markdown."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    random = np.random.default_rng(1)
    header = ['differences', 'allowed', *(f'{n} seeds: false alarm, at the margin called equivalent' for n in SEEDS)]
    rows = [[name, f'{ALLOWED[name]:.1%}', *(wrong(name, n, studies, random) for n in SEEDS)] for name in NULLS]
    print(f'Any of {2 * ARMS} verdicts wrong, {studies} studies each, with standard errors:\n')
    print(markdown_table(header, rows))
    seen = [f'{n} seeds: {power(n, studies // 4, random)}' for n in SEEDS]
    print(f'A fall of {100 * FALL:g} points at the spread of the shipped study is seen with {", ".join(seen)}.')
    covered = [f'{n} seeds: {coverage(n, random):.1%}' for n in (5, *SEEDS)]
    print(f'95% intervals of single means, normal data, hold the mean with {", ".join(covered)}.')


def wrong(name: str, n: int, studies: int, random: np.random.Generator) -> str:
    """Return how often any verdict of a study is a false alarm, and wrongly 'equivalent' on either side."""
    bounds = wrong_bounds(NULLS[name], n, studies, random)
    alarm, equivalent = bounds.any(axis=1).mean(), bounds.mean(axis=0).max()
    return f'{share(alarm, studies)}, {share(equivalent, studies)}'


def share(value: float, of: int) -> str:
    """Return a share with its standard error."""
    return f'{value:.1%} ± {np.sqrt(value * (1 - value) / of):.1%}'


def power(n: int, studies: int, random: np.random.Generator) -> str:
    """Return how often the fall of one arm's clean accuracy is seen."""
    seen = 0
    for _ in range(studies):
        accuracy, success = (random.choice(pool, (n, ARMS)) for pool in RESIDUALS)
        accuracy[:, 0] -= FALL
        seen += compare([accuracy, success], [0.01, 0.01], 0.95, TESTED)[0][0].verdict == 'falls'
    return share(seen / studies, studies)


def coverage(n: int, random: np.random.Generator) -> float:
    """Return how often the interval of a single mean holds the true mean."""
    low, high = mean_interval(random.standard_normal((n, 100_000)), 0.95)
    return float(((low < 0) & (high > 0)).mean())


if __name__ == '__main__':
    main()
