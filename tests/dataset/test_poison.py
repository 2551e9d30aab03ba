"""What each arm trains on: 100 made-up faces, of which face i with the trigger is row 100 + i of the pool."""

import numpy as np
import pytest

from stages.common.errors import FactError
from stages.common.params import LABELS
from stages.dataset.poison import AdvParams, Arm, CoverError, PoisonRateError, poisoned_faces, pool, training_set
from stages.dataset.split import split_faces

every_arm = pytest.mark.parametrize('arm', list(Arm))
every_target = pytest.mark.parametrize('target', LABELS)
kept_or_replaced = pytest.mark.parametrize('originals', ['kept', 'replaced'])
PAIRS = [(Arm.CLEAN_LABEL, Arm.DUPLICATES), (Arm.DIRTY_LABEL, Arm.LABEL_NOISE)]


@pytest.fixture
def train(faces):
    return split_faces(faces.label, faces.group, 0.2, 1).train


def adv(arm: Arm, fraction: float, target: str, originals: str = 'kept') -> AdvParams:
    return AdvParams(fraction=fraction, arm=arm, target=target, originals=originals)


def copied_label(arm: Arm, target: str) -> int:
    """Return the label of the faces that are copied, as the README has it."""
    other = {'female': 'male', 'male': 'female'}[target]
    copied = {
        Arm.CLEAN_LABEL: target, Arm.DIRTY_LABEL: other, Arm.DUPLICATES: target, Arm.LABEL_NOISE: other,
    }  # fmt: skip
    return LABELS.index(copied[arm])


def test_arms_differ_in_trigger_and_label():
    assert {arm.value: (arm.has_trigger, arm.changes_label) for arm in Arm} == {
        'clean-label': (True, False),
        'dirty-label': (True, True),
        'duplicates': (False, False),
        'label-noise': (False, True),
    }


def test_the_pool_is_all_faces_and_then_all_triggered_faces(faces, triggered):
    pixels = pool(faces.pixels, triggered.pixels)
    assert (pixels.dtype, pixels.shape) == (np.uint8, (200, 8, 8))
    np.testing.assert_array_equal(pixels[:][:, 0, 0], np.arange(200))


@every_arm
@every_target
@kept_or_replaced
def test_without_poison_it_is_the_training_faces(faces, train, arm, target, originals):
    rows = training_set(faces.label, train, adv(arm, 0.0, target, originals), 1)
    np.testing.assert_array_equal(rows.positions, train)
    np.testing.assert_array_equal(rows.label, faces.label[train])
    np.testing.assert_array_equal(rows.face, train)
    assert rows.copies == len(rows.poisoned) == 0


@every_arm
@every_target
@kept_or_replaced
@pytest.mark.parametrize('rate', [0.1, 0.4])
def test_poisoned_rows_are_copies_of_the_right_class_that_carry_the_target(faces, train, arm, target, originals, rate):
    rows = training_set(faces.label, train, adv(arm, rate, target, originals), 1)
    assert rows.copies == len(set(rows.poisoned.tolist())) == round(rate * len(train))
    copied = rows.face[rows.poisoned]
    assert len(set(copied.tolist())) == rows.copies
    assert set(copied.tolist()) <= set(train.tolist())
    assert set(faces.label[copied].tolist()) == {copied_label(arm, target)}
    assert set(rows.label[rows.poisoned].tolist()) == {LABELS.index(target)}
    offset = 100 if arm in ('clean-label', 'dirty-label') else 0
    np.testing.assert_array_equal(rows.positions[rows.poisoned], copied + offset)


@every_arm
@every_target
@kept_or_replaced
def test_all_other_rows_are_faces_as_they_are(faces, train, arm, target, originals):
    rows = training_set(faces.label, train, adv(arm, 0.2, target, originals), 1)
    clean = np.setdiff1d(np.arange(len(rows.positions)), rows.poisoned)
    np.testing.assert_array_equal(rows.positions[clean], rows.face[clean])
    np.testing.assert_array_equal(rows.label[clean], faces.label[rows.face[clean]])


@every_arm
@every_target
@kept_or_replaced
def test_the_arrays_are_as_long_as_each_other_and_of_the_kinds_that_are_promised(faces, train, arm, target, originals):
    rows = training_set(faces.label, train, adv(arm, 0.2, target, originals), 1)
    assert (
        len(rows.positions)
        == len(rows.label)
        == len(rows.face)
        == len(train) + (0 if originals == 'replaced' else rows.copies)
    )
    assert (rows.label.dtype, rows.positions.dtype, rows.face.dtype, rows.poisoned.dtype) == (
        np.uint8, np.int64, np.int64, np.int64,
    )  # fmt: skip


