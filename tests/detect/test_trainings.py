from dataclasses import replace

import numpy as np
import pytest

from stages.dataset.poison import Arm, pool, training_set
from stages.dataset.split import split_faces
from stages.detect.plan import Case
from stages.detect.trainings import Detections, _as_many, _with_both_left
from stages.network.fit import Fitter
from stages.trainings.fit import Trainings, scores_on
from stages.trainings.plan import Setting

NAMES = ['loss', 'pair']
CASE = Case(Arm.DIRTY_LABEL, 0.15, 4, False)


@pytest.fixture
def small(recipe):
    return replace(recipe, hidden=[16, 8], epochs=40, learning_rate=0.1, seed=99)


@pytest.fixture
def detections(varied_faces, varied_triggered, small):
    return Detections(varied_faces, varied_triggered, small, 0.2, 'male', NAMES)


def test_without_a_defence_it_is_the_training_of_the_study(detections, varied_faces, varied_triggered, small):
    found = detections(CASE)
    study = Trainings(varied_faces, varied_triggered, small, Setting(0.2, 'male', False))(CASE)
    none = found['defences']['none']
    assert found['copies'] == study['copies'] > 0
    assert {name: none[name] for name in ('clean_accuracy', 'attack_success_rate', 'attack_excess')} == {
        name: study[name] for name in ('clean_accuracy', 'attack_success_rate', 'attack_excess')
    }


def test_the_perfect_filter_removes_all_copies_and_trains_on_the_rest(
    detections, varied_faces, varied_triggered, small
):
    found = detections(CASE)
    faces, pixels = varied_faces, pool(varied_faces.pixels, varied_triggered.pixels)
    split = split_faces(faces.label, faces.group, 0.2, 4)
    rows = training_set(faces.label, split.train, CASE.poison('male', False), 4)
    stay = ~np.isin(np.arange(len(rows.label)), rows.poisoned)
    network = Fitter(pixels, small, 80).fit(rows.label[stay], rows.positions[stay], 4).network
    scores = scores_on(network, pixels, faces.label, split.test, 'male')
    perfect = found['defences']['perfect']
    assert {name: perfect[name] for name in scores} == scores
    assert perfect['removed'] == perfect['copies_removed'] == found['copies']


def test_defences_remove_what_is_flagged_and_the_most_suspect(detections):
    found = detections(CASE)
    copies = found['copies']
    assert set(found['defences']) == {
        'none', 'perfect', 'random', *(f'{name}, {rows}' for name in NAMES for rows in ('flagged', 'most suspect'))
    }  # fmt: skip
    for name in NAMES:
        assert found['defences'][f'{name}, most suspect']['removed'] == round(1.5 * copies)
    flagged = found['defences']['pair, flagged']
    assert flagged['copies_removed'] == round(copies * found['detectors']['pair']['true_positive_rate']) > 0
    assert found['defences']['random']['removed'] == copies
    assert found['defences']['random']['copies_removed'] == 0


def test_which_of_equally_suspect_rows_are_removed_depends_on_the_seed_of_the_case(detections, monkeypatch):
    seeds = set()

    def none(scores: np.ndarray, count: int, seed: int) -> np.ndarray:
        seeds.add(seed)
        return np.zeros(len(scores), bool)

    monkeypatch.setattr('stages.detect.trainings.most_suspect', none)
    detections(CASE)
    assert seeds == {CASE.seed}


def test_controls_are_judged_and_not_retrained(detections):
    for case in (Case(None, 0.0, 1, False), replace(CASE, arm=Arm.DUPLICATES), replace(CASE, arm=Arm.LABEL_NOISE)):
        found = detections(case)
        assert set(found) == {'copies', 'detectors'}
        assert (found['detectors']['pair']['auc'] is None) == (case.arm is None)


def test_of_clean_label_copies_only_what_is_flagged_is_removed(detections):
    found = detections(replace(CASE, arm=Arm.CLEAN_LABEL))
    assert set(found['defences']) == {'none', 'perfect', 'random', *(f'{name}, flagged' for name in NAMES)}
    assert set(detections(replace(CASE, arm=Arm.CLEAN_LABEL, replaces=True))) == {'copies', 'detectors'}


def test_proof_retrains_without_the_copies(detections):
    proof = detections(CASE)['proof']
    assert 0 <= proof['random_rejected'] <= 1
    assert 0 <= proof['copies_rejected'] <= 1
    assert -1 <= proof['recovered'] <= 1
    assert detections(replace(CASE, replaces=True))['proof']['recovered'] is None


def test_the_same_case_gives_the_same_results(detections):
    assert detections(CASE) == detections(CASE)


def test_as_many_random_rows_are_clean_and_of_the_target_class():
    poisoned, is_target = np.arange(20) >= 16, np.arange(20) >= 8
    chosen = _as_many(poisoned, is_target, 1)
    assert chosen.sum() == 4
    assert (is_target & ~poisoned)[chosen].all()
    assert (_as_many(poisoned, is_target, 2) != chosen).any()


def test_a_class_is_never_removed_as_a_whole():
    label = np.array([0, 0, 1, 1])
    assert not _with_both_left(np.array([True, True, False, False]), label).any()
    assert _with_both_left(np.array([True, False, False, True]), label).sum() == 2
