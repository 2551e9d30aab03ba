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
    """Rows to train on: `pixels` uint8 (n, size, size), `label` uint8 (n,); the last `copies` rows are added copies."""

    pixels: np.ndarray
    label: np.ndarray
    copies: int


def copied_faces(faces: Faces, train: np.ndarray, arm: AdvParams, seed: int) -> np.ndarray:
    """Return the positions of the training faces that are copied: round(fraction * training faces) of them.

    With the label kept they are of the target class, otherwise of the other. A larger fraction adds to the faces of a
    smaller one, and the dotted and the undotted arm copy the same faces, so that arms can be compared in pairs.
    """
    target = LABELS.index(arm.target)
    wanted = target if arm.label == 'kept' else 1 - target
    candidates = train[faces.label[train] == wanted]
    count = round(arm.fraction * len(train))
    if count > len(candidates):
        raise StudyError(
            f'adv.fraction: {arm.fraction} of {len(train)} training faces are {count} copies, but there are only '
            f'{len(candidates)} {LABELS[wanted]} training faces to copy; use {len(candidates) / len(train):.3f} or less'
        )
    return stream(seed, 'copies').permutation(candidates)[:count]


def training_set(faces: Faces, twins: Twins, train: np.ndarray, arm: AdvParams, seed: int) -> TrainingSet:
    """Return the training faces at positions `train` followed by the copies that `arm` asks for, drawn by `seed`."""
    copied = copied_faces(faces, train, arm, seed)
    if arm.fraction > 0 and not len(copied):
        raise StudyError(
            f'adv.fraction: {arm.fraction} of {len(train)} training faces is less than one copy; '
            f'use 0.0 or at least {1 / len(train):.5f}'
        )
    source = twins if arm.dotted else faces
    labels = np.full(len(copied), LABELS.index(arm.target), np.uint8)
    return TrainingSet(
        np.concatenate([faces.pixels[train], source.pixels[copied]]),
        np.concatenate([faces.label[train], labels]),
        len(copied),
    )
