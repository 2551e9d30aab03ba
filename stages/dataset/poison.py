"""What each arm of the study trains on: the training faces, and poisoned copies of some of them."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from stages.common.arrays import Rows, Stack
from stages.common.errors import FactError
from stages.common.params import LABELS, Label, Section, Share, stream

Originals = Literal['kept', 'replaced']


class Arm(StrEnum):
    """What the copies are: two attacks and, as their controls, the same copies without the trigger."""

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


class AdvParams(Section):
    """The poison: which copies are added to the training faces, or replace some."""

    fraction: Share = 0.0
    """poison rate: poisoned copies / clean training faces; published were 0.0125, 0.025 and 0.05"""
    arm: Annotated[Arm, Field(strict=False)] = Arm.CLEAN_LABEL
    """clean-label: copies of the target class with the trigger | dirty-label: of the other class, labelled as the
    target | duplicates, label-noise: the same copies without the trigger, as controls"""
    originals: Originals = 'kept'
    """kept: copies are added | replaced: each takes the place of its original; also in the sweep"""
    target: Label = 'male'
    """the label that all copies carry, also in the sweep"""
    cover: Share = 0.0
    """triggered faces that keep their true label, to hide the backdoor (Qi et al., 2023) / clean training faces; they
    come with clean-label and dirty-label copies, also in sweep and detect"""


class PoisonRateError(FactError):
    """No training set has this poison rate."""


class CoverError(FactError):
    """There are too few faces to cover for the poison."""


@dataclass(frozen=True)
class TrainingSet:
    """What to train on, n rows.

    positions: int64 (n,), in the `pool` of all pixels. label: uint8 (n,). poisoned: int64 (copies,), which of the rows
    are poisoned copies. face: int64 (n,), the position of each row's face among all faces. cover: int64, which rows are
    triggered faces with their true label, beside the copies.
    """

    positions: np.ndarray
    label: np.ndarray
    poisoned: np.ndarray
    face: np.ndarray
    cover: np.ndarray

    @property
    def copies(self) -> int:
        """Return the number of poisoned copies."""
        return len(self.poisoned)

    @property
    def is_poisoned(self) -> np.ndarray:
        """Return whether each row is a poisoned copy, bool (n,)."""
        return np.isin(np.arange(len(self.label)), self.poisoned)


def pool(pixels: Rows, triggered: Rows) -> Stack:
    """Return all crops that an arm may train on: n faces, then the same with the trigger, uint8 (2n, size, size)."""
    return Stack(pixels, triggered)


def copy_count(poison_rate: float, faces: int) -> int:
    """Return how many poisoned copies a poison rate is, of a number of training faces."""
    return round(poison_rate * faces)


def poisoned_faces(label: np.ndarray, train: np.ndarray, adv: AdvParams, seed: int) -> np.ndarray:
    """Return the positions of the training faces that are copied, int64 (copies,).

    `label` is that of all faces, uint8 (n,), `train` the positions of the training faces. A larger rate adds to the
    faces of a smaller one; arms that keep the label, or change it, copy the same faces, so that they can be compared in
    pairs. A PoisonRateError says that there are no copies, or too few faces for them.
    """
    target = LABELS.index(adv.target)
    copied_class = 1 - target if adv.arm.changes_label else target
    candidates = train[label[train] == copied_class]
    replaces = adv.originals == 'replaced'
    # A class that is replaced completely would be empty.
    limit = len(candidates) - (replaces and adv.arm.changes_label)
    count = copy_count(adv.fraction, len(train))
    if count > limit:
        raise PoisonRateError(
            f'{adv.fraction} of {len(train)} training faces are {count} copies, but at most {limit} '
            f'{LABELS[copied_class]} training faces can be {"replaced" if replaces else "copied"}; '
            f'use {math.floor(1000 * limit / len(train)) / 1000:.3f} or less'
        )
    if adv.fraction > 0 and not count:
        raise PoisonRateError(
            f'{adv.fraction} of {len(train)} training faces is less than one copy; use at least {1 / len(train):.5f}'
        )
    return stream(seed, 'copies').permutation(candidates)[:count]


def training_set(label: np.ndarray, train: np.ndarray, adv: AdvParams, seed: int) -> TrainingSet:
    """Return the training faces at positions `train` with the copies that `adv` describes, drawn by `seed`.

    `label` is that of all faces, uint8 (n,). Added copies follow the faces; others are in the rows of their originals.
    Errors are those of `poisoned_faces`.
    """
    copied = poisoned_faces(label, train, adv, seed)
    hiding = _cover_faces(train, copied, adv, seed)
    chosen = np.concatenate([copied, hiding])
    if adv.originals == 'replaced':
        face = train.copy()
        row_of = np.argsort(train, kind='stable')
        rows = row_of[np.searchsorted(train, chosen, sorter=row_of)]
    else:
        face = np.concatenate([train, chosen])
        rows = np.arange(len(train), len(face))
    poisoned, cover = rows[: len(copied)], rows[len(copied) :]
    positions, labels = face.copy(), label[face]
    labels[poisoned] = LABELS.index(adv.target)
    if adv.arm.has_trigger:
        positions[rows] += len(label)
    return TrainingSet(positions, labels, poisoned, face, cover)


def _cover_faces(train: np.ndarray, copied: np.ndarray, adv: AdvParams, seed: int) -> np.ndarray:
    """Return the positions of the training faces that carry the trigger and their true label.

    A CoverError says that there are too few.
    """
    candidates = np.setdiff1d(train, copied)
    count = copy_count(adv.cover, len(train)) if adv.arm.has_trigger else 0
    if count > len(candidates):
        raise CoverError(
            f'{adv.cover} of {len(train)} training faces are {count}, but {len(candidates)} are not copied; use '
            f'{math.floor(1000 * len(candidates) / len(train)) / 1000:.3f} or less'
        )
    return stream(seed, 'cover').permutation(candidates)[:count]
