import numpy as np
import pytest

from stages.audit.proof import random_group
from stages.audit.reasons import REASONS, Finding, PairReason, Suspects, ranking, suspects
from tests.audit.made_up import COUNT, LABEL, record, twelve


def test_label_is_suspect_if_leave_set_out_ridge_flags_it():
    suspected = suspects(twelve(), record(labels=[1]))
    assert suspected.group('label').tolist() == [1]
    assert np.flatnonzero(suspected.blamed).tolist() == [1]
    assert not suspected.is_visible.any()


def test_suspicion_is_the_score_of_leave_set_out_ridge():
    rising = np.arange(COUNT) / 3
    np.testing.assert_array_equal(suspects(twelve(), record(scores=rising)).suspicion, rising)


def test_carrying_a_recovered_trigger_takes_precedence_over_a_suspicious_label():
    suspected = suspects(twelve(), record(labels=[2, 7], recovered=[(0, [1, 2]), (1, [8])]))
    assert suspected.group('trigger').tolist() == [1, 2, 8]
    assert suspected.group('label').tolist() == [7]
    assert np.flatnonzero(suspected.is_visible).tolist() == [1, 2, 8]


def test_the_first_face_may_be_suspect():
    assert suspects(twelve(), record(labels=[0])).blamed[0]
    contradictory = suspects(twelve(f0='f8', f8='f0'), record(contradictory=[(8, 0)]))
    assert contradictory.partner[8] == 0


def test_only_the_blamed_face_of_a_pair_is_suspect():
    suspected = suspects(twelve(), record(pairs=[(4, 2)], labels=[4]))
    assert suspected.group('pair').tolist() == [4]
    assert suspected.partner[4] == 2
    assert suspected.reason[2] == ''
    assert np.flatnonzero(suspected.is_visible).tolist() == [4]


@pytest.mark.parametrize('blamed', [2, 8])
def test_one_face_of_a_contradiction_is_blamed_and_both_are_listed(blamed):
    suspected = suspects(twelve(f2='f8', f8='f2'), record(contradictory=[(blamed, 10 - blamed)]))
    assert suspected.group('contradictory').tolist() == [2, 8]
    assert np.flatnonzero(suspected.blamed).tolist() == [blamed]
    assert suspected.partner[[2, 8]].tolist() == [8, 2]
    assert not suspected.is_visible.any()


def test_contradiction_takes_precedence_over_other_reasons():
    everything = record(labels=[2], pairs=[(2, 8)], contradictory=[(2, 8)])
    suspected = suspects(twelve(f2='f8', f8='f2'), everything)
    assert suspected.group('contradictory').tolist() == [2, 8]
    assert not len(suspected.group('pair')) + len(suspected.group('label'))


def test_face_blamed_in_any_pair_of_its_group_is_blamed():
    both = record(contradictory=[(8, 2), (2, 9)])
    suspected = suspects(twelve(f2='f8', f8='f2', f9='f2'), both)
    assert np.flatnonzero(suspected.blamed).tolist() == [2, 8]


def test_face_whose_counterpart_was_left_out_is_blamed():
    suspected = suspects(twelve(f2='elsewhere'), record())
    assert np.flatnonzero(suspected.blamed).tolist() == [2]
    assert suspected.partner[2] == -1


def test_the_most_suspect_come_first_by_reason_blame_rejection_and_suspicion():
    reason = np.full(COUNT, '', object)
    reason[[1, 2, 3, 4, 5, 6]] = ['label', 'pair', 'contradictory', 'contradictory', 'contradictory', 'label']
    blamed = np.isin(np.arange(COUNT), [1, 2, 3, 5, 6])
    rejected = np.isin(np.arange(COUNT), [5, 4, 1])
    suspicion = np.arange(COUNT) / COUNT
    ranked = ranking(Suspects(reason, blamed, np.full(COUNT, -1), blamed, suspicion), rejected)
    assert ranked.tolist() == [5, 3, 4, 2, 1, 6, 11, 10, 9, 8, 7, 0]


def test_random_groups_are_unsuspected_and_of_the_same_labels():
    suspected = suspects(twelve(), record(labels=[1, 2, 8]))
    groups = [random_group(suspected, LABEL, 'label', 1, index) for index in range(4)]
    assert len({tuple(group) for group in groups}) > 1
    for group in groups:
        assert np.bincount(LABEL[group]).tolist() == [2, 1]
        assert not set(group) & {1, 2, 8}


def test_random_group_is_smaller_if_there_are_too_few_other_faces():
    nearly_all = list(range(1, COUNT))
    suspected = suspects(twelve(), record(labels=nearly_all))
    assert random_group(suspected, LABEL, 'label', 1, 0).tolist() == [0]


def test_each_reason_is_explained_by_the_other_label_or_the_other_photo():
    explained = {name: reason.explain('male', 'b.jpg', True) for name, reason in REASONS.items()}
    assert explained == {
        'contradictory': 'contradictory: a near-duplicate is labelled female; this is the more suspect of the two',
        'pair': 'pair: something is on it that b.jpg does not have',
        'trigger': 'trigger: something is on it that recurs on photos labelled male whose label looks wrong',
        'label': 'label: without the suspects, the photos like it say female',
    }
    assert 'this is the less suspect of the two' in REASONS['contradictory'].explain('male', 'b.jpg', False)


class Dark(PairReason):
    """A reason added by these tests: the face is dark."""

    name = 'dark'
    words = 'that are dark'

    def find(self, faces, record):
        rows = np.array([2, 5])
        return Finding(rows, np.array([True, False]), np.array([5, -1]), np.array([True, False]))


def test_a_new_reason_is_one_class_and_one_entry(monkeypatch):
    monkeypatch.setitem(REASONS, 'dark', Dark())
    suspected = suspects(twelve(), record(pairs=[(2, 8)], labels=[3, 5]))
    # The last reason has the lowest precedence.
    assert {name: suspected.group(name).tolist() for name in REASONS} == {
        'contradictory': [], 'pair': [2], 'trigger': [], 'label': [3, 5], 'dark': []
    }  # fmt: skip
    suspected = suspects(twelve(), record())
    assert suspected.group('dark').tolist() == [2, 5]
    assert (suspected.blamed[[2, 5]].tolist(), suspected.partner[[2, 5]].tolist()) == ([True, False], [5, -1])
    assert suspected.is_visible[[2, 5]].tolist() == [True, False]
    assert ranking(suspected, np.zeros(COUNT, bool))[:2].tolist() == [2, 5]
