from typing import get_args

from stages.dataset.poison import Arm, Originals
from stages.detect.cases import is_defended, planned_cases
from stages.trainings.plan import Run


def test_every_seed_has_all_arms_kept_and_replaced_except_replaced_duplicates():
    cases = planned_cases([0.025, 0.05], [3, 4])
    of_seed = [case for case in cases if case.seed == 4]
    assert of_seed[0] == Run(None, 0.0, 'kept', 4)
    assert len(cases) == len(set(cases)) == 2 * len(of_seed) == 2 * (1 + 2 * 7)
    assert {(case.arm, case.originals) for case in of_seed if case.poison_rate == 0.05} == {
        (arm, originals) for arm in Arm for originals in get_args(Originals)
    } - {(Arm.DUPLICATES, 'replaced')}


def test_defended_cases_are_dirty_label_and_kept_clean_label():
    defended = {(case.arm, case.originals) for case in planned_cases([0.05], [1]) if is_defended(case)}
    assert defended == {(Arm.DIRTY_LABEL, 'kept'), (Arm.DIRTY_LABEL, 'replaced'), (Arm.CLEAN_LABEL, 'kept')}
