import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from stages.common.files import read_summary, write_summary
from stages.dataset.poison import Arm
from stages.detect.cases import Defence, Removed
from stages.detect.summary import MARGINS, DefenceVerdict, Trial, detection_metrics, detection_table
from stages.scores.ranking import GRID
from tests.detect.made_up import CASES, result, trial_of


@pytest.fixture(scope='module')
def results():
    return [result(case) for case in CASES]


@pytest.fixture(scope='module')
def trial(results):
    return trial_of(results)


def test_means_are_over_the_seeds(trial):
    assert len(trial.arms) == 1 + 2 * 7
    wanted = ('dirty-label', 0.05, 'kept')
    arm = next(arm for arm in trial.arms if (arm.arm, arm.poison_rate, arm.originals) == wanted)
    assert arm.detectors['loss']['auc'] == pytest.approx(0.9)
    np.testing.assert_allclose(arm.roc['loss'], np.sqrt(GRID))
    assert arm.after(Removed.NONE)['attack_excess'] == pytest.approx(0.6)
    assert arm.after(Removed.PERFECT)['attack_excess'] == pytest.approx(0)
    assert (arm.copies_rejected, arm.random_rejected, arm.movement) == pytest.approx((0.98, 0.04, 0.5))
    assert [defence.detector for defence in arm.flagged()] == ['pair', 'loss']
    unpoisoned = trial.arms[0]
    assert unpoisoned.detectors['loss']['auc'] is None
    assert unpoisoned.detectors['loss']['false_positive_rate'] == pytest.approx(0.02)
    assert (unpoisoned.roc, unpoisoned.defences, unpoisoned.movement) == ({}, [], None)


def test_defences_are_compared_with_the_perfect_filter_in_pairs(trial):
    arm = trial.strongest()[0]
    verdicts = {Defence(defence.removed, defence.detector): defence.verdict for defence in arm.defences}
    assert verdicts == {
        Defence(Removed.NONE): None, Defence(Removed.RANDOM): None, Defence(Removed.PERFECT): None,
        Defence(Removed.FLAGGED, 'pair'): DefenceVerdict.AS_GOOD,
        Defence(Removed.SUSPECT, 'pair'): DefenceVerdict.WORSE,
        Defence(Removed.FLAGGED, 'loss'): DefenceVerdict.UNDECIDED,
        Defence(Removed.SUSPECT, 'loss'): DefenceVerdict.WORSE,
    }  # fmt: skip
    comparison = arm.defences[-1].against_perfect['attack_excess']
    assert (arm.defences[-1].removed, arm.defences[-1].detector) == (Removed.SUSPECT, 'loss')
    assert comparison.difference == pytest.approx(0.3)
    # The noise that all defences of a seed share cancels in the difference.
    assert comparison.high - comparison.low < 1e-4
    assert MARGINS == {'attack_excess': 0.02, 'clean_accuracy': 0.01}


def test_only_dirty_label_arms_have_verdicts(trial):
    for arm in trial.arms:
        judged = any(defence.verdict for defence in arm.defences)
        assert judged == any(defence.against_perfect for defence in arm.defences) == (arm.arm == Arm.DIRTY_LABEL)


def test_a_network_that_did_not_learn_has_no_verdict(results):
    changed = [
        replace(case, defences={defence: scores | {'clean_accuracy': 0.5} for defence, scores in case.defences.items()})
        for case in results
    ]
    defences = [defence for arm in trial_of(changed).strongest() for defence in arm.defences]
    assert {(defence.verdict, defence.unlearnt) for defence in defences} == {
        (None, 0), (DefenceVerdict.UNLEARNT, 0)
    }  # fmt: skip


def test_networks_that_did_not_learn_are_counted_where_others_did(results):
    loss = Defence(Removed.FLAGGED, 'loss')
    stuck = CASES.index(next(case for case in CASES if case.arm == 'dirty-label' and case.seed == 3))
    changed = [
        replace(case, defences=case.defences | {loss: case.defences[loss] | {'clean_accuracy': 0.5}})
        if number == stuck
        else case
        for number, case in enumerate(results)
    ]
    counts = [defence.unlearnt for arm in trial_of(changed).arms for defence in arm.defences]
    assert sorted(counts) == [0] * (len(counts) - 1) + [1]
    arm = next(arm for arm in trial_of(changed).arms if arm.arm == 'dirty-label')
    assert [defence.detector for defence in arm.flagged() if defence.unlearnt] == ['loss']


def test_few_test_faces_leave_a_defence_undecided_that_leaves_what_a_perfect_filter_does(results):
    trial = trial_of(results, tested=20)
    verdicts = {defence.verdict for arm in trial.strongest() for defence in arm.flagged()}
    assert DefenceVerdict.AS_GOOD not in verdicts
    (pair, _) = trial.strongest()[0].flagged()
    assert pair.verdict == 'undecided'
    assert all(comparison.tested > 20 for comparison in pair.against_perfect.values())


def test_strongest_arm_is_the_attack_at_the_highest_rate(trial):
    assert [(arm.arm, arm.poison_rate, arm.originals) for arm in trial.strongest()] == [
        ('dirty-label', 0.05, 'kept'), ('dirty-label', 0.05, 'replaced')
    ]  # fmt: skip


def test_metrics_contain_the_numbers_to_compare(trial):
    content = detection_metrics(trial)
    assert set(content) == {'kept', 'replaced'}
    assert content['kept']['auc'] == pytest.approx({'loss': 0.9, 'pair': 1.0})
    assert content['kept']['excess'] == pytest.approx(
        {'none': 0.6, 'random': 0.6, 'perfect': 0.0, 'pair': 0.0, 'loss': 0.05}
    )


def test_table_has_a_row_for_each_case_and_detector(results):
    header, rows = detection_table(CASES, results)
    table = [dict(zip(header, row, strict=True)) for row in rows]
    attacks = sum(bool(case.defences) for case in results)
    assert len(table) == 2 * len(CASES) + 3 * attacks
    wanted = {'arm': 'dirty-label', 'poison_rate': 0.05, 'originals': 'kept', 'seed': 5, 'detector': 'loss'}
    (line,) = [row for row in table if wanted.items() <= row.items()]
    assert line['auc'] == pytest.approx(0.8995)
    assert line['flagged_attack_excess'] == pytest.approx(0.0995)
    assert line['suspect_attack_excess'] == pytest.approx(0.2995)
    (perfect,) = [row for row in table if (wanted | {'detector': 'perfect'}).items() <= row.items()]
    assert perfect['flagged_attack_excess'] == pytest.approx(-0.0005)
    assert perfect['suspect_attack_excess'] is perfect['auc'] is None
    (control,) = [row for row in table if (wanted | {'arm': 'label-noise'}).items() <= row.items()]
    assert control['flagged_attack_excess'] is None
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    assert 'None' not in written.getvalue()


def test_trial_round_trips(trial, tmp_path):
    write_summary(tmp_path / 'summary.json', trial)
    assert read_summary(tmp_path / 'summary.json', Trial) == trial
