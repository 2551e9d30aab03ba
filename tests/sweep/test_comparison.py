import numpy as np
import pytest
from scipy.stats import ttest_ind

from stages.scores.scores import PRIMARY
from stages.sweep.comparison import FinishedSweep, TooFewSeedsError, compare_sweeps
from stages.trainings.plan import planned_runs
from tests.sweep.made_up import result_of


def made_up(seeds=10, rates=(0.0, 0.1), tested_on='faces', name='A', tested=None, **added: float) -> FinishedSweep:
    """Return a made-up sweep, with something added to its scores."""
    rows = [
        {'arm': run.name, 'poison_rate': str(run.poison_rate), 'seed': str(run.seed)}
        | {score: str(value + added.get(score, 0)) for score, value in result_of(run).items()}
        for run in planned_runs(rates, seeds, 'kept')
    ]
    return FinishedSweep(name, 'dots', tested_on, {} if tested is None else dict.fromkeys(PRIMARY, tested), True, rows)


def test_the_same_seeds_and_faces_are_pairs():
    compared = compare_sweeps(made_up(10), made_up(12, clean_accuracy=-0.02), 0.95)
    assert (compared.paired, compared.seeds) == (True, (10, 10))
    assert list(compared.differences) == [
        ('unpoisoned', 0.0), ('clean-label', 0.1), ('dirty-label', 0.1), ('duplicates', 0.1), ('label-noise', 0.1),
    ]  # fmt: skip
    for found in compared.differences.values():
        accuracy, success = found['clean_accuracy'], found['attack_success_rate']
        # Seeds differ by points, but pairs do not.
        assert (accuracy.low, accuracy.high) == (pytest.approx(-0.02), pytest.approx(-0.02))
        assert accuracy.second - accuracy.first == pytest.approx(accuracy.difference) == pytest.approx(-0.02)
        assert (success.low, success.difference, success.high) == (0, 0, 0)


def test_other_faces_are_no_pairs_and_their_intervals_are_those_of_welch():
    first, second = made_up(10), made_up(20, tested_on='others', clean_accuracy=-0.02)
    compared = compare_sweeps(first, second, 0.95)
    assert (compared.paired, compared.seeds) == (False, (10, 20))
    before, after = (
        np.array([scores[0] for scores in sweep.scores(('unpoisoned', 0.0)).values()]) for sweep in (first, second)
    )
    interval = ttest_ind(after, before, equal_var=False).confidence_interval(1 - 0.05 / 10)
    found = compared.differences['unpoisoned', 0.0]['clean_accuracy']
    assert (found.low, found.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    alike = compared.differences['unpoisoned', 0.0]['attack_success_rate']
    assert (alike.low, alike.high) == (pytest.approx(0), pytest.approx(0))


@pytest.mark.parametrize('tested_on', ['faces', 'others'])
def test_seeds_that_agree_leave_open_what_their_test_faces_cannot_resolve(tested_on):
    compared = compare_sweeps(made_up(tested=98), made_up(tested_on=tested_on, tested=48), 0.95)
    found = compared.differences['unpoisoned', 0.0]['clean_accuracy']
    assert found.low < -0.02 / 10**0.5 < 0.02 / 10**0.5 < found.high


def test_rates_that_only_one_has_are_left_out_and_named():
    compared = compare_sweeps(made_up(rates=(0.0, 0.1, 0.2)), made_up(rates=(0.0, 0.05, 0.1)), 0.95)
    assert {rate for _, rate in compared.differences} == {0.0, 0.1}
    assert compared.only == [0.05, 0.2]


def test_two_common_seeds_are_too_few():
    with pytest.raises(TooFewSeedsError, match=r'^2 seeds to compare, but at least 3 are needed$'):
        compare_sweeps(made_up(2), made_up(5), 0.95)


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('tested_on', ['faces', 'others'])
@pytest.mark.parametrize('tested', [None, 2])
def test_equal_scores_give_finite_intervals(tested_on, tested):
    first, second = made_up(3, tested=tested), made_up(3, tested_on=tested_on, tested=tested)
    for sweep in (first, second):
        for row in sweep.rows:
            row.update(dict.fromkeys(PRIMARY, '0.5'))
    for found in compare_sweeps(first, second, 0.95).differences.values():
        assert all(np.isfinite([known.low, known.difference, known.high]).all() for known in found.values())
