import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.dataset.split import balanced, split_faces


def test_no_face_is_lost_or_doubled(faces):
    split = split_faces(faces.label, faces.group, 0.2, 1)
    np.testing.assert_array_equal(np.sort(np.concatenate([split.train, split.test])), np.arange(100))


@pytest.mark.parametrize('seed', range(20))
def test_near_duplicates_stay_on_one_side(faces, seed):
    split = split_faces(faces.label, faces.group, 0.3, seed)
    assert not set(faces.group[split.train]) & set(faces.group[split.test])


def test_both_labels_are_held_out_in_equal_shares(faces):
    split = split_faces(faces.label, np.arange(100), 0.2, 1)
    assert np.bincount(faces.label[split.test]).tolist() == [10, 10]


def test_another_seed_is_another_split(faces):
    first, again, other = (split_faces(faces.label, faces.group, 0.2, seed).test.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_too_few_faces_are_a_clear_error():
    with pytest.raises(StudyError, match=r'split\.test: 3 different faces are too few'):
        split_faces(np.array([0, 1, 1]), np.arange(3), 0.2, 1)


def test_balancing_keeps_all_of_the_smaller_class():
    label = np.array([0] * 30 + [1] * 12)
    kept = balanced(label, 1)
    assert np.bincount(label[kept]).tolist() == [12, 12]
    assert kept.tolist() == sorted(set(kept.tolist()))
    assert kept.tolist() != balanced(label, 2).tolist()
