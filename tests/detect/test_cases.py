from dataclasses import replace

import numpy as np
import pytest

from stages.dataset.poison import AdvParams, Arm, pool, training_set
from stages.dataset.split import split_faces
from stages.detect.cases import Defence, Removed, _with_both_labels_left, case_result, case_task, defences
from stages.detect.judged import CaseFits
from stages.network.fit import Fitter
from stages.network.perceptron import predict
from stages.scores.scores import outcome, scores_of
from stages.trainings.fit import Fits
from stages.trainings.plan import Run, Setting

NAMES = ['loss', 'pair']
CASE = Run(Arm.DIRTY_LABEL, 0.15, 'kept', 4)
SETTING = Setting(0.2, 'male')


@pytest.fixture
def small(recipe):
    return recipe.model_copy(update={'hidden': [16, 8], 'epochs': 40, 'learning_rate': 0.1, 'seed': 99})


class Cases:
    """Run cases as the stage does, one at a time."""

    def __init__(self, faces, triggered, recipe):
        self.faces = faces
        self.crops = pool(faces.pixels, triggered.pixels)
        self.judge = CaseFits(self.crops, recipe, NAMES, 80)
        self.fit = Fits(self.crops, recipe, 80)

    def record(self, case: Run):
        return self.judge(case_task(self.faces, case, SETTING.drawn(self.faces, case), SETTING))

    def removed(self, case: Run):
        return defences(case, SETTING.drawn(self.faces, case), self.record(case), SETTING)

    def __call__(self, case: Run):
        drawn, record = SETTING.drawn(self.faces, case), self.record(case)
        removed = defences(case, drawn, record, SETTING)
        after = {defence: self.fit(drawn.task(rows)) if rows.any() else record for defence, rows in removed.items()}
        return case_result(self.faces, drawn, record, removed, after, SETTING)


@pytest.fixture
def cases(varied_faces, varied_triggered, small):
    return Cases(varied_faces, varied_triggered, small)


def test_case_without_a_defence_equals_the_training_of_the_sweep(cases):
    ours, drawn = cases(CASE), SETTING.drawn(cases.faces, CASE)
    theirs = cases.fit(drawn.task())
    record = cases.record(CASE)
    for name, value in theirs.items():
        np.testing.assert_array_equal(record[name], value)
    none = ours.defences[Defence(Removed.NONE)]
    expected = scores_of(outcome(theirs['probability'], cases.faces.label, drawn.test, 'male'))
    assert {name: none[name] for name in expected} == expected
    assert ours.copies == drawn.rows.copies > 0
    assert none['removed'] == none['copies_removed'] == 0


def test_perfect_filter_removes_all_copies_and_trains_on_the_rest(cases, small):
    faces, perfect = cases.faces, cases(CASE).defences[Defence(Removed.PERFECT)]
    split = split_faces(faces.label, faces.group, 0.2, 4)
    adv = AdvParams(fraction=0.15, arm=Arm.DIRTY_LABEL, originals='kept', target='male')
    rows = training_set(faces.label, split.train, adv, 4)
    remaining = ~np.isin(np.arange(len(rows.label)), rows.poisoned)
    network = Fitter(cases.crops, small, 80).fit(rows.label[remaining], rows.positions[remaining], 4).network
    scores = scores_of(outcome(predict(network, cases.crops), faces.label, split.test, 'male'))
    assert {name: perfect[name] for name in scores} == scores
    assert perfect['removed'] == perfect['copies_removed'] == rows.copies


def test_defences_remove_flagged_or_most_suspect_rows(cases):
    ours = cases(CASE)
    assert set(ours.defences) == {
        *map(Defence, (Removed.NONE, Removed.PERFECT, Removed.RANDOM)),
        *(Defence(removed, name) for name in NAMES for removed in (Removed.FLAGGED, Removed.SUSPECT)),
    }
    for name in NAMES:
        assert ours.defences[Defence(Removed.SUSPECT, name)]['removed'] == round(1.5 * ours.copies)
    flagged = ours.defences[Defence(Removed.FLAGGED, 'pair')]
    true_positive_rate = ours.detectors['pair']['true_positive_rate']
    assert flagged['copies_removed'] == round(ours.copies * true_positive_rate) > 0
    random = ours.defences[Defence(Removed.RANDOM)]
    assert (random['removed'], random['copies_removed']) == (ours.copies, 0)
    record, removed = cases.record(CASE), cases.removed(CASE)
    np.testing.assert_array_equal(removed[Defence(Removed.FLAGGED, 'pair')], record['flags_pair'])
    suspect = removed[Defence(Removed.SUSPECT, 'loss')]
    assert record['scores_loss'][suspect].min() >= record['scores_loss'][~suspect].max()


