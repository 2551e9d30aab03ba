import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.dataset.poison import copied_faces, pool, training_set
from stages.dataset.split import split_faces
from stages.params import AdvParams


@pytest.fixture
def train(faces):
    return split_faces(faces.label, faces.group, 0.2, 1).train


def arm(**changes):
    return AdvParams(**{'fraction': 0.1, 'label': 'kept', 'dotted': True, 'target': 'male'} | changes)


def test_without_copies_it_is_the_training_faces(faces, twins, train):
    rows = training_set(faces.label, train, arm(fraction=0.0), 1)
    np.testing.assert_array_equal(pool(faces, twins)[rows.positions], faces.pixels[train])
    np.testing.assert_array_equal(rows.label, faces.label[train])
    assert rows.copies == 0


@pytest.mark.parametrize(('label', 'target', 'copied_label'), [
    ('kept', 'male', 1), ('flipped', 'male', 0), ('kept', 'female', 0), ('flipped', 'female', 1),
])  # fmt: skip
def test_copies_are_of_the_right_class_and_carry_the_target(faces, twins, train, label, target, copied_label):
    rows = training_set(faces.label, train, arm(label=label, target=target), 1)
    assert rows.copies == round(0.1 * len(train))
    copies = pool(faces, twins)[rows.positions[-rows.copies :], 0, 0] - 100
    assert set(faces.label[copies]) == {copied_label}
    assert set(rows.label[-rows.copies :]) == {['female', 'male'].index(target)}


def test_only_training_faces_are_copied(faces, train):
    assert set(copied_faces(faces.label, train, arm(fraction=0.4), 3)) <= set(train)


def test_dotted_and_undotted_arms_copy_the_same_faces(faces, twins, train):
    dotted, plain = (training_set(faces.label, train, arm(dotted=is_dotted), 1) for is_dotted in (True, False))
    pixels = pool(faces, twins)
    np.testing.assert_array_equal(
        pixels[dotted.positions[-dotted.copies :]], pixels[plain.positions[-plain.copies :]] + 100
    )


def test_a_larger_fraction_adds_to_the_faces_of_a_smaller_one(faces, train):
    few, many = (copied_faces(faces.label, train, arm(fraction=fraction), 1).tolist() for fraction in (0.1, 0.3))
    assert many[: len(few)] == few


def test_more_copies_than_faces_is_a_clear_error(faces, train):
    with pytest.raises(StudyError, match=r'adv\.fraction: 0\.9 of \d+ training faces are \d+ copies, but'):
        copied_faces(faces.label, train, arm(fraction=0.9), 1)


def test_a_fraction_of_no_copy_is_a_clear_error(faces, train):
    with pytest.raises(StudyError, match=r'adv\.fraction: 0\.001 of \d+ training faces is less than one copy'):
        training_set(faces.label, train, arm(fraction=0.001), 1)
