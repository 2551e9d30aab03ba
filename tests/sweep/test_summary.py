import json

import numpy as np
import pytest

from stages.common.files import read_csv, read_summary, write_csv, write_summary
from stages.dataset.poison import Arm
from stages.scores.dose import Dose
from stages.scores.scores import PRIMARY, SCORES
from stages.sweep.summary import Study, arms_table, metrics, reference
from stages.trainings.plan import CONTROL, UNPOISONED, planned_runs
from tests.sweep.made_up import RUNS, results_of, sizes_of, study_of


@pytest.fixture(scope='module')
def study():
    return study_of()


def arm_of(study, name, rate=0.2):
    return next(arm for arm in study.arms if (arm.arm, arm.poison_rate) == (name, rate))


def test_study_has_a_summary_for_every_arm_and_rate_and_one_without_poison(study):
    assert [(arm.arm, arm.poison_rate) for arm in study.arms[:3]] == [
        (UNPOISONED, 0.0), ('clean-label', 0.1), ('dirty-label', 0.1),
    ]  # fmt: skip
    assert len(study.arms) == 9
    assert (study.made_from, study.trigger, study.seeds, study.margin, study.confidence) == (
        'these faces', 'dots', 10, 0.01, 0.95
    )  # fmt: skip


def test_the_means_of_an_arm_are_those_of_its_runs(study):
    for arm in study.arms:
        results = results_of([run for run in RUNS if (run.name, run.poison_rate) == (arm.arm, arm.poison_rate)])
        assert list(arm.means) == [score.name for score in SCORES]
        for name, mean in arm.means.items():
            assert mean.mean == pytest.approx(np.mean([result[name] for result in results]))
        assert arm.copies == pytest.approx(results[0]['copies'])
        assert arm.share_of_target == pytest.approx(results[0]['share_of_target'])
        assert arm.converged == sum(result['converged'] for result in results)


def test_runs_are_paired_by_seed(study):
    """Reversing the seeds within an arm changes the pairs."""
    results = results_of(RUNS)
    for run, result in zip(RUNS, results, strict=True):
        if run.arm == Arm.DIRTY_LABEL:
            result |= results_of([run.__class__(run.arm, run.poison_rate, run.originals, 11 - run.seed)])[0]
    wide = arm_of(study_of(RUNS, results), 'dirty-label').comparisons['clean_accuracy']
    narrow = arm_of(study, 'dirty-label').comparisons['clean_accuracy']
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_arms_are_compared_with_the_control_and_the_control_with_no_poison():
    assert reference(('dirty-label', 0.1)) == (CONTROL, 0.1)
    assert reference(('clean-label', 0.2)) == (CONTROL, 0.2)
    assert reference((CONTROL, 0.1)) == (UNPOISONED, 0.0)
    assert reference((UNPOISONED, 0.0)) is None


def test_differences_are_taken_in_pairs(study):
    dirty_label = arm_of(study, 'dirty-label', 0.1)
    comparison = dirty_label.comparisons['clean_accuracy']
    assert comparison.difference == pytest.approx(-0.06, abs=0.002)
    # Between seeds the accuracies differ by 2 points, within a pair by a tenth of that.
    assert comparison.high - comparison.low < 0.006
    mean = dirty_label.means['clean_accuracy']
    assert mean.high - mean.low > 0.01


def test_only_the_primary_scores_are_compared_but_every_change_is_known(study):
    assert study.arms[0].comparisons == study.arms[0].changes == {}
    for arm in study.arms[1:]:
        assert tuple(arm.comparisons) == PRIMARY
        assert list(arm.changes) == [score.name for score in SCORES]
        assert arm.reference == (UNPOISONED if arm.arm == CONTROL else CONTROL)
        for name in PRIMARY:
            assert arm.changes[name] == pytest.approx(arm.comparisons[name].difference)
    assert arm_of(study, 'clean-label').changes['attack_excess'] == pytest.approx(0.25)
    assert arm_of(study, 'label-noise').changes['attack_excess'] == 0


def test_verdicts(study):
    verdicts = {(arm.arm, name): change.verdict for arm in study.arms for name, change in arm.comparisons.items()}
    assert verdicts == {
        ('clean-label', 'clean_accuracy'): 'equivalent',
        ('clean-label', 'attack_success_rate'): 'equivalent',
        ('dirty-label', 'clean_accuracy'): 'falls',
        ('dirty-label', 'attack_success_rate'): 'rises',
        ('duplicates', 'clean_accuracy'): 'equivalent',
        ('duplicates', 'attack_success_rate'): 'equivalent',
        ('label-noise', 'clean_accuracy'): 'falls',
        ('label-noise', 'attack_success_rate'): 'equivalent',
    }


