"""Training sets of each arm: 100 made-up faces, of which face i with the trigger is row 100 + i of the pool."""

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
    """Return the label of the faces that are copied, as described in the README."""
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


def test_pool_has_all_faces_followed_by_all_triggered_faces(faces, triggered):
    pixels = pool(faces.pixels, triggered.pixels)
    assert (pixels.dtype, pixels.shape) == (np.uint8, (200, 8, 8))
    np.testing.assert_array_equal(pixels[:][:, 0, 0], np.arange(200))


@every_arm
@every_target
@kept_or_replaced
def test_training_set_without_poison_is_the_training_faces(faces, train, arm, target, originals):
    rows = training_set(faces.label, train, adv(arm, 0.0, target, originals), 1)
    np.testing.assert_array_equal(rows.positions, train)
    np.testing.assert_array_equal(rows.label, faces.label[train])
    np.testing.assert_array_equal(rows.face, train)
    assert rows.copies == len(rows.poisoned) == 0


@every_arm
@every_target
@kept_or_replaced
@pytest.mark.parametrize('rate', [0.1, 0.4])
def test_poisoned_rows_are_copies_of_the_right_class_with_the_target_label(faces, train, arm, target, originals, rate):
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
def test_all_other_rows_are_unchanged_faces(faces, train, arm, target, originals):
    rows = training_set(faces.label, train, adv(arm, 0.2, target, originals), 1)
    clean = np.setdiff1d(np.arange(len(rows.positions)), rows.poisoned)
    np.testing.assert_array_equal(rows.positions[clean], rows.face[clean])
    np.testing.assert_array_equal(rows.label[clean], faces.label[rows.face[clean]])


@every_arm
@every_target
@kept_or_replaced
def test_arrays_have_equal_lengths_and_the_documented_types(faces, train, arm, target, originals):
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
def test_added_copies_follow_all_training_faces(faces, train, arm, target):
    rows = training_set(faces.label, train, adv(arm, 0.2, target), 1)
    np.testing.assert_array_equal(rows.face[: len(train)], train)
    np.testing.assert_array_equal(rows.poisoned, np.arange(len(train), len(train) + rows.copies))


@every_arm
@every_target
@pytest.mark.parametrize('shuffled', [False, True])
def test_replacing_copies_take_the_rows_of_their_originals(faces, train, arm, target, shuffled):
    if shuffled:
        train = np.random.default_rng(5).permutation(train)
    poison = adv(arm, 0.2, target, 'replaced')
    rows = training_set(faces.label, train, poison, 1)
    np.testing.assert_array_equal(rows.face, train)
    np.testing.assert_array_equal(train[rows.poisoned], poisoned_faces(faces.label, train, poison, 1))
    # The originals are gone: no face occurs twice.
    assert len(set((rows.positions % 100).tolist())) == len(train)


@every_arm
@kept_or_replaced
def test_arguments_are_not_modified(faces, train, arm, originals):
    label, before = faces.label.copy(), train.copy()
    training_set(faces.label, train, adv(arm, 0.2, 'male', originals), 1)
    np.testing.assert_array_equal(faces.label, label)
    np.testing.assert_array_equal(train, before)


@every_target
def test_replacing_duplicates_equal_no_poison_bit_for_bit(faces, train, target):
    rows = training_set(faces.label, train, adv(Arm.DUPLICATES, 0.3, target, 'replaced'), 1)
    without = training_set(faces.label, train, adv(Arm.DUPLICATES, 0.0, target), 1)
    for name in ('positions', 'label', 'face'):
        assert getattr(rows, name).tobytes() == getattr(without, name).tobytes()


@every_target
def test_replacing_label_noise_changes_only_labels(faces, train, target):
    rows = training_set(faces.label, train, adv(Arm.LABEL_NOISE, 0.3, target, 'replaced'), 1)
    np.testing.assert_array_equal(rows.positions, train)
    changed = np.flatnonzero(rows.label != faces.label[train])
    assert len(changed) == round(0.3 * len(train))
    np.testing.assert_array_equal(changed, np.sort(rows.poisoned))


