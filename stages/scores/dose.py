"""The dose: the poison rate at which an attack reaches a given success, one number to compare triggers by."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stages.scores.statistics import mean_interval

DOSE_LEVEL = 0.5  # the attack success rate that the dose brings
STEPS = 1_000  # between two poison rates, at which the bounds of the interval are looked for


@dataclass(frozen=True)
class Dose:
    """The poison rate at which the mean attack success rate reaches DOSE_LEVEL, with the bounds of its interval.

    Each is None where it lies beyond `max_rate`, the highest poison rate that was tried.
    """

    rate: float | None
    low: float | None
    high: float | None
    max_rate: float


def dose(rates: np.ndarray, success: np.ndarray, confidence: float) -> Dose:
    """Return the dose from attack success rates (n, k) of n paired seeds at k rising poison rates (k,), n at least 2.

    Between two poison rates every seed's success is interpolated. The interval holds the poison rates at which the
    mean's interval by Student's t holds DOSE_LEVEL, which is Fieller's way (1954) for a straight line.
    """
    grid = np.unique(np.concatenate([np.linspace(*pair, STEPS + 1) for pair in pairwise(rates)]))
    curves = np.column_stack([np.interp(grid, rates, of_seed) for of_seed in success]).T
    low_curve, high_curve = mean_interval(curves, confidence)
    rate, low, high = (_first_reaching(grid, curve) for curve in (curves.mean(axis=0), high_curve, low_curve))
    return Dose(rate, low, high, float(rates[-1]))


def _first_reaching(grid: np.ndarray, curve: np.ndarray) -> float | None:
    if curve.max() < DOSE_LEVEL:
        return None
    first = int(np.argmax(curve >= DOSE_LEVEL))
    around = slice(max(first - 1, 0), first + 1)
    return float(np.interp(DOSE_LEVEL, curve[around], grid[around]))
