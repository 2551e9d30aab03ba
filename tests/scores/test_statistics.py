import numpy as np
import pytest
from scipy.stats import nct, pearson3, t

from stages.scores.statistics import (
    MIN_SEEDS,
    POWER,
    Verdict,
    _verdict,
    compare,
    critical_value,
    faces_needed,
    least_deviation,
    mean_interval,
    power,
    seeds_needed,
    shared_skewness,
    simultaneous_intervals,
)
from tests.scores.nulls import ALLOWED, NULLS, RESIDUALS, wrong_bounds

LEVEL = 0.05
MANY = 10**9  # test faces, too many to widen an interval


@pytest.fixture
def random():
    return np.random.default_rng(7)


def compared(scores, confidence, tested=MANY):
    return compare(scores, [0.01] * len(scores), confidence, [tested] * len(scores))


def test_mean_interval_is_students_t_interval():
    low, high = mean_interval(np.array([[1.0], [2.0], [3.0]]), 0.95)
    assert (low[0], high[0]) == pytest.approx((2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-3)


@pytest.mark.parametrize('n', [5, 8, 20])
def test_mean_interval_has_the_nominal_coverage(random, n):
    low, high = mean_interval(random.normal(3, 2, (n, 4_000)), 0.95)
    assert np.mean((low < 3) & (high > 3)) == pytest.approx(0.95, abs=0.012)


def test_interval_of_one_symmetric_comparison_is_students_t_interval():
    differences = np.array([[-0.02], [-0.01], [0.0], [0.01], [0.02]]) + 0.03
    ((low, high),) = simultaneous_intervals([differences], 0.9, [MANY])
    expected_low, expected_high = mean_interval(differences, 0.9)
    assert (low[0], high[0]) == pytest.approx((expected_low[0], expected_high[0]))


def test_all_comparisons_of_all_scores_share_the_level():
    differences = np.array([[-0.02], [-0.01], [0.0], [0.01], [0.02]])
    intervals = simultaneous_intervals([np.tile(differences, 3), np.tile(differences, 2)], 0.95, [MANY, MANY])
    assert [len(low) for low, _ in intervals] == [3, 2]
    reach = t.isf(0.05 / 10, 4) * np.sqrt(0.0005 / 2 / 5)
    for low, high in intervals:
        np.testing.assert_allclose(high, reach)
        np.testing.assert_allclose(low, -reach)


def test_skewness_widens_only_the_side_of_the_long_tail(random):
    differences = random.exponential(1, (10, 40))
    ((low, high),) = simultaneous_intervals([differences], 0.95, [MANY])
    mean, error = differences.mean(axis=0), differences.std(axis=0, ddof=1) / 10**0.5
    student = t.isf(0.05 / 80, 9)
    np.testing.assert_allclose((mean - low) / error, student)
    assert ((high - mean) / error > 1.5 * student).all()
    ((mirrored_low, mirrored_high),) = simultaneous_intervals([-differences], 0.95, [MANY])
    np.testing.assert_allclose((mirrored_low, mirrored_high), (-high, -low))


@pytest.mark.parametrize('true', [0.0, 0.7, -1.0, 2.0])
def test_shared_skewness_is_that_of_the_distribution_regardless_of_scales(random, true):
    differences = pearson3(true).rvs((8, 2_000), random_state=random) * np.linspace(0.1, 10, 2_000) + 3
    assert shared_skewness(differences) == pytest.approx(true, abs=0.15)


def test_equal_differences_count_as_symmetric(random):
    skewed = random.exponential(1, (8, 500))
    assert shared_skewness(np.full((8, 3), 0.25)) == 0
    half = np.column_stack([skewed, np.zeros((8, 500))])
    assert 0.2 < shared_skewness(half) / shared_skewness(skewed) < 0.6


def test_critical_value_is_exceeded_with_the_given_probability(random):
    tail = 0.01
    for skewness in (0.0, 0.75, 2.0):
        sample = pearson3(skewness).rvs((10, 100_000), random_state=random)
        statistic = -sample.mean(axis=0) / (sample.std(axis=0, ddof=1) / 10**0.5)
        beyond = np.mean(statistic > critical_value(10, tail, skewness))
        assert beyond == pytest.approx(tail, rel=0.3)


def test_critical_value_is_students_without_skewness_and_rises_with_skewness():
    assert critical_value(10, 0.01, 0) == critical_value(10, 0.01, -2) == pytest.approx(t.isf(0.01, 9))
    values = [critical_value(10, 0.01, skewness) for skewness in (0, 0.2, 0.5, 0.6, 1, 2, 4)]
    assert values == sorted(values)
    assert critical_value(10, 0.01, 4) == critical_value(10, 0.01, 50) < np.inf


@pytest.mark.parametrize('name', NULLS)
def test_wrong_verdicts_are_not_more_frequent_than_allowed(random, name):
    """In 500 studies of 8 seeds without an effect; benchmarks.statistics has 2,000 of each size."""
    wrong = wrong_bounds(NULLS[name], 8, 500, random)
    alarms = wrong.any(axis=1).mean()
    assert alarms <= ALLOWED[name] + 2 * np.sqrt(ALLOWED[name] / 500)
    # Far fewer would mean that the intervals are too wide.
    assert alarms >= (0.01 if name == 'normal' else 0.001)


def test_fall_of_three_points_is_detected(random):
    verdicts = []
    for _ in range(100):
        accuracy, success = (random.choice(pool, (10, 12)) for pool in RESIDUALS)
        accuracy[:, 4] -= 0.03
        low, high = (bound[4] for bound in simultaneous_intervals([accuracy, success], 0.95, [np.inf] * 2)[0])
        verdicts.append(_verdict(low, high, 0.01, 10))
    assert verdicts.count('falls') >= 95


def test_verdicts(random):
    noise = random.normal(0, 0.001, (10, 5))
    noise -= noise.mean(axis=0)
    differences = noise + np.array([0.0, -0.05, -0.003, -0.01, 0.03])
    (comparisons,) = compared([differences], 0.95)
    # The third certainly falls, but by less than the margin; the fourth by about the margin.
    assert [comparison.verdict for comparison in comparisons] == ['equivalent', 'falls', 'equivalent', 'falls', 'rises']
    for comparison, mean in zip(comparisons, differences.mean(axis=0), strict=True):
        assert comparison.difference == pytest.approx(mean)
        assert comparison.low < mean < comparison.high
        assert comparison.more == 0


def test_verdicts_follow_from_the_intervals(random):
    for _ in range(20):
        scores = [random.normal(random.normal(0, 0.01, 6), 0.01, (10, 6)) for _ in range(2)]
        for comparison in (item for items in compared(scores, 0.95) for item in items):
            within = comparison.low > -0.01 and comparison.high < 0.01
            assert (comparison.verdict == 'equivalent') == within
            assert (comparison.verdict == 'falls') == (comparison.high < 0 and not within)
            assert (comparison.verdict == 'rises') == (comparison.low > 0 and not within)
            assert (comparison.verdict == 'undecided') == (comparison.more != 0)


def test_every_score_has_its_own_margin(random):
    noise = random.normal(0, 0.001, (10, 1)) - 0.012
    ((first,), (second,)) = compare([noise, noise], [0.02, 0.01], 0.95, [MANY, MANY])
    assert (first.verdict, second.verdict) == ('equivalent', 'falls')


def test_a_verdict_on_one_score_is_corrected_for_the_comparisons_of_the_other(random):
    differences = random.normal(-0.01, 0.01, (10, 1))
    ((alone,),) = compared([differences], 0.95)
    ((corrected,), others) = compared([differences, random.normal(0, 0.01, (10, 11))], 0.95)
    assert len(others) == 11
    assert corrected.low < alone.low < alone.high < corrected.high


def test_undecided_comparison_has_the_number_of_seeds_needed(random):
    noise = random.normal(0, 0.02, (8, 2))
    noise -= noise.mean(axis=0)
    noise *= 0.02 / noise.std(axis=0, ddof=1)
    ((fall, no_effect),) = compared([noise - [0.008, 0.0]], 0.95)
    assert fall.verdict == no_effect.verdict == 'undecided'
    assert 5 < fall.more < 150
    assert 5 < no_effect.more < 150
    ((noisier, _),) = compared([noise * 2 - [0.008, 0.0]], 0.95)
    assert noisier.more > fall.more


def test_effect_that_no_number_of_seeds_would_settle_needs_none():
    on_the_margin = np.array([0.0, -0.02, 0.01, -0.03]) * 50
    assert seeds_needed(on_the_margin - on_the_margin.mean() - 0.01, 0.01, LEVEL, MANY) is None


def test_more_seeds_are_counted_at_the_level_of_all_comparisons_of_all_scores(random):
    scores = [random.normal(0.012, 0.01, (10, columns)) for columns in (4, 2)]
    items = [item for comparisons in compared(scores, 0.95) for item in comparisons]
    undecided = [(item, values) for item, values in zip(items, np.hstack(scores).T, strict=True) if item.more]
    assert len(undecided) >= 2
    for item, values in undecided:
        assert item.more == seeds_needed(values, 0.01, 0.05 / 12, MANY)


@pytest.mark.parametrize(('effect', 'seeds', 'level'), [(0.8, 12, 0.05), (1.5, 10, 0.05), (1.5, 14, 0.05 / 12)])
def test_power_matches_simulation(random, effect, seeds, level):
    sample = random.normal(effect, 1, (seeds, 4_000))
    is_detected = sample.mean(axis=0) / (sample.std(axis=0, ddof=1) / seeds**0.5) > t.isf(level, seeds - 1)
    assert is_detected.mean() == pytest.approx(power(effect, 1, seeds, level), abs=0.03)


def test_number_of_seeds_needed_gives_the_verdict(random):
    """A study of five seeds needs more; 1,000 studies of that many seeds then mostly detect the effect."""
    pilot = np.array([-0.008, 0.02, 0.016, 0.018, -0.004])
    needed = len(pilot) + seeds_needed(pilot, 0.001, LEVEL, MANY)
    sample = random.normal(pilot.mean(), pilot.std(ddof=1), (needed, 1_000))
    low, _ = mean_interval(sample, 1 - 2 * LEVEL)
    assert 0.75 < np.mean(low > 0) < 0.9


def test_few_seeds_are_never_enough_for_a_verdict():
    fewer = np.tile(np.linspace(-0.201, -0.199, MIN_SEEDS - 1)[:, None], 12)
    assert {(comparison.verdict, comparison.more) for comparison in compared([fewer], 0.95)[0]} == {('undecided', 1)}
    enough = np.tile(np.linspace(-0.201, -0.199, MIN_SEEDS)[:, None], 12)
    assert {(comparison.verdict, comparison.more) for comparison in compared([enough], 0.95)[0]} == {('falls', 0)}


@pytest.mark.filterwarnings('error')
def test_equal_differences_have_the_interval_of_what_the_test_faces_resolve():
    reach = t.isf(0.05 / 4, 9) / 302 / 10**0.5
    ((fall, no_effect),) = compared([np.tile([-0.25, 0.0], (10, 1))], 0.95, 300)
    assert (fall.low, fall.high) == pytest.approx((-0.25 - reach, -0.25 + reach))
    assert (no_effect.low, no_effect.high) == pytest.approx((-reach, reach))
    assert (fall.verdict, no_effect.verdict) == ('falls', 'equivalent')


def test_least_deviation_is_that_of_agresti_and_min_without_a_face_that_changes():
    n, b, c = 42, 0, 0
    assert least_deviation(n) == pytest.approx(np.sqrt(b + c + 1 - (b - c) ** 2 / (n + 2)) / (n + 2))
    # It widens no interval of differences that deviate more.
    values = np.array([[-0.1], [0.0], [0.1]])
    assert mean_interval(values, 0.95, 42) == mean_interval(values, 0.95)
    assert mean_interval(values, 0.95, 5)[0] < mean_interval(values, 0.95)[0]


@pytest.mark.parametrize('seeds', [3, 8, 20])
def test_too_few_test_faces_are_told_with_how_many_would_do(seeds):
    zeros = np.zeros((seeds, 12))
    (few,) = {comparison.tested for comparison in compared([zeros, zeros], 0.95, 21)[1]}
    assert few == faces_needed(seeds, 0.01, 0.05 / 48)
    verdicts = [{item.verdict for item in compared([np.zeros((max(seeds, 8), 12))] * 2, 0.95, faces)[0]}
                for faces in (few - 1, few)]  # fmt: skip
    assert verdicts == [{'undecided'}, {'equivalent'}]


def test_faces_are_too_few_only_where_no_other_verdict_can_be_had():
    noise = np.linspace(-0.02, 0.02, 8)[:, None]
    ((rise, open_rise, open_none),) = compared([np.hstack([noise + 0.1, noise + 0.015, noise])], 0.95, 42)
    assert (rise.verdict, rise.tested) == ('rises', None)
    assert (open_rise.verdict, open_rise.tested) == ('undecided', None)
    assert open_none.verdict == 'undecided'
    assert open_none.tested > 42
    # With enough of them, more seeds are what is missing.
    assert compared([noise], 0.95, 600)[0][0].tested is None


# Differences without spread, of one value, with ties everywhere; and equal up to rounding.
ODD = {
    'rounding': [0.6, 0.6, 0.6000000000000001],
    'rounding around 0': [0.0, 1e-17, 0.0],
    'rounding, negative': [-0.9 + 1e-16, -0.9, -0.9],
    'zeros': [0.0] * 20,
    'ones': [1.0] * 8,
    'one seed differs': [0.0] * 19 + [0.5],
    'two values': [0.0, 1.0] * 5,
    'least': [5e-324, 0.0, 0.0],
    'large': [1e6, 1e6, 1e6 + 1e-10],
}  # fmt: skip


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('odd', ODD.values(), ids=ODD)
@pytest.mark.parametrize('tested', [1, 20, 10**6])
def test_every_number_is_finite_whatever_the_differences(odd, tested):
    column = np.array(odd)[:, None]
    varied = np.random.default_rng(5).normal(0, 0.01, (len(odd), 3))
    for scores in ([column], [np.hstack([column, -column, varied]), varied]):
        for comparison in (item for items in compared(scores, 0.95, tested) for item in items):
            assert np.isfinite([comparison.difference, comparison.low, comparison.high]).all()
            assert comparison.low < comparison.difference < comparison.high
    assert np.isfinite(mean_interval(column, 0.95, tested)).all()
    assert np.isfinite(shared_skewness(column))


@pytest.mark.filterwarnings('error')
def test_differences_that_are_equal_up_to_rounding_leave_other_verdicts_alone(random):
    rounding = np.array([0.6, 0.6, 0.6000000000000001] * 3)[:, None]
    rise = random.normal(0.3, 0.01, (9, 1))
    ((_, with_rounding),) = compared([np.hstack([rounding, rise])], 0.95)
    ((_, with_equal),) = compared([np.hstack([np.full((9, 1), 0.6), rise])], 0.95)
    assert with_rounding == with_equal
    assert with_rounding.verdict == 'rises'


def test_a_high_confidence_can_decide(random):
    differences = random.normal(-0.2, 0.001, (10, 12))
    assert {comparison.verdict for comparison in compared([differences], 0.999)[0]} == {'falls'}


@pytest.mark.parametrize(('seeds', 'expected'), [(3, 0.3218), (10, 0.8975)])  # from 400,000 simulated tests
def test_power_is_that_of_the_noncentral_t_distribution(seeds, expected):
    assert power(1, 1, seeds, 0.05) == pytest.approx(expected, abs=1e-4)


@pytest.mark.filterwarnings('error')
def test_power_of_extreme_effects_is_1_or_0():
    np.testing.assert_allclose(power(np.array([1e3, -1e3, 1e9]), 1, 20, 1e-4), [1, 0, 1], atol=1e-12)


@pytest.mark.parametrize('values', [
    np.linspace(-0.004, 0.008, 8),
    np.linspace(-0.03, 0.03, 8),
    np.array([-0.009, 0.002] * 5),
    np.linspace(-0.02, 0.05, 8),
], ids=['small', 'none', 'below the margin', 'effect'])  # fmt: skip
def test_number_of_seeds_needed_is_the_smallest_that_gives_either_verdict(values):
    mean, deviation, level = values.mean(), values.std(ddof=1), 0.001

    def detection(effect: float, seeds: int) -> float:
        return nct.sf(t.isf(level, seeds - 1), seeds - 1, effect / deviation * seeds**0.5)

    def chance(seeds: int) -> float:
        equivalent = detection(0.01 - mean, seeds) + detection(0.01 + mean, seeds) - 1
        return max(detection(abs(mean), seeds), equivalent)

    needed = len(values) + seeds_needed(values, 0.01, level, MANY)
    assert chance(needed) >= POWER > chance(needed - 1)


def test_a_bound_at_zero_is_undecided():
    assert _verdict(0.0, 0.02, 0.01, 20) == _verdict(-0.02, 0.0, 0.01, 20) == 'undecided'
    assert (_verdict(1e-9, 0.02, 0.01, 20), _verdict(-0.02, -1e-9, 0.01, 20)) == ('rises', 'falls')


def test_small_negative_skewness_is_ignored():
    assert critical_value(10, 0.01, -0.4) == critical_value(10, 0.01, 0)


def test_samples_behind_intervals_are_fixed():
    # A change in their number, or in how they are drawn, changes every interval a little.
    assert critical_value(10, 0.01, 1.0) == pytest.approx(3.8595119384860315, rel=1e-9)
    assert critical_value(8, 0.05, 0.6) == pytest.approx(2.1997600645120583, rel=1e-9)
    assert shared_skewness(np.random.default_rng(1).exponential(1, (8, 5))) == pytest.approx(
        2.4777700314395537, rel=1e-9
    )


def test_a_verdict_is_one_of_four_words():
    assert [str(verdict) for verdict in Verdict] == ['falls', 'rises', 'equivalent', 'undecided']
    for bounds, verdict in [((-0.02, -0.001), Verdict.FALLS), ((0.001, 0.02), Verdict.RISES),
                            ((-0.009, 0.009), Verdict.EQUIVALENT), ((-0.02, 0.009), Verdict.UNDECIDED)]:  # fmt: skip
        assert _verdict(*bounds, 0.01, 20) is verdict
