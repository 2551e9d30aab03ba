"""Every face that was found, whether it is part of the study or not, for the audit."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.common.arrays import Stack, map_fields, save_fields
from stages.common.errors import StudyError
from stages.common.files import FOUND

VERSION = 2  # of the layout of the folder


@dataclass(frozen=True)
class FoundFaces:
    """Faces with what is known of their files, n of them.

    pixels: uint8 (n, size, size). label: uint8 (n,), positions in LABELS. origin: str (n,), the file as its source
    names it. pair: str (n,), a near-duplicate that carries the other label, or empty. From disk, they come as maps of
    files.
    """

    pixels: np.ndarray | Stack
    label: np.ndarray
    origin: np.ndarray
    pair: np.ndarray


def save_found(found: FoundFaces, folder: Path = FOUND) -> None:
    """Write the faces into a folder, an array a field."""
    save_fields(folder, found, VERSION)


def load_found(folder: Path = FOUND) -> FoundFaces:
    """Map the faces into memory; a StudyError says what is wrong with their files."""
    found = map_fields(folder, FoundFaces, 'preprocess', VERSION)
    count, side = len(np.atleast_1d(found.label)), found.pixels.shape[-1:]
    fits = (
        np.issubdtype(found.pixels.dtype, np.uint8)
        and found.pixels.shape == (count, *side, *side)
        and np.issubdtype(found.label.dtype, np.uint8)
        and all(np.issubdtype(array.dtype, np.str_) and array.shape == (count,) for array in (found.origin, found.pair))
    )
    if not fits:
        raise StudyError(f'{folder}: holds arrays that are no set of faces; run `dvc repro preprocess` to make it anew')
    return found
