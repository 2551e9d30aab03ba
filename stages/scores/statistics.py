"""What paired seeds can show: simultaneous intervals of mean changes, and the verdicts that follow from them.

Everything here takes matrices (n, k): n seeds, each a row, and k comparisons, each a column. Seeds that split the same
faces share them: what is found holds for other splits and trainings on these faces, not for other people's.

An interval is mean +- c * standard error. Student's c holds for normal changes and is careful with heavy tails, but a
skewed distribution hides its rare large changes from a few seeds. So c is that of the t statistic of samples from a
Pearson type III distribution with the skewness that all comparisons of a score show together; with no skewness, that is
Student's t, and with a skewness of 2 it is that of samples from an exponential distribution. The standard error is
never less than what the test faces can resolve: see `least_deviation`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
from scipy.stats import nct, pearson3, sem, skew, t

from stages.common.params import stream

MIN_SEEDS = 8  # for a verdict; fewer could all agree by chance
ROUNDING = 1e-12  # shares, and differences of shares, that are closer than this are equal
SKEWNESSES = np.arange(0, 4.5, 0.5)  # for which c is simulated; between them it is interpolated, beyond it is the last
TAIL_SAMPLES = 100  # simulated samples beyond c
SKEWNESS_NUMBERS = 400_000  # drawn to see which skewness samples of a distribution show
BLOCK = 2**22  # numbers drawn at a time
POWER = 0.8  # with which the seeds that are still needed should bring a verdict
MAX_SEEDS = 1_000  # that are considered
MAX_NONCENTRALITY = 50  # of a t distribution


class Verdict(StrEnum):
    """What an interval of a change says: it lies on one side of 0, within the margin (whatever else), or neither."""

    FALLS = 'falls'
    RISES = 'rises'
    EQUIVALENT = 'equivalent'
    UNDECIDED = 'undecided'


@dataclass(frozen=True)
class Comparison:
    """What is known about one change.

    difference: its mean; low, high: its simultaneous interval. verdict: undecided with fewer than MIN_SEEDS. more: the
    seeds that an undecided one still needs, None if more than MAX_SEEDS. tested: how many test faces would do, where an
    undecided change within the margin has too few of them; else None.
    """

    difference: float
    low: float
    high: float
    verdict: Verdict
    more: int | None
    tested: int | None


def least_deviation(tested: np.ndarray | float) -> np.ndarray | float:
    """Return the least standard deviation that a seed's share of `tested` test faces, or a difference of two, can have.

    Seeds that agree on all faces show none, but other faces need not agree. Agresti and Min (2005, 'Wald+2') add half a
    face to each cell of the paired table: sqrt(b + c + 1 - (b - c)^2 / (n + 2)) / (n + 2) for b and c of n faces that
    are predicted correctly only before, or only after. This is its value without any such face. Every seed has its own
    half faces, since seeds test the same faces again.
    """
    return 1 / (np.asarray(tested) + 2)


def _standard_error(values: np.ndarray, tested: np.ndarray | float) -> np.ndarray:
    return np.maximum(values.std(axis=0, ddof=1), least_deviation(tested)) / np.sqrt(len(values))


def mean_interval(
    values: np.ndarray, confidence: float, tested: np.ndarray | float = np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of the mean of each column of values (n, k) by Student's t, (k,) each; n at least 2.

    Where the values are shares of test faces, `tested` is how many there are: one number, or one of each column.
    """
    reach = t.ppf((1 + confidence) / 2, len(values) - 1) * _standard_error(values, tested)
    return values.mean(axis=0) - reach, values.mean(axis=0) + reach