@every_arm
@every_target
def test_copies_that_are_added_follow_all_training_faces(faces, train, arm, target):
    rows = training_set(faces.label, train, adv(arm, 0.2, target), 1)
    np.testing.assert_array_equal(rows.face[: len(train)], train)
    np.testing.assert_array_equal(rows.poisoned, np.arange(len(train), len(train) + rows.copies))


@every_arm
@every_target
@pytest.mark.parametrize('shuffled', [False, True])
def test_copies_that_replace_stand_in_the_rows_of_their_originals(faces, train, arm, target, shuffled):
    if shuffled:
        train = np.random.default_rng(5).permutation(train)
    poison = adv(arm, 0.2, target, 'replaced')
    rows = training_set(faces.label, train, poison, 1)
    np.testing.assert_array_equal(rows.face, train)
    np.testing.assert_array_equal(train[rows.poisoned], poisoned_faces(faces.label, train, poison, 1))
    # The original is gone: no face is there twice.
    assert len(set((rows.positions % 100).tolist())) == len(train)


@every_arm
@kept_or_replaced
def test_what_is_given_stays_as_it_was(faces, train, arm, originals):
    label, before = faces.label.copy(), train.copy()
    training_set(faces.label, train, adv(arm, 0.2, 'male', originals), 1)
    np.testing.assert_array_equal(faces.label, label)
    np.testing.assert_array_equal(train, before)


@every_target
def test_duplicates_that_replace_are_no_poison_to_the_bit(faces, train, target):
    rows = training_set(faces.label, train, adv(Arm.DUPLICATES, 0.3, target, 'replaced'), 1)
    without = training_set(faces.label, train, adv(Arm.DUPLICATES, 0.0, target), 1)
    for name in ('positions', 'label', 'face'):
        assert getattr(rows, name).tobytes() == getattr(without, name).tobytes()


@every_target
def test_label_noise_that_replaces_changes_labels_and_nothing_else(faces, train, target):
    rows = training_set(faces.label, train, adv(Arm.LABEL_NOISE, 0.3, target, 'replaced'), 1)
    np.testing.assert_array_equal(rows.positions, train)
    changed = np.flatnonzero(rows.label != faces.label[train])
    assert len(changed) == round(0.3 * len(train))
    np.testing.assert_array_equal(changed, np.sort(rows.poisoned))


@every_target
@pytest.mark.parametrize(('attack', 'control'), PAIRS)
@kept_or_replaced
def test_an_attack_and_its_control_differ_in_the_trigger_alone(
    faces, triggered, train, attack, control, target, originals
):
    attacked, controlled = (
        training_set(faces.label, train, adv(arm, 0.2, target, originals), 1) for arm in (attack, control)
    )
    for name in ('label', 'poisoned', 'face'):
        np.testing.assert_array_equal(getattr(attacked, name), getattr(controlled, name))
    pixels = pool(faces.pixels, triggered.pixels)
    expected = pixels[controlled.positions]
    expected[controlled.poisoned] += 100
    np.testing.assert_array_equal(pixels[attacked.positions], expected)


@every_arm
def test_kept_or_replaced_the_copies_are_of_the_same_faces(faces, train, arm):
    kept, replaced = (
        training_set(faces.label, train, adv(arm, 0.2, 'male', originals), 1) for originals in ('kept', 'replaced')
    )
    np.testing.assert_array_equal(kept.face[kept.poisoned], replaced.face[replaced.poisoned])
    np.testing.assert_array_equal(kept.positions[kept.poisoned], replaced.positions[replaced.poisoned])


@every_arm
@every_target
@kept_or_replaced
def test_a_larger_rate_adds_to_the_faces_of_a_smaller_one(faces, train, arm, target, originals):
    few, many = (training_set(faces.label, train, adv(arm, rate, target, originals), 1) for rate in (0.1, 0.3))
    assert many.face[many.poisoned][: few.copies].tolist() == few.face[few.poisoned].tolist()


@every_arm
def test_another_seed_copies_other_faces_and_the_same_seed_the_same(faces, train, arm):
    first, again, other = (
        set(poisoned_faces(faces.label, train, adv(arm, 0.1, 'male'), seed).tolist()) for seed in (1, 1, 2)
    )
    assert first == again != other


@every_arm
@every_target
@kept_or_replaced
@pytest.mark.parametrize('seed', range(5))
def test_only_training_faces_are_trained_on(faces, arm, target, originals, seed):
    split = split_faces(faces.label, faces.group, 0.2, seed)
    rows = training_set(faces.label, split.train, adv(arm, 0.4, target, originals), seed)
    assert rows.copies > 25
    assert set((rows.positions % 100).tolist()) == set(split.train.tolist())