@every_target
@pytest.mark.parametrize(('attack', 'control'), PAIRS)
@kept_or_replaced
def test_attack_and_its_control_differ_only_in_the_trigger(faces, triggered, train, attack, control, target, originals):
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
def test_kept_and_replaced_copies_are_of_the_same_faces(faces, train, arm):
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
def test_seed_decides_which_faces_are_copied(faces, train, arm):
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
def test_maximum_number_of_copies_leaves_a_face_of_a_replaced_class(arm, target, originals):
    """All of the ten female and ten male training faces can be copied, but not all of a class can be relabelled."""
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
def test_advised_rate_is_possible(arm, originals):
    # Rounding 2/3 to 0.667 would be too much.
    label, train = np.array([1] * 2000 + [0] * 1000, np.uint8), np.arange(3000)
    target = 'female' if arm.changes_label else 'male'
    with pytest.raises(PoisonRateError) as raised:
        training_set(label, train, adv(arm, 0.9, target, originals), 1)
    advised = float(str(raised.value).split('; use ')[1].split()[0])
    assert advised == 0.666
    assert training_set(label, train, adv(arm, advised, target, originals), 1).copies == 1998


@every_arm
@kept_or_replaced
def test_rate_of_less_than_one_copy_is_an_error_with_the_smallest_rate(faces, train, arm, originals):
    message = rf'^0\.001 of {len(train)} training faces is less than one copy; use at least ([\d.]+)$'
    with pytest.raises(PoisonRateError, match=message) as raised:
        training_set(faces.label, train, adv(arm, 0.001, 'male', originals), 1)
    least = float(str(raised.value).rsplit(' ', 1)[1])
    assert training_set(faces.label, train, adv(arm, least, 'male', originals), 1).copies == 1


def test_error_is_a_fact_error():
    assert issubclass(PoisonRateError, FactError)


@pytest.mark.parametrize('originals', ['kept', 'replaced'])
@pytest.mark.parametrize('arm', [Arm.CLEAN_LABEL, Arm.DIRTY_LABEL])
def test_cover_has_other_triggered_faces_with_their_true_label(faces, train, arm, originals):
    plain, covered = (
        AdvParams(fraction=0.1, arm=arm, target='male', originals=originals, cover=cover) for cover in (0.0, 0.2)
    )
    before, rows = (training_set(faces.label, train, adv, 3) for adv in (plain, covered))
    assert len(before.cover) == 0
    assert len(rows.cover) == round(0.2 * len(train))
    assert len(rows.label) == len(train) + (originals == 'kept') * (rows.copies + len(rows.cover))
    np.testing.assert_array_equal(rows.face[rows.poisoned], before.face[before.poisoned])
    cover_faces = rows.face[rows.cover]
    assert not set(cover_faces) & set(rows.face[rows.poisoned])
    assert set(cover_faces) <= set(train)
    assert set(faces.label[cover_faces]) == {0, 1}
    np.testing.assert_array_equal(rows.label[rows.cover], faces.label[cover_faces])
    np.testing.assert_array_equal(rows.positions[rows.cover], cover_faces + len(faces.label))
    assert not rows.is_poisoned[rows.cover].any()


@pytest.mark.parametrize('arm', [Arm.DUPLICATES, Arm.LABEL_NOISE])
def test_copies_without_a_trigger_have_no_cover(faces, train, arm):
    rows = training_set(faces.label, train, AdvParams(fraction=0.1, arm=arm, cover=0.2), 3)
    assert len(rows.cover) == 0


def test_cover_that_needs_too_many_faces_is_refused_and_all_that_there_are_can_be_used(faces, train):
    adv = AdvParams(fraction=0.2, arm=Arm.DIRTY_LABEL, cover=0.9)
    with pytest.raises(CoverError, match=r'are not copied; use 0\.8'):
        training_set(faces.label, train, adv, 3)
    rows = training_set(faces.label, train, adv.model_copy(update={'cover': 0.8}), 3)
    assert {*rows.face[rows.cover], *rows.face[rows.poisoned]} == {*train}
