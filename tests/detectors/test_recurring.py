"""Poison whose originals have been replaced: contradicted labels, recurring patterns and recovered triggers."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from stages.detectors.leave_set_out import LeaveSetOut, suspicion
from stages.detectors.patches import Areas
from stages.detectors.patches import evidence_of as strength_of
from stages.detectors.recovered import RecoveredTrigger, recover
from stages.detectors.recurring import Recurring, recurrence
from stages.detectors.ridge import Ridge
from tests.detectors.crowd import crowd, evidence_of, poisoned, with_pattern, with_square

PUT = {'a square': with_square, 'a pattern': with_pattern}


@pytest.mark.parametrize('put', PUT.values(), ids=PUT)
@pytest.mark.parametrize('target', [0, 1])
def test_only_rows_with_a_trigger_are_flagged(put, target):
    sample, is_poisoned = poisoned(put, target=target)
    detector = Recurring()
    scores = detector.scores(sample)
    flags = detector.flags(sample, scores)
    assert flags[is_poisoned].mean() >= 0.9
    assert flags[~is_poisoned].sum() <= 1
    assert roc_auc_score(is_poisoned, scores) > 0.99
    (trigger,) = recurrence(sample).triggers
    assert (trigger.label, trigger.is_whole) == (target, put is with_pattern)


@pytest.mark.parametrize(('put', 'share'), [(with_square, 0.09), (with_square, 0.15), (with_pattern, 0.18)])
def test_poison_that_is_much_of_its_class_does_not_vouch_for_itself(put, share):
    sample, is_poisoned = poisoned(put, share, target=0)
    result = recurrence(sample)
    assert result.flags[is_poisoned].mean() >= 0.9
    assert result.flags[~is_poisoned].sum() <= 1


def test_what_correctly_labelled_faces_have_too_is_not_a_trigger():
    pixels, label = crowd()
    women, men = (np.flatnonzero(label == number) for number in (0, 1))
    carriers = np.concatenate([women[:20], men[:10]])
    pixels[carriers] = with_square(pixels[carriers])
    label[women[:20]] = 1
    assert recurrence(evidence_of(pixels, label)).triggers == []


def test_wrong_labels_alone_are_not_a_trigger_but_rank_first():
    sample, is_wrong = poisoned()
    result = recurrence(sample)
    assert result.triggers == []
    assert not result.flags.any()
    scores = LeaveSetOut().scores(sample)
    assert roc_auc_score(is_wrong, scores) > 0.97
    flags = LeaveSetOut().flags(sample, scores)
    assert flags[is_wrong].mean() > 0.5
    assert flags[~is_wrong].mean() < 0.01


def test_clean_faces_have_no_trigger():
    for seed in (1, 2, 3):
        result = recurrence(evidence_of(*crowd(seed=seed)))
        assert (result.triggers, result.flags.any()) == ([], False)


def test_pattern_on_all_faces_is_not_a_trigger():
    pixels, label = crowd()
    assert recurrence(evidence_of(with_square(pixels), label)).triggers == []


def test_pattern_on_correctly_labelled_faces_is_not_a_trigger():
    pixels, label = crowd()
    women = np.flatnonzero(label == 0)[::2]
    pixels[women] = with_square(pixels[women])
    assert recurrence(evidence_of(pixels, label)).triggers == []


def test_what_most_faces_have_to_some_degree_is_not_a_trigger():
    # Faces with more of it are more often labelled wrong: on suspects it is far more frequent than chance.
    random = np.random.default_rng(3)
    pixels, label = crowd(800)
    degree = random.normal(size=800)
    pixels = np.clip(pixels + 4 * degree[:, None, None] * random.uniform(-1, 1, pixels.shape[1:]), 0, 255)
    women = np.flatnonzero(label == 0)
    label[women[np.argsort(-degree[women] - random.normal(size=len(women)))[:48]]] = 1
    result = recurrence(evidence_of(pixels.astype(np.uint8), label))
    assert (result.triggers, result.flags.any()) == ([], False)


def test_a_trigger_is_recovered_and_works_on_other_faces():
    sample, is_poisoned = poisoned(with_square)
    (trigger,) = recurrence(sample).triggers
    assert set(trigger.rows) == set(np.flatnonzero(recurrence(sample).flags))
    assert trigger.mask[12:16, 18:22].all()
    assert trigger.mask.mean() < 0.15
    others = crowd(seed=9)[0][:50]
    put, expected = trigger.put(others), with_square(others)
    assert put.dtype == np.uint8
    np.testing.assert_array_equal(put[:, ~trigger.mask], others[:, ~trigger.mask])
    square = slice(None), slice(12, 16), slice(18, 22)
    assert np.abs(put[square].astype(int) - expected[square]).mean() < 30
    assert is_poisoned[trigger.rows].all()


def test_two_triggers_at_once_are_found():
    pixels, label = crowd(800)
    first, second = np.split(np.flatnonzero(label == 0)[:60], 2)
    pixels[first], pixels[second] = with_square(pixels[first]), with_square(pixels[second], 20, 10)
    label[np.concatenate([first, second])] = 1
    result = recurrence(evidence_of(pixels, label))
    assert result.flags[first].mean() > 0.9
    assert result.flags[second].mean() > 0.9


def test_both_classes_may_be_poisoned():
    pixels, label = crowd(800)
    women, men = (np.flatnonzero(label == number)[:30] for number in (0, 1))
    pixels[women], pixels[men] = with_square(pixels[women]), with_pattern(pixels[men])
    label[women], label[men] = 1, 0
    result = recurrence(evidence_of(pixels, label))
    assert sorted(trigger.label for trigger in result.triggers) == [0, 1]
    assert result.flags[women].mean() > 0.9
    assert result.flags[men].mean() > 0.9


def test_mirrored_trigger_is_the_same_trigger():
    pixels, label = crowd()
    rows = np.flatnonzero(label == 0)[:20]
    pixels[rows] = with_square(pixels[rows])
    pixels[rows[::2]] = pixels[rows[::2], :, ::-1]
    label[rows] = 1
    assert recurrence(evidence_of(pixels, label)).flags[rows].mean() >= 0.9


def test_search_can_be_limited_to_some_labels():
    sample, _ = poisoned(with_square, target=1)
    assert recurrence(sample, [0]).triggers == []
    assert len(recurrence(sample, [1]).triggers) == 1


def test_near_duplicates_do_not_make_a_patch_recur():
    pixels, label = crowd()
    row = np.flatnonzero(label == 0)[0]
    copies = np.repeat(with_square(pixels[row : row + 1]), 12, axis=0)
    together = np.concatenate([pixels, copies]), np.concatenate([label, np.ones(12)]).astype(np.uint8)
    assert recurrence(evidence_of(*together)).triggers == []


@pytest.mark.parametrize('count', [10, 11, 40])
def test_few_faces_give_finite_scores_and_no_flags(count):
    pixels, label = crowd(count)
    result = recurrence(evidence_of(pixels, label))
    assert np.isfinite(result.scores).all()
    assert not result.flags.any()


def test_half_of_a_class_poisoned_gives_finite_scores():
    sample, _ = poisoned(with_square, share=0.25)
    assert np.isfinite(recurrence(sample).scores).all()


@pytest.mark.parametrize('detector', [LeaveSetOut(), Recurring()])
@pytest.mark.parametrize('side', [8, 16])
def test_identical_faces_give_finite_scores_and_no_flags(detector, side):
    sample = evidence_of(np.full((12, side, side), 90, np.uint8), np.repeat([0, 1], 6).astype(np.uint8))
    scores = detector.scores(sample)
    assert np.isfinite(scores).all()
    assert not detector.flags(sample, scores).any()


def test_the_same_seed_gives_the_same_bytes():
    first, second = (recurrence(poisoned(with_square)[0]) for _ in range(2))
    assert first.scores.tobytes() == second.scores.tobytes()
    assert first.triggers[0].pattern.tobytes() == second.triggers[0].pattern.tobytes()


def test_suspects_that_support_each_other_are_contradicted_when_left_out_together():
    # A row with a trigger that changes much is not contradicted on its own, since the other rows support it.
    def frame(pixels):
        changed = pixels.copy()
        changed[:, 4:7, :], changed[:, 22:25, :] = 255, 0
        return changed

    sample, is_poisoned = poisoned(frame, share=0.05)
    alone, together = roc_auc_score(is_poisoned, Ridge().scores(sample)), roc_auc_score(is_poisoned, suspicion(sample))
    assert alone < 0.9
    assert together > 0.97


def test_evidence_compares_hits_with_chance():
    random = np.random.default_rng(1)
    calm, counts = random.random(1000), np.ones((1, 20), bool)
    values = np.concatenate([random.random(20), calm])[None]
    assert strength_of(values, counts, 20)[0] < 3
    values[0, :10] = 2
    # Half of 20 suspects match, but only one in a thousand calm rows would: 1 in 10^24.
    assert 20 < strength_of(values, counts, 20)[0] < 40
    assert strength_of(values, ~counts, 20)[0] == 0


def test_evidence_of_any_strength_is_finite_and_keeps_rising():
    random = np.random.default_rng(1)
    values = np.concatenate([np.zeros(600), random.random(1000)])[None]
    strengths = []
    for hits in (100, 200, 300, 500):
        values[0, :hits] = 2
        strengths += strength_of(values, np.ones((1, 600), bool), 600).tolist()
    assert 100 < strengths[0] < 308 < strengths[1] < strengths[2] < strengths[3] < np.inf


def test_a_template_is_found_where_it_was_put():
    random = np.random.default_rng(2)
    fine, template = random.standard_normal((4, 32, 32)) * 0.1, random.standard_normal((7, 7))
    fine[0, 13:20, 13:20] += template
    fine[1, 14:21, 11:18] += template
    fine[2, :, ::-1][12:19, 13:20] += template
    areas = Areas(fine.astype(np.float32), 16, 16)
    match = areas.matched(template)
    assert match.shift[:3].tolist() == [[0, 0], [1, -2], [-1, 0]]
    assert match.mirrored[:3].tolist() == [False, False, True]
    assert match.value[:3].min() > 3 * match.value[3]
    for patch in areas.patches(match, np.array([2, 0, 1])):
        np.testing.assert_allclose(patch, template, atol=0.5)


@pytest.mark.parametrize(('strength', 'side', 'is_whole'), [(6, 32, True), (60, 5, False)])
def test_what_is_found_on_whole_faces_is_all_over_them_if_it_is_faint(strength, side, is_whole):
    random = np.random.default_rng(1)
    pixels = random.normal(128, 25, (200, 32, 32))
    pattern = np.zeros((32, 32))
    pattern[:side, :side] = strength * random.choice([-1, 1], (side, side))
    pixels[:60] += pattern
    fine = ((pixels - 128) / 25).astype(np.float32)
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    views = pixels[:60], pixels[60:], fine[:60], fine[60:]
    trigger = RecoveredTrigger(1, np.arange(60), 20.0, *recover(*views, True))
    assert (trigger.is_whole, trigger.mask.all()) == (is_whole, is_whole)
    assert not recover(*views, False)[0]
    change = trigger.put(pixels[60:]).mean(axis=0) - pixels[60:].mean(axis=0)
    assert np.corrcoef(change.ravel(), pattern.ravel())[0, 1] > 0.7