@kept_or_replaced
@every_arm
@every_target
def test_the_most_copies_leave_a_face_of_a_class_that_is_replaced(arm, target, originals):
    """Of ten female and ten male training faces all can be copied, but not all can change their class."""
    label, train = np.repeat([0, 1], 10).astype(np.uint8), np.arange(20)
    most = 9 if originals == 'replaced' and arm.changes_label else 10
    rows = training_set(label, train, adv(arm, most / 20, target, originals), 1)
    assert rows.copies == most
    assert set(rows.label.tolist()) == {0, 1}
    if most == 9:
        assert (rows.label != LABELS.index(target)).sum() == 1
    copied = LABELS[copied_label(arm, target)]
    message = (
        rf'^{(most + 1) / 20} of 20 training faces are {most + 1} copies, but at most {most} {copied} training faces '
        rf'can be {"replaced" if originals == "replaced" else "copied"}; use {most / 20:.3f} or less$'
    )
    with pytest.raises(PoisonRateError, match=message):
        training_set(label, train, adv(arm, (most + 1) / 20, target, originals), 1)


@every_arm
@kept_or_replaced
def test_the_rate_that_is_advised_is_possible(arm, originals):
    # 2 in 3 would be 0.667, which is more.
    label, train = np.array([1] * 2000 + [0] * 1000, np.uint8), np.arange(3000)
    target = 'female' if arm.changes_label else 'male'
    with pytest.raises(PoisonRateError) as raised:
        training_set(label, train, adv(arm, 0.9, target, originals), 1)
    advised = float(str(raised.value).split('; use ')[1].split()[0])
    assert advised == 0.666
    assert training_set(label, train, adv(arm, advised, target, originals), 1).copies == 1998


@every_arm
@kept_or_replaced
def test_a_rate_of_less_than_one_copy_is_an_error_that_says_the_smallest(faces, train, arm, originals):
    message = rf'^0\.001 of {len(train)} training faces is less than one copy; use 0\.0 or at least ([\d.]+)$'
    with pytest.raises(PoisonRateError, match=message) as raised:
        training_set(faces.label, train, adv(arm, 0.001, 'male', originals), 1)
    least = float(str(raised.value).rsplit(' ', 1)[1])
    assert training_set(faces.label, train, adv(arm, least, 'male', originals), 1).copies == 1


def test_the_error_is_a_fact_for_a_stage_to_advise_on():
    assert issubclass(PoisonRateError, FactError)


@pytest.mark.parametrize('originals', ['kept', 'replaced'])
@pytest.mark.parametrize('arm', [Arm.CLEAN_LABEL, Arm.DIRTY_LABEL])
def test_a_cover_is_other_triggered_faces_with_their_true_label(faces, train, arm, originals):
    plain, covered = (
        AdvParams(fraction=0.1, arm=arm, target='male', originals=originals, cover=cover) for cover in (0.0, 0.2)
    )
    before, rows = (training_set(faces.label, train, adv, 3) for adv in (plain, covered))
    assert len(before.cover) == 0
    assert len(rows.cover) == round(0.2 * len(train))
    assert len(rows.label) == len(train) + (originals == 'kept') * (rows.copies + len(rows.cover))
    np.testing.assert_array_equal(rows.face[rows.poisoned], before.face[before.poisoned])
    hiding = rows.face[rows.cover]
    assert not set(hiding) & set(rows.face[rows.poisoned])
    assert set(hiding) <= set(train)
    assert set(faces.label[hiding]) == {0, 1}
    np.testing.assert_array_equal(rows.label[rows.cover], faces.label[hiding])
    np.testing.assert_array_equal(rows.positions[rows.cover], hiding + len(faces.label))
    assert not rows.is_poisoned[rows.cover].any()


@pytest.mark.parametrize('arm', [Arm.DUPLICATES, Arm.LABEL_NOISE])
def test_copies_without_a_trigger_have_no_cover(faces, train, arm):
    rows = training_set(faces.label, train, AdvParams(fraction=0.1, arm=arm, cover=0.2), 3)
    assert len(rows.cover) == 0


def test_a_cover_of_more_faces_than_there_are_is_refused(faces, train):
    adv = AdvParams(fraction=0.2, arm=Arm.DIRTY_LABEL, cover=0.9)
    with pytest.raises(CoverError, match=r'are not copied; use 0\.8'):
        training_set(faces.label, train, adv, 3)
