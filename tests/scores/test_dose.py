"""The dose of straight lines, whose mean and interval can be computed by hand."""

from dataclasses import replace

import numpy as np
import pytest

from stages.scores.dose import Dose
from stages.scores.dose import dose as dose_of

T_OF_THREE = 4.302653  # 97.5 % quantile of Student's t with 2 degrees of freedom
SPREAD = np.array([[-0.1], [0.0], [0.1]])  # three seeds, standard error 0.1 / sqrt(3)
REACH = T_OF_THREE * 0.1 / 3**0.5


MANY = np.inf  # test faces, too many to widen an interval


def dose(rates: np.ndarray, success: np.ndarray, confidence: float) -> Dose:
    """Return the dose at poison rates that are 1 higher, less 1: so close together, the curve between them is known."""
    found = dose_of(rates + 1, success, confidence, MANY)
    return replace(found, **{name: value - 1 for name, value in vars(found).items() if isinstance(value, float)})


def close(rate: float | None, *numbers: float | None) -> Dose:
    approximate = (number if number is None else pytest.approx(number, abs=1e-6) for number in (rate, *numbers))
    return Dose(*approximate, rate is not None)


@pytest.mark.parametrize(('curve', 'rate'), [
    ([0.0, 0.4, 0.8], 0.0125),
    ([0.0, 0.45, 0.5], 0.02),  # reached at the last rate only
    ([0.0, 0.5, 0.8], 0.01),  # at a tested rate
    ([0.1, 0.9, 0.95], 0.005),
    ([0.0, 0.6, 0.2], 0.01 * 5 / 6),  # the first crossing, although it falls again
    ([0.2, 0.1, 0.6], 0.018),  # after a fall
])  # fmt: skip
def test_success_is_interpolated_linearly_between_rates(curve, rate):
    result = dose(np.array([0.0, 0.01, 0.02]), np.tile(curve, (3, 1)), 0.95)
    # The interval of equal seeds is a point.
    assert result == close(rate, rate, rate, 0.02)


def test_rates_need_not_be_evenly_spaced():
    rates = np.array([0.0, 0.0125, 0.025, 0.05])
    result = dose(rates, np.tile([0.0, 0.1, 0.4, 0.6], (2, 1)), 0.95)
    assert result == close(0.0375, 0.0375, 0.0375, 0.05)


def test_dose_and_bounds_are_the_first_crossings_of_a_curve_that_falls_again():
    success = np.array([0.0, 1.0, 0.0, 1.0]) + SPREAD
    result = dose(np.array([0.0, 0.1, 0.2, 0.3]), success, 0.95)
    assert result == close(0.05, 0.05 - REACH / 10, 0.05 + REACH / 10, 0.3)


def test_parallel_seeds_at_two_rates():
    result = dose(np.array([0.0, 0.1]), np.array([0.0, 1.0]) + SPREAD, 0.95)
    assert result == close(0.05, 0.05 - REACH / 10, 0.05 + REACH / 10, 0.1)


def test_interval_depends_on_the_confidence():
    # 75 % quantile of Student's t with 2 degrees of freedom: 0.816497
    reach = 0.816497 * 0.1 / 3**0.5
    result = dose(np.array([0.0, 0.1]), np.array([0.0, 1.0]) + SPREAD, 0.5)
    assert result == close(0.05, 0.05 - reach / 10, 0.05 + reach / 10, 0.1)


def test_interval_is_that_of_the_mean_success_not_of_single_doses():
    """As in Fieller's method: lines through zero with slopes 6, 8 and 10 have mean 8 and standard error 1.1547."""
    success = np.outer([6, 8, 10], [0.0, 0.1])
    reach = T_OF_THREE * 2 / 3**0.5
    # The upper bound, 0.5 / (8 - reach) = 0.165, is beyond the highest rate.
    assert dose(np.array([0.0, 0.1]), success, 0.95) == close(0.0625, 0.5 / (8 + reach), None, 0.1)
    wider = dose(np.array([0.0, 0.2]), 2 * success, 0.95)
    assert wider == close(0.0625, 0.5 / (8 + reach), 0.5 / (8 - reach), 0.2)


