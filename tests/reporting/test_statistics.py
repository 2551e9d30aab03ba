import numpy as np
import pytest

from stages.reporting.statistics import (
    bootstrap_interval,
    compare,
    holm,
    mean_interval,
    power,
    seeds_needed,
    sign_flip,
)

SEEDS, COMPARISONS, STUDIES = 8, 12, 2_000
LEVEL = 0.05


@pytest.fixture
def random():
    return np.random.default_rng(7)


def accuracy_differences(random: np.random.Generator, seeds: int, columns: int) -> np.ndarray:
    """Differences as a study sees them when there is no effect: of two networks' accuracies on 240 test faces."""
    shared = random.normal(0, 0.01, (seeds, columns))
    arm, control = (random.binomial(240, np.clip(0.95 + shared, 0, 1)) / 240 for _ in range(2))
    return arm - control


def test_mean_interval_is_that_of_students_t():
    low, high = mean_interval(np.array([[1.0], [2.0], [3.0]]), 0.95)
    assert (low[0], high[0]) == pytest.approx((2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-3)


def test_mean_interval_covers_the_mean_as_often_as_it_says(random):
    low, high = mean_interval(random.normal(3, 2, (6, 4_000)), 0.9)
    assert np.mean((low < 3) & (high > 3)) == pytest.approx(0.9, abs=0.015)


def test_bootstrap_interval_covers_the_mean_of_many_seeds(random):
    # A skewed quantity, which is what bias correction and acceleration are for.
    low, high = bootstrap_interval(random.exponential(1, (40, 300)), 0.95, random)
    assert np.mean((low < 1) & (high > 1)) == pytest.approx(0.935, abs=0.035)


def test_equal_differences_have_an_interval_without_width_and_no_warning(random):
    differences = np.column_stack([np.full(5, 0.25), [0.1, 0.2, 0.3, 0.2, 0.1]])
    low, high = bootstrap_interval(differences, 0.95, random)
    assert (low[0], high[0]) == (0.25, 0.25)
    assert low[1] < 0.18 < high[1]


def test_sign_flip_counts_the_signs_that_give_as_much(random):
    # Of the 16 signs of these, only the given one reaches a mean of 1; 15 of 16 reach that of the mirrored column.
    differences = np.array([[1.0, -0.4], [1.0, -0.3], [1.0, -0.2], [1.0, -0.1]])
    np.testing.assert_allclose(sign_flip(differences, random), [1 / 16, 1.0])


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])


# Far fewer alarms than allowed would mean tests that see nothing; accuracies are often equal, which makes them careful.
@pytest.mark.parametrize(('draw', 'fewest'), [
    (lambda random, *shape: random.normal(0, 1, shape), 0.03), (accuracy_differences, 0.01),
])  # fmt: skip
def test_false_alarms_are_no_more_than_they_say(random, draw, fewest):
    """2,000 studies in which nothing has an effect: how many of them see a fall in any of their 12 comparisons?"""
    p = sign_flip(-draw(random, SEEDS, STUDIES * COMPARISONS), random).reshape(STUDIES, COMPARISONS)
    assert fewest < np.mean([(holm(row) <= LEVEL).any() for row in p]) <= LEVEL


def test_an_effect_as_large_as_the_margin_is_seldom_called_equivalent(random):
    """2,000 studies in which every accuracy falls by the very margin."""
    margin = 0.01
    differences = random.normal(-margin, 0.003, (SEEDS, STUDIES * COMPARISONS))
    within = np.maximum(*(sign_flip(margin + sign * differences, random) for sign in (1, -1)))
    wrong = np.mean([(holm(row) <= LEVEL).any() for row in within.reshape(STUDIES, COMPARISONS)])
    assert 0.03 < wrong <= LEVEL


@pytest.mark.parametrize(('effect', 'seeds', 'level'), [(0.8, 12, 0.05), (1.5, 10, 0.05), (1.5, 14, 0.05 / 12)])
def test_power_is_as_computed(random, effect, seeds, level):
    found = sign_flip(random.normal(effect, 1, (seeds, STUDIES)), random) <= level
    assert found.mean() == pytest.approx(power(effect, 1, seeds, level), abs=0.05)


def test_the_seeds_that_are_asked_for_bring_the_verdict(random):
    """A study of five seeds asks for more; 2,000 studies of so many seeds then mostly see the effect."""
    pilot = np.array([-0.008, 0.02, 0.016, 0.018, -0.004])
    needed = len(pilot) + seeds_needed(pilot, 0.01, LEVEL)
    p = sign_flip(random.normal(pilot.mean(), pilot.std(ddof=1), (needed, STUDIES)), random)
    assert 0.75 < np.mean(p <= LEVEL) < 0.9


def test_verdicts(random):
    noise = random.normal(0, 0.001, (10, 5))
    differences = noise + np.array([0.0, -0.05, -0.003, -0.01, 0.03])
    verdicts = [comparison.verdict for comparison in compare(differences, -1, 0.01, 0.95, random)]
    # The third surely falls, but by less than the margin. A rise of 3 points is neither a fall nor within the margin.
    assert verdicts == ['equivalent', 'effect', 'equivalent', 'effect', 'undecided']
    assert [comparison.verdict for comparison in compare(-differences, 1, 0.01, 0.95, random)] == verdicts


def test_p_is_corrected_for_all_comparisons(random):
    differences = random.normal(-0.01, 0.01, (10, 1))
    (alone,) = compare(differences, -1, 0.01, 0.95, random)
    for comparison in compare(np.tile(differences, 12), -1, 0.01, 0.95, random):
        assert comparison.p == pytest.approx(min(1, 12 * alone.p))
        assert comparison.p_equivalence == pytest.approx(min(1, 12 * alone.p_equivalence))


def test_undecided_says_how_many_more_seeds(random):
    noise = random.normal(0, 0.02, (8, 2))
    noise -= noise.mean(axis=0)
    noise *= 0.02 / noise.std(axis=0, ddof=1)
    fall, none = compare(noise - [0.008, 0.0], -1, 0.01, 0.95, random)
    assert fall.verdict == none.verdict == 'undecided'
    assert 5 < fall.more < 100
    assert 5 < none.more < 100
    noisier, _ = compare(noise * 2 - [0.008, 0.0], -1, 0.01, 0.95, random)
    assert noisier.more > fall.more


def test_an_effect_that_no_number_of_seeds_would_settle_is_said_to_be_so(random):
    on_the_margin = np.array([0.0, -0.02, 0.01, -0.03]) * 5
    assert seeds_needed(on_the_margin - on_the_margin.mean() - 0.03, 0.01, LEVEL) is None


def test_three_seeds_are_never_enough_for_a_verdict_on_twelve_comparisons(random):
    comparisons = compare(np.full((3, 12), -0.2), -1, 0.01, 0.95, random)
    assert {comparison.verdict for comparison in comparisons} == {'undecided'}
    assert {comparison.more for comparison in comparisons} == {5}  # 12 / 2 ** 8 < 0.05