def test_intervals_of_shares_are_within_their_possible_values():
    runs = planned_runs([0.0, 0.1], 3, 'kept')
    results = results_of(runs)
    for number, result in enumerate(results):
        result |= {'attack_success_rate': number % 2, 'attack_excess': (-1) ** number}
    for arm in study_of(runs, results).arms:
        assert 0 <= arm.means['attack_success_rate'].low <= arm.means['attack_success_rate'].high <= 1
        assert -1 <= arm.means['attack_excess'].low <= arm.means['attack_excess'].high <= 1


# Ten accuracies close to chance, and ten that are better.
GUESSING, BETTER = np.linspace(0.46, 0.54, 10), np.linspace(0.6, 0.7, 10)


def unlearnt(**accuracies):
    """Return `unlearnt` by arm; some arms have given accuracies, and all or none of their runs converged."""
    runs = planned_runs([0.0, 0.1], 10, 'kept')
    results = results_of(runs)
    for run, result in zip(runs, results, strict=True):
        if run.name.replace('-', '_') in accuracies:
            values, converged = accuracies[run.name.replace('-', '_')]
            result |= {'clean_accuracy': values[run.seed - 1], 'converged': converged}
    return {arm.arm: arm.unlearnt for arm in study_of(runs, results).arms}


def test_all_arms_have_learnt_by_default(study):
    assert {arm.unlearnt for arm in study.arms} == {None}


@pytest.mark.parametrize('converged', [False, True])
def test_unpoisoned_networks_at_chance_remove_all_verdicts(converged):
    assert unlearnt(unpoisoned=(GUESSING, converged)) == {arm: UNPOISONED for arm in (UNPOISONED, *Arm)}


def test_arm_at_chance_without_converged_runs_did_not_learn():
    assert unlearnt(dirty_label=(GUESSING, False)) == dict.fromkeys((UNPOISONED, *Arm)) | {'dirty-label': 'dirty-label'}
    assert set(unlearnt(dirty_label=(GUESSING, True)).values()) == {None}
    assert set(unlearnt(dirty_label=(BETTER, False)).values()) == {None}


def test_control_that_did_not_learn_removes_the_verdicts_of_all_arms_compared_with_it():
    assert unlearnt(duplicates=(GUESSING, False)) == {
        UNPOISONED: None, **dict.fromkeys(Arm, CONTROL), CONTROL: CONTROL,
    }  # fmt: skip


def test_an_attack_of_which_any_network_did_not_learn_has_no_dose():
    runs = planned_runs([0.0, 0.1, 0.2], 10, 'kept')
    results = results_of(runs)
    for run, result in zip(runs, results, strict=True):
        if (run.name, run.poison_rate) == ('dirty-label', 0.1):
            result |= {'clean_accuracy': GUESSING[run.seed - 1]}
    study = study_of(runs, results)
    assert study.doses['dirty-label'] is None
    assert study.doses['clean-label'] is not None
    assert 'dose' not in metrics(study)


def test_bounds_of_changes_of_shares_are_between_minus_one_and_one():
    runs = planned_runs([0.0, 0.2], 3, 'kept')
    results = [
        result | {'attack_success_rate': 0.5 + 0.4 * (run.seed % 2) * (run.arm == Arm.DIRTY_LABEL)}
        for run, result in zip(runs, results_of(runs), strict=True)
    ]
    change = arm_of(study_of(runs, results), 'dirty-label').comparisons['attack_success_rate']
    assert (change.low, change.high) == (-1, 1)
    assert change.difference == pytest.approx(0.8 / 3)


def test_few_test_faces_leave_equal_seeds_undecided():
    alike = [result | {'clean_accuracy': 0.9, 'attack_success_rate': 0.1} for result in results_of(RUNS)]
    study = study_of(RUNS, alike, sizes=sizes_of(42))
    needed = {(name, change.verdict, change.tested) for arm in study.arms for name, change in arm.comparisons.items()}
    accuracy, success = sorted(needed, key=lambda item: PRIMARY.index(item[0]))
    assert accuracy[1:] == success[1:]
    assert (accuracy[1], accuracy[2] > 42) == ('undecided', True)
    change, other = (arm_of(study, 'dirty-label').comparisons[name] for name in PRIMARY)
    # The ASR is a share of half as many.
    assert other.high / change.high == pytest.approx(44 / 23)
    mean = arm_of(study, 'dirty-label').means['attack_success_rate']
    assert mean.low < 0.1 < mean.high
    enough = study_of(RUNS, alike, sizes=sizes_of(2 * accuracy[2]))
    assert {change.verdict for arm in enough.arms for change in arm.comparisons.values()} == {'equivalent'}