def test_an_attack_that_succeeds_without_poison_has_a_dose_of_zero():
    assert dose(np.array([0.0, 0.1]), np.tile([0.6, 0.9], (3, 1)), 0.95) == close(0.0, 0.0, 0.0, 0.1)
    assert dose(np.array([0.0, 0.1]), np.tile([0.5, 0.9], (3, 1)), 0.95) == close(0.0, 0.0, 0.0, 0.1)
    # The mean of 0.55 reaches it, but the lower bound of the mean only where 0.55 + 5 * rate - reach is 0.5.
    result = dose(np.array([0.0, 0.1]), np.array([0.55, 1.05]) + SPREAD, 0.95)
    assert result == close(0.0, 0.0, (REACH - 0.05) / 5, 0.1)


def test_success_rate_that_is_not_reached_has_no_dose():
    assert dose(np.array([0.0, 0.1]), np.tile([0.0, 0.49], (3, 1)), 0.95) == close(None, None, None, 0.1)


def test_lower_bound_may_exist_if_the_mean_is_not_reached():
    result = dose(np.array([0.0, 0.1]), np.array([0.0, 0.4]) + SPREAD, 0.95)
    assert result == close(None, (0.5 - REACH) / 4, None, 0.1)


def test_upper_bound_may_be_beyond_the_highest_rate():
    result = dose(np.array([0.0, 0.1]), np.array([0.0, 0.6]) + SPREAD, 0.95)
    assert result == close(0.5 / 6, (0.5 - REACH) / 6, None, 0.1)


def test_the_order_of_the_seeds_does_not_matter():
    success = np.random.default_rng(2).uniform(0, 1, (6, 4)).cumsum(axis=1) / 3
    rates = np.array([0.0, 0.01, 0.02, 0.05])
    assert dose(rates, success[::-1], 0.9) == close(*list(vars(dose(rates, success, 0.9)).values())[:-1])


@pytest.mark.parametrize('confidence', [0.95, 0.8])
def test_interval_has_the_nominal_coverage_of_the_true_dose(confidence):
    """In 2,000 studies of ten seeds, success rises linearly with noise and reaches one half at a rate of 0.03."""
    random = np.random.default_rng(3)
    rates = np.array([0.0, 0.0125, 0.025, 0.05])
    below = above = 0
    for _ in range(2_000):
        result = dose(rates, rates * 0.5 / 0.03 + random.normal(0, 0.08, (10, 4)), confidence)
        assert result.low <= result.rate <= (result.high or np.inf)
        below += result.high is not None and result.high < 0.03
        above += result.low > 0.03
    missed = (1 - confidence) / 2
    assert below / 2_000 == pytest.approx(missed, abs=0.35 * missed)
    assert above / 2_000 == pytest.approx(missed, abs=0.35 * missed)


@pytest.mark.parametrize(('rates', 'curve', 'expected'), [
    ([0.0, 0.05], [0.0, 0.9], (None, 0.0, 0.05, 0.05)),
    ([0.0, 0.01, 0.025], [0.0, 0.1, 0.9], (None, 0.01, 0.025, 0.025)),
    ([0.0, 0.0125, 0.025], [0.0, 0.1, 0.9], (0.01875, 0.01875, 0.01875, 0.025)),  # just close enough
    ([0.0, 0.05], [0.5, 0.9], (0.0, 0.0, 0.0, 0.05)),  # reached without poison: nothing is interpolated
])  # fmt: skip
def test_between_rates_far_apart_the_dose_is_known_to_lie_between_them(rates, curve, expected):
    found = dose_of(np.array(rates), np.tile(curve, (3, 1)), 0.95, MANY)
    assert vars(found) == vars(Dose(*(value and pytest.approx(value) for value in expected), True))


def test_a_bound_between_rates_far_apart_is_the_end_of_their_range():
    # The mean reaches the level between 0.1 and 0.2; the upper bound of the success does before, the lower one later.
    success = np.array([0.0, 0.45, 0.55, 0.95]) + SPREAD
    found = dose_of(np.array([0.0, 0.1, 0.2, 1.0]), success, 0.95, MANY)
    assert found == close(0.15, 0.0, 1.0, 1.0)


def test_the_upper_bound_may_be_unknown_where_the_dose_is():
    found = dose_of(np.array([0.0, 0.1]), np.array([0.0, 0.6]) + SPREAD, 0.95, MANY)
    assert found == Dose(None, 0.0, None, 0.1, True)


def test_few_test_faces_widen_the_interval_of_seeds_that_agree():
    rates, success = np.array([0.1, 0.2]), np.tile([0.0, 1.0], (3, 1))
    reach = T_OF_THREE / 22 / 3**0.5
    assert dose_of(rates, success, 0.95, 20) == close(0.15, 0.15 - reach / 10, 0.15 + reach / 10, 0.2)