def test_seed_of_the_case_breaks_ties_between_suspect_rows(cases, monkeypatch):
    seeds = set()

    def remove_none(scores: np.ndarray, count: int, seed: int) -> np.ndarray:
        seeds.add(seed)
        return np.zeros(len(scores), bool)

    monkeypatch.setattr('stages.detect.cases.most_suspect', remove_none)
    cases(CASE)
    assert seeds == {CASE.seed}


def test_controls_are_judged_but_not_retrained(cases):
    for case in (Run(None, 0.0, 'kept', 1), replace(CASE, arm=Arm.DUPLICATES), replace(CASE, arm=Arm.LABEL_NOISE)):
        ours = cases(case)
        assert (ours.defences, ours.copies_rejected, ours.random_rejected, ours.movement) == ({}, None, None, None)
        assert (ours.detectors['pair']['auc'] is None) == (case.arm is None)
        assert not {'pairs', 'movement'} & set(cases.record(case))


def test_clean_label_cases_only_remove_flagged_rows(cases):
    clean_label = replace(CASE, arm=Arm.CLEAN_LABEL)
    assert set(cases.removed(clean_label)) == {
        *map(Defence, (Removed.NONE, Removed.PERFECT, Removed.RANDOM)),
        *(Defence(Removed.FLAGGED, name) for name in NAMES),
    }
    assert cases.removed(replace(clean_label, originals='replaced')) == {}


def test_proof_retrains_without_the_copies(cases):
    ours, drawn = cases(CASE), SETTING.drawn(cases.faces, CASE)
    for share, defence in ((ours.copies_rejected, Removed.PERFECT), (ours.random_rejected, Removed.RANDOM)):
        is_removed = cases.removed(CASE)[Defence(defence)]
        probability = cases.fit(drawn.task(is_removed))['probability'][drawn.rows.positions[is_removed]]
        assert share == np.mean((probability > 0.5) != drawn.rows.label[is_removed])
    assert -1 <= ours.movement <= 1
    assert cases(replace(CASE, originals='replaced')).movement is None


def test_pairs_of_a_case_are_kept_for_the_figure(cases):
    pairs, drawn = cases.record(CASE)['pairs'], SETTING.drawn(cases.faces, CASE)
    assert pairs.dtype == np.int64
    assert len(pairs) > 0
    same = drawn.rows.face[pairs[:, 0]] == drawn.rows.face[pairs[:, 1]]
    assert same.mean() > 0.5


def test_the_same_case_gives_the_same_results(cases):
    assert cases(CASE) == cases(CASE)


def test_random_rows_match_the_copies_in_number_and_are_clean_rows_of_the_target_class(cases):
    chosen = []
    for seed in (1, 2):
        case = replace(CASE, seed=seed)
        rows, is_removed = SETTING.drawn(cases.faces, case).rows, cases.removed(case)[Defence(Removed.RANDOM)]
        assert is_removed.sum() == rows.copies
        assert ((rows.label == 1) & ~rows.is_poisoned)[is_removed].all()
        chosen.append(set(rows.face[is_removed]))
    assert chosen[0] != chosen[1]


def test_whole_class_is_never_removed(cases, monkeypatch):
    label = np.array([0, 0, 1, 1])
    assert not _with_both_labels_left(np.array([True, True, False, False]), label).any()
    assert _with_both_labels_left(np.array([True, False, False, True]), label).sum() == 2
    drawn, record = SETTING.drawn(cases.faces, CASE), cases.record(CASE)
    record['flags_loss'] = drawn.rows.label == 1
    assert not defences(CASE, drawn, record, SETTING)[Defence(Removed.FLAGGED, 'loss')].any()