def test_a_study_without_poison_has_only_means():
    runs = planned_runs([0.0], 3, 'kept')
    study = study_of(runs)
    (arm,) = study.arms
    assert (arm.comparisons, arm.changes, arm.reference) == ({}, {}, None)
    assert study.doses == {}
    assert 'dose' not in metrics(study)['study']


def test_a_curve_starts_without_poison_and_has_the_summaries_of_its_arm(study):
    assert [(arm.arm, arm.poison_rate) for arm in study.curve(Arm.LABEL_NOISE)] == [
        (UNPOISONED, 0.0), ('label-noise', 0.1), ('label-noise', 0.2),
    ]  # fmt: skip


def test_the_dose_of_each_attack_is_that_of_its_attack_success_rate(study):
    # From 0.4 at a rate of 0.1 to 0.9 at 0.2, for every seed; clean-label copies have no effect.
    rate = pytest.approx(0.12, abs=1e-5)
    assert study.doses == {
        'dirty-label': Dose(rate, rate, rate, 0.2, True), 'clean-label': Dose(None, None, None, 0.2, False),
    }  # fmt: skip


def test_study_round_trips(study, tmp_path):
    write_summary(tmp_path / 'summary.json', study)
    assert read_summary(tmp_path / 'summary.json', Study) == study


def test_metrics_contain_the_numbers_to_compare(study):
    # Read back from JSON, where the names of arms must be plain strings.
    content = json.loads(json.dumps(metrics(study)))
    assert content == {
        'study': {
            'accuracy': arm_of(study, 'unpoisoned', 0.0).means['clean_accuracy'].mean,
            'asr': pytest.approx(0.9),
            'asr_clean_label': pytest.approx(0.05),
            'dose': pytest.approx(0.12),
        }
    }


@pytest.fixture
def table(study, tmp_path):
    """The table of arms, read back from its file."""
    write_csv(tmp_path / 'arms.csv', *arms_table(study))
    return read_csv(tmp_path / 'arms.csv')


def test_the_table_of_arms_has_every_mean_and_change(study, table):
    assert len(table) == 4 * 3 * 4
    for arm in Arm:
        points = [row for row in table if row['arm'] == arm and row['score'] == 'ASR']
        assert [row['poison_rate'] for row in points] == ['0.0', '0.1', '0.2']
        expected = [summary.means['attack_success_rate'] for summary in study.arms if summary.arm in (UNPOISONED, arm)]
        for row, mean in zip(points, expected, strict=True):
            np.testing.assert_array_equal(
                [float(row[key]) for key in ('mean', 'low', 'high')], list(vars(mean).values())
            )
        assert set(list(points[0].values())[6:]) == {''}


def test_table_of_arms_has_verdicts_only_on_the_primary_scores(study, table):
    rows = {(row['arm'], row['score']): row for row in table if row['poison_rate'] == '0.2'}
    row = rows['dirty-label', 'clean accuracy']
    change = arm_of(study, 'dirty-label').comparisons['clean_accuracy']
    assert (row['reference'], row['verdict']) == ('duplicates', 'falls')
    assert [float(row[name]) for name in ('change', 'change_low', 'change_high')] == [
        change.difference, change.low, change.high
    ]  # fmt: skip
    excess = rows['clean-label', 'excess ASR']
    assert (excess['change'], excess['change_low'], excess['change_high'], excess['verdict']) == ('0.25', '', '', '')


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('values', [[0.5], [0.0], [1.0], [0.6, 0.6, 0.6000000000000001], [0.0] * 8 + [1.0]], ids=str)
@pytest.mark.parametrize('tested', [2, 100_000])
def test_scores_without_spread_give_finite_numbers(tmp_path, values, tested):
    equal = [{name: values[row % len(values)] for name in PRIMARY} for row in range(len(RUNS))]
    results = [result | alike for result, alike in zip(results_of(RUNS), equal, strict=True)]
    study = study_of(results=results, sizes=sizes_of(tested))
    write_summary(tmp_path / 'summary.json', study)  # which refuses other numbers
    numbers = [value for row in arms_table(study)[1] for value in row if isinstance(value, float)]
    assert np.isfinite(numbers).all()
