"""What each arm of the study trains on: the training faces, and poisoned copies of some of them."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stages.common.arrays import Stack
from stages.common.errors import FactError
from stages.common.params import LABELS, stream


class Arm(StrEnum):
    """What the copies are: two attacks and, the same copies without the trigger, their controls."""

    CLEAN_LABEL = 'clean-label'
    DIRTY_LABEL = 'dirty-label'
    DUPLICATES = 'duplicates'
    LABEL_NOISE = 'label-noise'

    @property
    def has_trigger(self) -> bool:
        """Whether the trigger is on the copies."""
        return self in (Arm.CLEAN_LABEL, Arm.DIRTY_LABEL)

    @property
    def changes_label(self) -> bool:
        """Whether the copies are of the other class than the target, whose label they all carry."""
        return self in (Arm.DIRTY_LABEL, Arm.LABEL_NOISE)


class PoisonRateError(FactError):
    """No training set has this poison rate."""


@dataclass(frozen=True)
class Poison:
    """Which copies are made: `rate` is poisoned copies / clean training faces, `target` the label that they carry.

    replaces: each copy takes the place of its original, as in BackdoorBench; otherwise it is added.
    """

    arm: Arm
    rate: float
    target: str
    replaces: bool = False


@dataclass(frozen=True)
class TrainingSet:
    """What to train on, n rows.

    positions: int64 (n,), in the `pool` of all pixels. label: uint8 (n,). poisoned: int64 (copies,), which of the rows
    are poisoned copies. face: int64 (n,), the position of each row's face among all faces.
    """

    positions: np.ndarray
    label: np.ndarray
    poisoned: np.ndarray
    face: np.ndarray

    @property
    def copies(self) -> int:
        """Return the number of poisoned copies."""
        return len(self.poisoned)


def pool(pixels: np.ndarray, triggered: np.ndarray) -> Stack:
    """Return all crops that an arm may train on: n faces, then the same with the trigger, uint8 (2n, size, size)."""
    return Stack(pixels, triggered)


def poisoned_faces(label: np.ndarray, train: np.ndarray, poison: Poison, seed: int) -> np.ndarray:
    """Return the positions of the training faces that are copied: int64 (round(rate * training faces),).

    `label` is that of all faces, uint8 (n,), `train` the positions of the training faces. A larger rate adds to the
    faces of a smaller one; arms that keep the label, or change it, copy the same faces, so that they can be compared in
    pairs. A PoisonRateError says that there are no copies, or too few faces for them.
    """
    target = LABELS.index(poison.target)
    wanted = 1 - target if poison.arm.changes_label else target
    candidates = train[label[train] == wanted]
    # A class that is replaced as a whole would be gone.
    most = len(candidates) - (poison.replaces and poison.arm.changes_label)
    count = round(poison.rate * len(train))
    if count > most:
        raise PoisonRateError(
            f'{poison.rate} of {len(train)} training faces are {count} copies, but at most {most} '
            f'{LABELS[wanted]} training faces can be {"replaced" if poison.replaces else "copied"}; '
            f'use {math.floor(1000 * most / len(train)) / 1000:.3f} or less'
        )
    if poison.rate > 0 and not count:
        raise PoisonRateError(
            f'{poison.rate} of {len(train)} training faces is less than one copy; '
            f'use 0.0 or at least {1 / len(train):.5f}'
        )
    return stream(seed, 'copies').permutation(candidates)[:count]


def training_set(label: np.ndarray, train: np.ndarray, poison: Poison, seed: int) -> TrainingSet:
    """Return the training faces at positions `train` with the copies that `poison` asks for, drawn by `seed`.

    `label` is that of all faces, uint8 (n,). Copies that are added follow the faces; others stand where their originals
    stood. Errors are those of `poisoned_faces`.
    """
    copied = poisoned_faces(label, train, poison, seed)
    if poison.replaces:
        face = train.copy()
        row_of = np.argsort(train, kind='stable')
        poisoned = row_of[np.searchsorted(train, copied, sorter=row_of)]
    else:
        face = np.concatenate([train, copied])
        poisoned = np.arange(len(train), len(face))
    positions, labels = face.copy(), label[face]
    labels[poisoned] = LABELS.index(poison.target)
    if poison.arm.has_trigger:
        positions[poisoned] += len(label)
    return TrainingSet(positions, labels, poisoned, face)
