import numpy as np
import pytest

from stages.common.errors import FactError
from stages.dataset.split import TooFewFacesError, split_faces


def test_every_face_is_on_exactly_one_side(faces):
    split = split_faces(faces.label, faces.group, 0.2, 1)
    np.testing.assert_array_equal(np.sort(np.concatenate([split.train, split.test])), np.arange(100))


@pytest.mark.parametrize('seed', range(20))
def test_near_duplicates_stay_on_one_side(faces, seed):
    split = split_faces(faces.label, faces.group, 0.3, seed)
    assert not set(faces.group[split.train]) & set(faces.group[split.test])


def test_both_labels_are_held_out_in_equal_shares(faces):
    split = split_faces(faces.label, np.arange(100), 0.2, 1)
    assert np.bincount(faces.label[split.test]).tolist() == [10, 10]


def test_another_seed_gives_another_split(faces):
    first, again, other = (split_faces(faces.label, faces.group, 0.2, seed).test.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_too_few_faces_are_a_clear_error():
    assert issubclass(TooFewFacesError, FactError)
    with pytest.raises(TooFewFacesError, match=r'^3 different faces are too few to hold out a share of 0\.2$'):
        split_faces(np.array([0, 1, 1]), np.arange(3), 0.2, 1)


def test_side_without_both_labels_is_refused():
    # A single group carries the label of its first face, and hides others.
    label = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.uint8)
    group = np.array([0, 1, 2, 3, 0, 1, 2, 3])
    with pytest.raises(TooFewFacesError):
        split_faces(label, group[[0, 1, 2, 3, 0, 0, 0, 0]], 0.25, 1)
