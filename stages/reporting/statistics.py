"""What paired seeds can show: intervals, tests and verdicts.

Everything here takes a matrix (n, k): n seeds, each a row, and k quantities or comparisons, each a column. The tests
are sign-flip permutation tests, which are exact for any number of seeds if differences are independent and, without an
effect, as often above zero as below it. Seeds that split the same faces share them: what is found holds for other
splits and trainings on these faces, not for other people's. Bootstrap intervals of few seeds are somewhat too narrow:
verdicts do not rest on them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap, nct, permutation_test, sem, t

RESAMPLES = 9_999  # of bootstrap and permutations; up to 13 seeds have fewer sign flips, and all of them are taken
FLIPS, DRAWS = 16, 1024  # permutations and bootstrap samples at a time, which bounds the memory
POWER = 0.8  # with which the seeds that are still needed should bring a verdict
MOST_SEEDS = 1_000  # that are considered


@dataclass(frozen=True)
class Comparison:
    """What is known of one difference, as `compare` says it.

    difference: its mean; low, high: its bootstrap interval. p: of an effect in the harmful direction; p_equivalence: of
    no effect larger than the margin; both corrected for all comparisons that were made together. verdict: 'effect',
    'equivalent' or 'undecided', then with `more`, the seeds still needed: None if more than MOST_SEEDS.
    """

    difference: float
    low: float
    high: float
    p: float
    p_equivalence: float
    verdict: str
    more: int | None


def mean_interval(values: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of the mean of each column of values (n, k) by Student's t, (k,) each; n at least 2."""
    reach = t.ppf((1 + confidence) / 2, len(values) - 1) * sem(values, axis=0)
    return values.mean(axis=0) - reach, values.mean(axis=0) + reach


def bootstrap_interval(
    differences: np.ndarray, confidence: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the BCa bootstrap interval of the mean of each column of differences (n, k), (k,) each; n at least 3.

    Bias-corrected and accelerated (Efron, 1987). A column whose differences are all equal has no width.
    """
    low, high = differences.mean(axis=0), differences.mean(axis=0)
    varied = np.ptp(differences, axis=0) > 0
    if varied.any():
        bounds = bootstrap(
            (differences[:, varied],),
            np.mean,
            axis=0,
            confidence_level=confidence,
            n_resamples=RESAMPLES,
            batch=DRAWS,
            method='BCa',
            rng=random,
        ).confidence_interval
        low[varied], high[varied] = bounds
    return low, high


def sign_flip(differences: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return for each column of differences (n, k) the p that its mean is above 0, (k,).

    Without an effect each difference could as well have had the other sign (Fisher, 1935): p is the share of all signs
    that give a mean as large.
    """
    return permutation_test(
        (differences,),
        np.mean,
        permutation_type='samples',
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=FLIPS,
        alternative='greater',
        axis=0,
        rng=random,
    ).pvalue


def holm(p: np.ndarray) -> np.ndarray:
    """Return p (k,) corrected for k tests, which controls the family-wise error rate (Holm, 1979)."""
    order = np.argsort(p, kind='stable')
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def compare(
    differences: np.ndarray, harm: int, margin: float, confidence: float, random: np.random.Generator
) -> list[Comparison]:
    """Compare k arms with their controls by the differences (n, k) of n paired seeds, n at least 3.

    `harm` is -1 where a fall does harm, 1 where a rise does. The verdict is 'equivalent' if both one-sided
    tests put the difference within the margin (Schuirmann, 1987), however surely it is not zero; otherwise 'effect' if
    the test in the harmful direction finds one; otherwise 'undecided'. Each kind of verdict is wrong in any of the k
    comparisons with a probability of at most 1 - confidence.
    """
    level = 1 - confidence
    low, high = bootstrap_interval(differences, confidence, random)
    p = holm(sign_flip(harm * differences, random))
    within = [sign_flip(margin + sign * differences, random) for sign in (1, -1)]
    p_equivalence = holm(np.maximum(*within))
    comparisons = []
    for column, values in enumerate(differences.T):
        verdict = 'equivalent' if p_equivalence[column] <= level else 'effect' if p[column] <= level else 'undecided'
        more = seeds_needed(harm * values, margin, level / len(p)) if verdict == 'undecided' else 0
        numbers = (float(array[column]) for array in (differences.mean(axis=0), low, high, p, p_equivalence))
        comparisons.append(Comparison(*numbers, verdict, more))
    return comparisons


def power(effect: np.ndarray | float, deviation: float, seeds: np.ndarray | int, level: float) -> np.ndarray | float:
    """Return the probability that a one-sided t-test finds an effect, which a sign-flip test comes close to.

    `deviation` is that of a single seed's difference; noncentral t distribution (Cohen, 1988).
    """
    seeds = np.asarray(seeds)
    return nct.sf(t.ppf(1 - level, seeds - 1), seeds - 1, effect / deviation * np.sqrt(seeds))


def seeds_needed(harm: np.ndarray, margin: float, level: float) -> int | None:
    """Return how many more seeds should bring a verdict, if the mean and deviation of `harm` (n,) are what they seem.

    That is the fewest with which either test has the probability POWER at this level; None beyond MOST_SEEDS.
    """
    seeds = np.arange(len(harm) + 1, MOST_SEEDS + 1)
    mean = harm.mean()
    # Equal differences, as of few test faces, are not proof of no deviation at all.
    deviation = max(harm.std(ddof=1), margin / 100)
    effect = power(mean, deviation, seeds, level)
    equivalence = power(margin - mean, deviation, seeds, level) + power(margin + mean, deviation, seeds, level) - 1
    # Of n seeds, the smallest p of a sign-flip test is 2 to the -n, or that of the resamples.
    smallest = np.maximum(0.5**seeds, 1 / (RESAMPLES + 1))
    enough = (np.maximum(effect, equivalence) >= POWER) & (smallest <= level)
    return int(seeds[enough][0]) - len(harm) if enough.any() else None
