import json
from dataclasses import replace

import numpy as np
import pytest

from stages.common.errors import FactError
from stages.common.params import LABELS
from stages.dataset.poison import AdvParams, Arm, PoisonRateError, training_set
from stages.dataset.split import TooFewFacesError, split_faces
from stages.trainings.plan import CONTROL, UNPOISONED, Run, Setting, Sizes, planned_runs, trained_rates


def test_plan_has_every_arm_rate_and_seed_once_and_one_unpoisoned_run_per_seed():
    runs = planned_runs([0.0, 0.1, 0.2], 3, 'kept')
    assert len(runs) == len(set(runs)) == 3 * (1 + 2 * 4)
    assert [run for run in runs if run.poison_rate == 0] == [Run(None, 0.0, 'kept', seed) for seed in (1, 2, 3)]
    for rate in (0.1, 0.2):
        for seed in (1, 2, 3):
            assert {run.arm for run in runs if (run.poison_rate, run.seed) == (rate, seed)} == set(Arm)


@pytest.mark.parametrize('originals', ['kept', 'replaced'])
def test_plan_without_poison_is_one_training_per_seed(originals):
    assert planned_runs([0.0], 2, originals) == [Run(None, 0.0, originals, 1), Run(None, 0.0, originals, 2)]


def test_more_seeds_add_to_the_plan_of_fewer():
    assert planned_runs([0.0, 0.1], 4, 'kept')[:15] == planned_runs([0.0, 0.1], 3, 'kept')


def test_run_is_named_after_its_arm():
    assert [run.name for run in planned_runs([0.0, 0.1], 1, 'kept')] == [
        UNPOISONED, 'clean-label', 'dirty-label', 'duplicates', 'label-noise',
    ]  # fmt: skip
    names = {run.name: f'{run.name}' for run in planned_runs([0.1], 1, 'kept')[:1]}
    assert json.dumps(names) == '{"clean-label": "clean-label"}'


@pytest.mark.parametrize('originals', ['kept', 'replaced'])
@pytest.mark.parametrize('target', ['female', 'male'])
def test_a_run_trains_on_the_faces_of_its_split_with_its_copies(faces, target, originals):
    for arm in (None, *Arm):
        rate = 0.1 if arm else 0.0
        drawn = Setting(0.3, target).drawn(faces, Run(arm, rate, originals, 4))
        split = split_faces(faces.label, faces.group, 0.3, 4)
        adv = AdvParams(fraction=rate, arm=arm or CONTROL, originals=originals, target=target)
        rows = training_set(faces.label, split.train, adv, 4)
        np.testing.assert_array_equal(drawn.test, split.test)
        for ours, theirs in zip(vars(drawn.rows).values(), vars(rows).values(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert drawn.rows.copies == round(rate * len(split.train))
        assert set(drawn.rows.label[drawn.rows.poisoned]) <= {LABELS.index(target)}
        task = drawn.task()
        assert task.seed == drawn.seed == 4
        np.testing.assert_array_equal(task.positions, rows.positions)
        np.testing.assert_array_equal(task.label, rows.label)


def test_removed_rows_are_not_trained_on(faces):
    drawn = Setting(0.3, 'male').drawn(faces, Run(Arm.DIRTY_LABEL, 0.1, 'kept', 4))
    removed = np.arange(len(drawn.rows.label)) % 3 == 0
    task = drawn.task(removed)
    np.testing.assert_array_equal(task.positions, drawn.rows.positions[~removed])
    np.testing.assert_array_equal(task.label, drawn.rows.label[~removed])
    nothing = drawn.task(np.zeros(len(removed), bool))
    np.testing.assert_array_equal(nothing.positions, drawn.rows.positions)


def test_the_control_has_neither_the_trigger_nor_changed_labels():
    assert (CONTROL.has_trigger, CONTROL.changes_label) == (False, False)


def test_maximum_number_of_rows_is_that_of_a_training_without_copies(faces):
    assert Setting(0.2, 'male').max_rows(faces) == 80


@pytest.mark.parametrize(('rate', 'message'), [
    (0.001, r'^0\.001 of \d+ training faces is less than one copy'),
    (0.9, r'^0\.9 of \d+ training faces are \d+ copies, but at most \d+ male training faces can be copied'),
])  # fmt: skip
def test_rate_with_no_or_too_many_copies_is_refused(faces, rate, message):
    with pytest.raises(PoisonRateError, match=message):
        [Setting(0.2, 'male').drawn(faces, run) for run in planned_runs([0.0, rate], 3, 'kept')]


@pytest.mark.parametrize(('rates', 'expected'), [
    ([0.0, 0.1, 0.2], [0.0, 0.1, 0.2]),
    ([0.0, 0.001, 0.006, 0.2], [0.0, 0.0, 0.0, 0.2]),  # no copy of 80 faces
    ([0.0, 0.01, 0.0125, 0.015], [0.0, 0.0125, 0.0125, 0.0125]),  # one copy: the nearest to 1/80 stands for them
    ([0.007, 0.022, 0.03], [0.007, 0.022, 0.022]),
    ([0.001, 0.006], [0.0, 0.0]),  # not even if no rate is 0
])  # fmt: skip
def test_rates_of_as_many_copies_are_one_arm(faces, rates, expected):
    faces = replace(faces, group=np.arange(100))
    assert trained_rates(faces, rates, 3, 0.2) == dict(zip(rates, expected, strict=True))


def test_rates_that_differ_for_any_seed_are_two_arms(faces):
    # Groups are of different sizes, so that the number of training faces depends on the seed.
    faces = replace(faces, group=np.minimum(np.arange(100), np.where(np.arange(100) < 50, 40, 90)))
    sizes = [len(split_faces(faces.label, faces.group, 0.2, seed).train) for seed in range(1, 9)]
    assert len(set(sizes)) > 1
    least, most = (1.5 / size for size in (max(sizes), min(sizes)))
    rates = [0.0, 0.99 * least, (least + most) / 2]
    assert trained_rates(faces, rates, 8, 0.2) == dict(zip(rates, rates, strict=True))
    # A rate that is no copy for one seed only is no arm.
    assert trained_rates(faces, [0.0, (least + most) / 6], 8, 0.2) == {0.0: 0.0, (least + most) / 6: 0.0}


def test_needed_faces_are_in_proportion_to_those_that_are_tested():
    assert Sizes(84, {'accuracy': 42, 'success': 21}, []).needed('success', 100) == 400


def test_rate_that_is_too_high_for_replacing_is_refused_only_then(faces):
    # All of the 40 training faces of a label can be copied, but not all can be replaced.
    faces, setting = replace(faces, group=np.arange(100)), Setting(0.2, 'male')
    for run in planned_runs([0.0, 0.5], 3, 'kept'):
        setting.drawn(faces, run)
    with pytest.raises(PoisonRateError, match=r'^0\.5 of 80 .* are 40 copies, but at most 39 female .* be replaced'):
        [setting.drawn(faces, run) for run in planned_runs([0.0, 0.5], 3, 'replaced')]


def test_the_target_decides_which_faces_are_copied(faces):
    with pytest.raises(PoisonRateError, match='female training faces can be copied'):
        Setting(0.2, 'female').drawn(faces, Run(Arm.CLEAN_LABEL, 0.9, 'kept', 1))


def test_too_few_faces_to_hold_any_out_are_refused(faces):
    with pytest.raises(TooFewFacesError, match=r'^\d+ different faces are too few to hold out a share of 0\.001$'):
        Setting(0.001, 'male').drawn(faces, Run(None, 0.0, 'kept', 1))
    assert issubclass(TooFewFacesError, FactError)
