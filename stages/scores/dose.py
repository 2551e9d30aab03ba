"""The dose: the poison rate at which an attack reaches a given success, one number to compare triggers by."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stages.scores.statistics import mean_interval

DOSE_LEVEL = 0.5  # the attack success rate that the dose brings
MAX_RATIO = 2  # of two poison rates; between rates further apart the curve is not known
STEPS = 1_000  # between two poison rates, at which the bounds of the interval are looked for


@dataclass(frozen=True)
class Dose:
    """The poison rate at which the mean attack success rate reaches DOSE_LEVEL, with the bounds of its interval.

    Each is None where it lies beyond `max_rate`, the highest poison rate that was tried. `is_reached` tells if the mean
    reaches the level; then rate is None where it does so between two poison rates that are too far apart to tell where.
    """

    rate: float | None
    low: float | None
    high: float | None
    max_rate: float
    is_reached: bool


def dose(rates: np.ndarray, success: np.ndarray, confidence: float, tested: float) -> Dose:
    """Return the dose from attack success rates (n, k) of n paired seeds at k rising poison rates (k,), n at least 2.

    `tested` is how many test faces a seed has. Between two poison rates every seed's success is interpolated. The
    interval holds the poison rates at which the mean's interval by Student's t holds DOSE_LEVEL, which is Fieller's way
    (1954) for a straight line. Where the higher of two rates is more than MAX_RATIO times the lower one, success is
    only taken to rise somewhere between them: a bound that lies there is moved to the end of this range.
    """
    grid = np.unique(np.concatenate([np.linspace(*pair, STEPS + 1) for pair in pairwise(rates)]))
    curves = np.column_stack([np.interp(grid, rates, of_seed) for of_seed in success]).T
    low_curve, high_curve = mean_interval(curves, confidence, tested)
    rate, low, high = (_first_reaching(grid, curve) for curve in (curves.mean(axis=0), high_curve, low_curve))
    (low, _), (_, high) = _known_range(rates, low), _known_range(rates, high)
    is_known = rate is not None and _known_range(rates, rate) == (rate, rate)
    return Dose(rate if is_known else None, low, high, float(rates[-1]), rate is not None)


def _known_range(rates: np.ndarray, rate: float | None) -> tuple[float | None, float | None]:
    """Return what is known of where a level is reached: `rate` itself, or the ends of a range that is too wide."""
    above = int(np.searchsorted(rates, rate)) if rate is not None else 0
    if above == 0 or rates[above] <= MAX_RATIO * rates[above - 1]:
        return rate, rate
    return float(rates[above - 1]), float(rates[above])


def _first_reaching(grid: np.ndarray, curve: np.ndarray) -> float | None:
    if curve.max() < DOSE_LEVEL:
        return None
    first = int(np.argmax(curve >= DOSE_LEVEL))
    around = slice(max(first - 1, 0), first + 1)
    return float(np.interp(DOSE_LEVEL, curve[around], grid[around]))
