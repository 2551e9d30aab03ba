from stages.dataset.poison import Arm
from stages.detect.plan import Case, planned_cases


def test_every_seed_has_all_arms_kept_and_replaced_but_no_replaced_duplicates():
    cases = planned_cases([0.025, 0.05], [3, 4])
    of_seed = [case for case in cases if case.seed == 4]
    assert of_seed[0] == Case(None, 0.0, 4, False)
    assert len(cases) == 2 * len(of_seed) == 2 * (1 + 2 * 7)
    assert {(case.arm, case.replaces) for case in of_seed if case.fraction == 0.05} == {
        (arm, replaces) for arm in Arm for replaces in (False, True)
    } - {(Arm.DUPLICATES, True)}
    assert {case.originals for case in of_seed if case.replaces} == {'replaced'}


def test_a_case_knows_its_setting():
    setting = Case(Arm.DIRTY_LABEL, 0.05, 1, True).setting(0.3, 'female')
    assert (setting.test, setting.target, setting.replaces) == (0.3, 'female', True)


def test_the_attack_that_works_is_defended_and_one_that_fails_once():
    defended = {(case.arm, case.replaces) for case in planned_cases([0.05], [1]) if case.defended}
    assert defended == {(Arm.DIRTY_LABEL, False), (Arm.DIRTY_LABEL, True), (Arm.CLEAN_LABEL, False)}
