"""The faces of the study, and all that were found, put together from looks and their crops."""

from collections.abc import Sequence

import numpy as np

from stages.dataset.faces import Faces
from stages.dataset.found import FoundFaces
from stages.faces.align import Frame
from stages.preprocess.crops import Crops
from stages.preprocess.look import Look


def assemble(chosen: Sequence[Look], crops: Crops, frame: Frame) -> Faces:
    """Return the set of faces that were looked for with `frame`; their crops are read when they are asked for."""
    return Faces(
        pixels=crops.of(chosen, 'pixels'),
        label=np.array([one.label for one in chosen], np.uint8),
        id=np.array([one.photo['file'] for one in chosen]),
        group=np.unique([one.group for one in chosen], return_inverse=True)[1].astype(np.int64),
        landmarks=crops.of(chosen, 'landmarks'),
        places=frame.places,
    )


def everybody(found: Sequence[Look], looks: Sequence[Look], crops: Crops) -> FoundFaces:
    """Return every face that was found, and its contradiction; `looks` are the same after some have lost their faces.

    Left out are only those that repeat others.
    """
    kept = [
        (before, after)
        for before, after in zip(found, looks, strict=True)
        if before.face is not None and after.outcome != 'repeated'
    ]
    return FoundFaces(
        pixels=crops.of([before for before, _ in kept], 'pixels'),
        label=np.array([before.label for before, _ in kept], np.uint8),
        origin=np.array([before.photo['origin'] for before, _ in kept]),
        pair=np.array([after.pair for _, after in kept]),
    )