def simultaneous_intervals(
    scores: Sequence[np.ndarray], confidence: float, tested: Sequence[float]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the intervals of the mean of each column of each score (n, k), (k,) each; n at least 3.

    `tested` is how many test faces a seed has for each score. With a probability of about `confidence` all intervals of
    all scores hold together (Bonferroni's inequality).
    """
    tail = _tail(scores, confidence)
    intervals = []
    for differences, faces in zip(scores, tested, strict=True):
        skewness = shared_skewness(differences)
        mean, error = differences.mean(axis=0), _standard_error(differences, faces)
        # A bound fails when the rare changes beyond it are missing from the sample: skewness towards it widens it.
        below, above = (critical_value(len(differences), tail, sign * skewness) for sign in (-1, 1))
        intervals.append((mean - below * error, mean + above * error))
    return intervals


def _tail(scores: Sequence[np.ndarray], confidence: float) -> float:
    """Return the probability that one end of one interval may miss its mean, so that all hold with `confidence`."""
    return (1 - confidence) / (2 * sum(differences.shape[1] for differences in scores))


def shared_skewness(differences: np.ndarray) -> float:
    """Return the skewness of the distribution that the columns of differences (n, k) have in common; n at least 3.

    It is the one whose samples of n show on average the skewness that the columns show, which is less. Whatever their
    scales are, all columns count alike; one whose differences are equal up to rounding counts as symmetric.
    """
    largest = np.maximum(np.abs(differences).max(axis=0), 1)
    varied = differences[:, np.ptp(differences, axis=0) > ROUNDING * largest]
    shown = skew(varied, axis=0, bias=False).sum() / differences.shape[1] if varied.size else 0.0
    return float(np.copysign(np.interp(abs(shown), _shown_skewness(len(differences)), SKEWNESSES), shown))


@cache
def _shown_skewness(n: int) -> np.ndarray:
    """Return the mean skewness of samples of n from distributions with each of SKEWNESSES."""
    random = stream(n, 'shown skewness')
    samples = (pearson3(true).rvs((n, -(-SKEWNESS_NUMBERS // n)), random_state=random) for true in SKEWNESSES[1:])
    return np.array([0.0] + [skew(sample, axis=0, bias=False).mean() for sample in samples])


def critical_value(n: int, tail: float, skewness: float) -> float:
    """Return how many standard errors above the mean of n differences the true mean lies with probability `tail`.

    A negative skewness, which makes this rarer, is taken for none.
    """
    if skewness <= 0:
        return float(t.isf(tail, n - 1))
    above = int(np.clip(np.searchsorted(SKEWNESSES, skewness), 1, len(SKEWNESSES) - 1))
    values = [_critical_value(n, tail, index) for index in (above - 1, above)]
    return float(np.exp(np.interp(skewness, SKEWNESSES[above - 1 : above + 1], np.log(values))))


@cache
def _critical_value(n: int, tail: float, index: int) -> float:
    """Return the critical value for a skewness of SKEWNESSES[index], with TAIL_SAMPLES beyond it."""
    if index == 0:
        return float(t.isf(tail, n - 1))
    random = stream(n, 'critical value', index)
    left, largest = int(np.ceil(TAIL_SAMPLES / tail)), np.empty(0)
    while left > 0:
        sample = pearson3(SKEWNESSES[index]).rvs((n, min(left, max(1, BLOCK // n))), random_state=random)
        left -= sample.shape[1]
        largest = np.sort(np.concatenate([largest, -sample.mean(axis=0) / sem(sample, axis=0)]))[-TAIL_SAMPLES:]
    return float(largest[0])


def compare(
    scores: Sequence[np.ndarray], margins: Sequence[float], confidence: float, tested: Sequence[float]
) -> list[list[Comparison]]:
    """Compare arms with their controls by the differences (n, k) in each score, of n paired seeds, n at least 3.

    `tested` is how many test faces a seed has for each score. With a probability of about `confidence` or more, no
    verdict on any comparison of any score is wrong.
    """
    tail, intervals = _tail(scores, confidence), simultaneous_intervals(scores, confidence, tested)
    compared: list[list[Comparison]] = []
    for differences, margin, faces, bounds in zip(scores, margins, tested, intervals, strict=True):
        needed = faces_needed(len(differences), margin, tail)
        compared.append([])
        for values, mean, low, high in zip(differences.T, differences.mean(axis=0), *bounds, strict=True):
            verdict = _verdict(low, high, margin, len(values))
            is_open = verdict is Verdict.UNDECIDED
            more = seeds_needed(values, margin, tail, faces) if is_open else 0
            enough = needed if is_open and faces < needed and abs(mean) < margin else None
            compared[-1].append(Comparison(float(mean), float(low), float(high), verdict, more, enough))
    return compared


def _verdict(low: float, high: float, margin: float, n: int) -> Verdict:
    if n < MIN_SEEDS:
        return Verdict.UNDECIDED
    if -margin < low and high < margin:
        return Verdict.EQUIVALENT
    return Verdict.FALLS if high < 0 else Verdict.RISES if low > 0 else Verdict.UNDECIDED


def power(effect: np.ndarray | float, deviation: float, seeds: np.ndarray | int, level: float) -> np.ndarray | float:
    """Return the probability that a one-sided t-test at `level` finds an effect (Cohen, 1988)."""
    seeds = np.asarray(seeds)
    # SciPy's series does not converge far beyond, where the probability is 0 or 1.
    noncentrality = np.clip(effect / deviation * np.sqrt(seeds), -MAX_NONCENTRALITY, MAX_NONCENTRALITY)
    return nct.sf(t.isf(level, seeds - 1), seeds - 1, noncentrality)


def faces_needed(seeds: int, margin: float, level: float) -> int:
    """Return how many test faces an interval within the margin needs where no seed shows any difference.

    Each bound is tested at this level; with fewer than MIN_SEEDS, this is for as many as a verdict needs.
    """
    seeds = max(seeds, MIN_SEEDS)
    return int(np.ceil(critical_value(seeds, level, 0) / (margin * np.sqrt(seeds)) - 2))


def seeds_needed(differences: np.ndarray, margin: float, level: float, tested: float) -> int | None:
    """Return how many more seeds should bring a verdict, if the mean and deviation of the differences (n,) are true.

    That is the fewest with which one of the verdicts has the probability POWER, each bound being tested at this level,
    without regard to skewness; None beyond MAX_SEEDS.
    """
    seeds = np.arange(max(len(differences) + 1, MIN_SEEDS), MAX_SEEDS + 1)
    mean = differences.mean()
    deviation = max(differences.std(ddof=1), float(least_deviation(tested)))
    effect = power(abs(mean), deviation, seeds, level)
    equivalence = power(margin - mean, deviation, seeds, level) + power(margin + mean, deviation, seeds, level) - 1
    enough = np.maximum(effect, equivalence) >= POWER
    return int(seeds[enough][0]) - len(differences) if enough.any() else None
