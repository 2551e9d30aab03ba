import numpy as np
import pytest

from stages.audit.suspects import REASONS, Suspects, random_group, ranking, suspects
from stages.dataset.found import FoundFaces

COUNT = 12


def found(**pairs: str) -> FoundFaces:
    """Twelve faces, f0 to f11, the second half male; `pairs` names the near-duplicate with the other label of some."""
    return FoundFaces(
        pixels=np.zeros((COUNT, 8, 8), np.uint8),
        label=np.repeat([0, 1], COUNT // 2).astype(np.uint8),
        origin=np.array([f'f{number}' for number in range(COUNT)]),
        pair=np.array([pairs.get(f'f{number}', '') for number in range(COUNT)]),
    )


def said(scores=None, loss=(), neighbours=(), ridge=(), pairs=(), contradictory=()) -> dict:
    """What detectors say: the positions that each flags, and the pairs of blamed and other."""
    flags = {'loss': list(loss), 'neighbours': list(neighbours), 'ridge': list(ridge)}
    if scores is None:
        scores = [float(all(number in flagged for flagged in flags.values())) for number in range(COUNT)]
    lists = {'pairs': [[*pair, True] for pair in pairs], 'contradictory': [[*pair, False] for pair in contradictory]}
    return {'scores': dict.fromkeys(flags, scores), 'flags': flags, **lists}


def test_a_label_is_suspect_where_all_three_detectors_agree():
    suspected = suspects(found(), said(loss=[1, 2], neighbours=[1, 2, 3], ridge=[1, 3]))
    assert suspected.group('label').tolist() == [1]
    assert np.flatnonzero(suspected.blamed).tolist() == [1]


def test_and_four_of_five_neighbours_do():
    scores = [0.6] * COUNT
    assert not len(suspects(found(), said(scores, [1], [1], [1])).group('label'))
    scores[1] = 0.8
    assert suspects(found(), said(scores, [1], [1], [1])).group('label').tolist() == [1]


def test_suspicion_is_the_mean_rank_by_the_detectors_that_must_agree():
    one = said()
    one['scores'] = {'loss': np.arange(COUNT), 'neighbours': -np.arange(COUNT), 'ridge': np.arange(COUNT) * 5}
    ranks = np.arange(1, COUNT + 1)
    np.testing.assert_allclose(suspects(found(), one).suspicion, (2 * ranks + ranks[::-1]) / 3 / COUNT)


def test_the_first_face_may_be_suspect():
    assert suspects(found(), said(loss=[0], neighbours=[0], ridge=[0])).blamed[0]
    contradictory = suspects(found(f0='f8', f8='f0'), said(contradictory=[(8, 0)]))
    assert contradictory.partner[8] == 0


def test_of_a_pair_the_one_that_the_detector_blames_is_suspect():
    suspected = suspects(found(), said(pairs=[(4, 2)], loss=[4], neighbours=[4], ridge=[4]))
    assert suspected.group('pair').tolist() == [4]
    assert suspected.partner[4] == 2
    assert suspected.reason[2] == -1
    assert np.flatnonzero(suspected.seen).tolist() == [4]


@pytest.mark.parametrize('blamed', [2, 8])
def test_of_a_contradiction_one_is_blamed_and_both_are_listed(blamed):
    suspected = suspects(found(f2='f8', f8='f2'), said(contradictory=[(blamed, 10 - blamed)]))
    assert suspected.group('contradictory').tolist() == [2, 8]
    assert np.flatnonzero(suspected.blamed).tolist() == [blamed]
    assert suspected.partner[[2, 8]].tolist() == [8, 2]
    assert not suspected.seen.any()


def test_a_contradiction_is_no_other_suspicion_as_well():
    everything = said(loss=[2], neighbours=[2], ridge=[2], pairs=[(2, 8)], contradictory=[(2, 8)])
    suspected = suspects(found(f2='f8', f8='f2'), everything)
    assert suspected.group('contradictory').tolist() == [2, 8]
    assert not len(suspected.group('pair')) + len(suspected.group('label'))


def test_in_a_group_one_that_is_blamed_in_any_pair_is_blamed():
    both = said(contradictory=[(8, 2), (2, 9)])
    suspected = suspects(found(f2='f8', f8='f2', f9='f2'), both)
    assert np.flatnonzero(suspected.blamed).tolist() == [2, 8]


def test_one_whose_counterpart_repeats_others_and_is_not_there_is_blamed():
    suspected = suspects(found(f2='elsewhere'), said())
    assert np.flatnonzero(suspected.blamed).tolist() == [2]
    assert suspected.partner[2] == -1


def test_the_most_suspect_come_first_by_reason_blame_rejection_and_suspicion():
    reason = np.full(COUNT, -1)
    contradictory, pair, label = (REASONS.index(name) for name in ('contradictory', 'pair', 'label'))
    reason[[1, 2, 3, 4, 5, 6]] = [label, pair, contradictory, contradictory, contradictory, label]
    blamed = np.isin(np.arange(COUNT), [1, 2, 3, 5, 6])
    rejected = np.isin(np.arange(COUNT), [5, 4, 1])
    suspicion = np.arange(COUNT) / COUNT
    ranked = ranking(Suspects(reason, blamed, np.full(COUNT, -1), suspicion, blamed), rejected)
    assert ranked.tolist() == [5, 3, 4, 2, 1, 6, 11, 10, 9, 8, 7, 0]


def test_random_groups_are_unsuspected_and_of_the_same_labels():
    suspected = suspects(found(), said(loss=[1, 2, 8], neighbours=[1, 2, 8], ridge=[1, 2, 8]))
    groups = [random_group(suspected, found().label, 'label', 1, index) for index in range(4)]
    assert len({tuple(group) for group in groups}) > 1
    for group in groups:
        assert np.bincount(found().label[group]).tolist() == [2, 1]
        assert not set(group) & {1, 2, 8}


def test_where_there_are_too_few_others_a_random_group_is_smaller():
    everybody = list(range(1, COUNT))
    suspected = suspects(found(), said(loss=everybody, neighbours=everybody, ridge=everybody))
    assert random_group(suspected, found().label, 'label', 1, 0).tolist() == [0]
