"""What each arm of the study trains on: the training faces, and copies of some of them."""

from dataclasses import dataclass

import numpy as np

from stages.common.errors import StudyError
from stages.common.labels import LABELS
from stages.common.seeds import stream
from stages.params import AdvParams
from stages.study.data import Faces, Twins


@dataclass(frozen=True)
class TrainingSet:
    """What to train on: rows of the pool of all pixels, and what they are labelled.

    positions: int64 (n,), in the `pool`; the last `copies` of them are the added copies. label: uint8 (n,).
    """

    positions: np.ndarray
    label: np.ndarray
    copies: int


def pool(faces: Faces, twins: Twins) -> np.ndarray:
    """Return all pixels that an arm may train on: those of the n faces, then of their twins, uint8 (2n, size, size)."""
    return np.concatenate([faces.pixels, twins.pixels])


def copied_faces(
    label: np.ndarray, train: np.ndarray, arm: AdvParams, seed: int, knob: str = 'adv.fraction'
) -> np.ndarray:
    """Return the positions of the training faces that are copied: round(fraction * training faces) of them.

    With the label kept they are of the target class, otherwise of the other. A larger fraction adds to the faces of a
    smaller one, and the dotted and the undotted arm copy the same faces, so that arms can be compared in pairs.
    A fraction that no copy or too many would come of is refused, by the name of the param, `knob`.
    """
    target = LABELS.index(arm.target)
    wanted = target if arm.label == 'kept' else 1 - target
    candidates = train[label[train] == wanted]
    count = round(arm.fraction * len(train))
    if count > len(candidates):
        raise StudyError(
            f'{knob}: {arm.fraction} of {len(train)} training faces are {count} copies, but there are only '
            f'{len(candidates)} {LABELS[wanted]} training faces to copy; use {len(candidates) / len(train):.3f} or less'
        )
    if arm.fraction > 0 and not count:
        raise StudyError(
            f'{knob}: {arm.fraction} of {len(train)} training faces is less than one copy; '
            f'use 0.0 or at least {1 / len(train):.5f}'
        )
    return stream(seed, 'copies').permutation(candidates)[:count]


def training_set(label: np.ndarray, train: np.ndarray, arm: AdvParams, seed: int) -> TrainingSet:
    """Return the training faces at positions `train` followed by the copies that `arm` asks for, drawn by `seed`.

    `label` is that of all faces, uint8 (n,).
    """
    copied = copied_faces(label, train, arm, seed)
    labels = np.full(len(copied), LABELS.index(arm.target), np.uint8)
    first_twin = len(label)
    return TrainingSet(
        np.concatenate([train, copied + first_twin if arm.dotted else copied]),
        np.concatenate([label[train], labels]),
        len(copied),
    )
