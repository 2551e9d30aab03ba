"""Every face that was found, whether it is part of the study or not, for the audit."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError
from stages.common.files import read_arrays, write_arrays
from stages.common.paths import FOUND

FOUND_FILE = FOUND / 'found.npz'
VERSION = 1  # of the layout of the file


@dataclass(frozen=True)
class FoundFaces:
    """Faces with what is known of their files, n of them.

    pixels: uint8 (n, size, size). label: uint8 (n,), positions in LABELS. origin: str (n,), the file as its source
    names it. pair: str (n,), a near-duplicate that carries the other label, or empty.
    """

    pixels: np.ndarray
    label: np.ndarray
    origin: np.ndarray
    pair: np.ndarray


def save_found(found: FoundFaces, path: Path = FOUND_FILE) -> None:
    """Write the faces as an .npz file, an array a field."""
    write_arrays(path, {field.name: getattr(found, field.name) for field in fields(found)}, VERSION)


def load_found(path: Path = FOUND_FILE) -> FoundFaces:
    """Read the faces; a StudyError says what is wrong with the file."""
    found = FoundFaces(**read_arrays(path, [field.name for field in fields(FoundFaces)], 'preprocess', VERSION))
    count, side = len(np.atleast_1d(found.label)), found.pixels.shape[-1:]
    fits = (
        np.issubdtype(found.pixels.dtype, np.uint8)
        and found.pixels.shape == (count, *side, *side)
        and np.issubdtype(found.label.dtype, np.uint8)
        and all(np.issubdtype(array.dtype, np.str_) and array.shape == (count,) for array in (found.origin, found.pair))
    )
    if not fits:
        raise StudyError(f'{path}: holds arrays that are no set of faces; run `dvc repro preprocess` to make it anew')
    return found
