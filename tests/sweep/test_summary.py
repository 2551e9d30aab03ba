import numpy as np
import pytest

from stages.dataset.poison import Arm
from stages.scores.dose import Dose
from stages.sweep.summary import PRIMARY, SCORES, curve, doses, reference, summarise
from stages.trainings.plan import CONTROL, UNPOISONED, planned
from tests.sweep.made_up import RUNS, results_of


@pytest.fixture(scope='module')
def cells():
    return summarise(RUNS, results_of(RUNS), 0.01, 0.95)


def cell_of(cells, arm, fraction=0.2):
    return next(cell for cell in cells if (cell.arm, cell.fraction) == (arm, fraction))


def test_a_cell_for_every_arm_and_rate_and_one_without_poison(cells):
    assert [(cell.arm, cell.fraction) for cell in cells[:3]] == [
        (UNPOISONED, 0.0), ('clean-label', 0.1), ('dirty-label', 0.1),
    ]  # fmt: skip
    assert len(cells) == 9


def test_the_scores_of_a_cell_are_those_of_its_runs_in_the_order_of_the_seeds(cells):
    for cell in cells:
        runs = [run for run in RUNS if (run.name, run.fraction) == (cell.arm, cell.fraction)]
        expected = [result['clean_accuracy'] for result in results_of(runs)]
        assert cell.scores['clean_accuracy'].tolist() == expected
        assert cell.means['clean_accuracy'].mean == pytest.approx(np.mean(expected))


def test_arms_are_compared_with_the_control_and_the_control_with_no_poison():
    assert reference('dirty-label', 0.1) == (CONTROL, 0.1)
    assert reference('clean-label', 0.2) == (CONTROL, 0.2)
    assert reference(CONTROL, 0.1) == (UNPOISONED, 0.0)
    assert reference(UNPOISONED, 0.0) is None


def test_differences_are_taken_in_pairs(cells):
    dirty_label = cell_of(cells, 'dirty-label', 0.1)
    comparison = dirty_label.comparisons['clean_accuracy']
    assert comparison.difference == pytest.approx(-0.06, abs=0.002)
    # Between seeds the accuracies differ by 2 points, within a pair by a tenth of that.
    assert comparison.high - comparison.low < 0.006
    mean = dirty_label.means['clean_accuracy']
    assert mean.high - mean.low > 0.01


def test_only_the_primary_scores_are_compared_but_every_change_is_known(cells):
    assert cells[0].comparisons == cells[0].changes == {}
    for cell in cells[1:]:
        assert tuple(cell.comparisons) == PRIMARY
        assert tuple(cell.changes) == SCORES
        for name in PRIMARY:
            assert cell.changes[name] == pytest.approx(cell.comparisons[name].difference)
    assert cell_of(cells, 'clean-label').changes['attack_excess'] == pytest.approx(0.25)
    assert cell_of(cells, 'label-noise').changes['attack_excess'] == 0


def test_verdicts(cells):
    verdicts = {(cell.arm, name): one.verdict for cell in cells for name, one in cell.comparisons.items()}
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


def test_shares_have_intervals_within_what_a_share_can_be():
    runs = planned([0.0, 0.1], 3)
    results = results_of(runs)
    for number, result in enumerate(results):
        result |= {'attack_success_rate': number % 2, 'attack_excess': (-1) ** number}
    for cell in summarise(runs, results, 0.01, 0.95):
        assert 0 <= cell.means['attack_success_rate'].low <= cell.means['attack_success_rate'].high <= 1
        assert -1 <= cell.means['attack_excess'].low <= cell.means['attack_excess'].high <= 1


# Ten accuracies about chance, and ten that are better: (values, has an unpoisoned arm learnt?)
GUESSING, BETTER = np.linspace(0.46, 0.54, 10), np.linspace(0.6, 0.7, 10)


def study(**accuracies):
    """Cells of a study in which some arms have other accuracies, and whether any of their runs converged."""
    runs = planned([0.0, 0.1], 10)
    results = results_of(runs)
    for run, result in zip(runs, results, strict=True):
        if run.name.replace('-', '_') in accuracies:
            values, converged = accuracies[run.name.replace('-', '_')]
            result |= {'clean_accuracy': values[run.seed - 1], 'converged': converged}
    return {cell.arm: cell.unlearnt for cell in summarise(runs, results, 0.01, 0.95)}


def test_where_all_is_well_all_have_learnt(cells):
    assert {cell.unlearnt for cell in cells} == {None}


@pytest.mark.parametrize('converged', [False, True])
def test_without_poison_networks_at_chance_take_all_verdicts_away(converged):
    assert study(unpoisoned=(GUESSING, converged)) == {arm: UNPOISONED for arm in (UNPOISONED, *Arm)}


def test_an_arm_at_chance_of_which_no_run_converged_did_not_learn():
    assert study(dirty_label=(GUESSING, False)) == dict.fromkeys((UNPOISONED, *Arm)) | {'dirty-label': 'dirty-label'}
    assert set(study(dirty_label=(GUESSING, True)).values()) == {None}
    assert set(study(dirty_label=(BETTER, False)).values()) == {None}


def test_a_control_that_did_not_learn_takes_the_verdicts_of_all_that_are_compared_with_it():
    assert study(duplicates=(GUESSING, False)) == {
        UNPOISONED: None, **dict.fromkeys(Arm, CONTROL), CONTROL: CONTROL,
    }  # fmt: skip


def test_no_bound_of_a_change_is_beyond_what_a_share_can_change_by():
    runs = planned([0.0, 0.2], 3)
    results = [
        result | {'attack_success_rate': 0.5 + 0.4 * (run.seed % 2) * (run.arm == Arm.DIRTY_LABEL)}
        for run, result in zip(runs, results_of(runs), strict=True)
    ]
    change = cell_of(summarise(runs, results, 0.01, 0.95), 'dirty-label').comparisons['attack_success_rate']
    assert (change.low, change.high) == (-1, 1)
    assert change.difference == pytest.approx(0.8 / 3)


def test_a_study_without_poison_has_only_means():
    runs = planned([0.0], 3)
    (cell,) = summarise(runs, results_of(runs), 0.01, 0.95)
    assert cell.comparisons == {}
    assert doses([cell], 0.95) == {}


def test_a_curve_starts_without_poison_and_has_the_cells_of_its_arm(cells):
    assert [(cell.arm, cell.fraction) for cell in curve(cells, Arm.LABEL_NOISE)] == [
        (UNPOISONED, 0.0), ('label-noise', 0.1), ('label-noise', 0.2),
    ]  # fmt: skip


def test_the_dose_of_each_attack_is_that_of_its_attack_success_rate(cells):
    found = doses(cells, 0.95)
    # From 0.05 without poison to 0.9 at a rate of 0.1, for every seed; clean-label copies teach nothing here.
    rate = pytest.approx(0.1 * 0.45 / 0.85)
    assert found == {'dirty-label': Dose(rate, rate, rate, 0.2), 'clean-label': Dose(None, None, None, 0.2)}
