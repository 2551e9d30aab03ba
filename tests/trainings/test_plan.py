import json
from dataclasses import replace

import numpy as np
import pytest

from stages.common.errors import FactError
from stages.dataset.poison import Arm, Poison, PoisonRateError
from stages.dataset.split import TooFewFacesError
from stages.trainings.plan import CONTROL, UNPOISONED, Run, Setting, check, planned


def test_the_plan_has_every_arm_rate_and_seed_once_and_no_poison_once_a_seed():
    runs = planned([0.0, 0.1, 0.2], 3)
    assert len(runs) == len(set(runs)) == 3 * (1 + 2 * 4)
    assert [run for run in runs if run.fraction == 0] == [Run(None, 0.0, seed) for seed in (1, 2, 3)]
    for rate in (0.1, 0.2):
        for seed in (1, 2, 3):
            assert {run.arm for run in runs if (run.fraction, run.seed) == (rate, seed)} == set(Arm)


def test_a_plan_without_poison_is_one_training_a_seed():
    assert planned([0.0], 2) == [Run(None, 0.0, 1), Run(None, 0.0, 2)]


def test_a_run_is_called_by_its_arm():
    assert [run.name for run in planned([0.0, 0.1], 1)] == [
        UNPOISONED, 'clean-label', 'dirty-label', 'duplicates', 'label-noise',
    ]  # fmt: skip
    assert json.dumps({run.name: f'{run.name}' for run in planned([0.1], 1)[:1]}) == '{"clean-label": "clean-label"}'


@pytest.mark.parametrize('replaces', [False, True])
@pytest.mark.parametrize('target', ['female', 'male'])
def test_a_run_names_its_poison(target, replaces):
    for arm in Arm:
        assert Run(arm, 0.1, 1).poison(target, replaces) == Poison(arm, 0.1, target, replaces)
    assert Run(None, 0.0, 1).poison(target, replaces) == Poison(CONTROL, 0.0, target, replaces)


def test_the_control_has_neither_the_trigger_nor_changed_labels():
    assert (CONTROL.has_trigger, CONTROL.changes_label) == (False, False)


@pytest.mark.parametrize(('fraction', 'message'), [
    (0.001, r'^0\.001 of \d+ training faces is less than one copy'),
    (0.9, r'^0\.9 of \d+ training faces are \d+ copies, but at most \d+ male training faces can be copied'),
])  # fmt: skip
def test_a_rate_of_no_or_too_many_copies_is_refused_before_anything_is_trained(faces, fraction, message):
    with pytest.raises(PoisonRateError, match=message):
        check(planned([0.0, fraction], 3), faces, Setting(0.2, 'male', False))


def test_a_rate_that_only_replacing_makes_too_high_is_refused_where_copies_replace(faces):
    # Of 40 training faces of each label all can be copied, but not all replaced.
    runs = planned([0.0, 0.5], 3)
    faces = replace(faces, group=np.arange(100))
    check(runs, faces, Setting(0.2, 'male', False))
    with pytest.raises(PoisonRateError, match=r'^0\.5 of 80 .* are 40 copies, but at most 39 female .* be replaced'):
        check(runs, faces, Setting(0.2, 'male', True))


def test_the_check_heeds_the_target(faces):
    with pytest.raises(PoisonRateError, match='female training faces can be copied'):
        check([Run(Arm.CLEAN_LABEL, 0.9, 1)], faces, Setting(0.2, 'female', False))


def test_too_few_faces_to_hold_any_out_are_refused(faces):
    with pytest.raises(TooFewFacesError, match=r'^\d+ different faces are too few to hold out a share of 0\.001$'):
        check(planned([0.0], 3), faces, Setting(0.001, 'male', False))
    assert issubclass(TooFewFacesError, FactError)
