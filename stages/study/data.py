"""The faces and their dotted twins, as they pass from stage to stage."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError
from stages.common.files import read_arrays, write_arrays
from stages.common.labels import LABELS

METRICS = Path('metrics')
FACES = Path('data/faces/faces.npz')
TWINS = Path('data/adversarial/adversarial.npz')
VERSION = 1  # of the layout of both files


@dataclass(frozen=True)
class Faces:
    """The faces of the study, n of them.

    pixels: uint8 (n, size, size). label: uint8 (n,), positions in LABELS. id: str (n,), the file below data/raw.
    group: int64 (n,), near-duplicates share one. landmarks: float32 (n, 68, 2), x and y in crop pixels.
    """

    pixels: np.ndarray
    label: np.ndarray
    id: np.ndarray
    group: np.ndarray
    landmarks: np.ndarray


@dataclass(frozen=True)
class Twins:
    """The dotted twin of every face, in the order of the faces.

    pixels: uint8 (n, size, size). eye: uint8 (n,), 0 right or 1 left of the person. dots: float32 (n, count, 2), their
    centres, and radius: float32 (n,), both in crop pixels.
    """

    pixels: np.ndarray
    eye: np.ndarray
    dots: np.ndarray
    radius: np.ndarray


def save(content: Faces | Twins, path: Path) -> None:
    """Write faces or twins as an .npz file, an array a field."""
    write_arrays(path, {field.name: getattr(content, field.name) for field in fields(content)}, VERSION)


def load_faces(path: Path = FACES) -> Faces:
    """Read the faces; a StudyError says why it cannot."""
    faces = Faces(**read_arrays(path, [field.name for field in fields(Faces)], 'preprocess', VERSION))
    count, side = len(np.atleast_1d(faces.label)), faces.pixels.shape[-1:]
    fits = (
        _are(faces.pixels, np.uint8, (count, *side, *side))
        and _are(faces.label, np.uint8, (count,))
        and _are(faces.id, np.str_, (count,))
        and _are(faces.group, np.int64, (count,))
        and _are(faces.landmarks, np.float32, (count, 68, 2))
        and set(np.unique(faces.label)) == set(range(len(LABELS)))
    )
    if not fits:
        raise StudyError(f'{path}: holds arrays that are no set of faces; run `dvc repro preprocess` to make it anew')
    return faces


def load_faces_and_twins() -> tuple[Faces, Twins]:
    """Read the faces and their dotted twins; a StudyError where they do not belong together."""
    faces = load_faces()
    twins = Twins(**read_arrays(TWINS, [field.name for field in fields(Twins)], 'adversarial', VERSION))
    count, dots = len(faces.label), twins.dots.shape[1:2]
    fits = (
        _are(twins.pixels, np.uint8, faces.pixels.shape)
        and _are(twins.eye, np.uint8, (count,))
        and _are(twins.dots, np.float32, (count, *dots, 2))
        and _are(twins.radius, np.float32, (count,))
    )
    if not fits:
        raise StudyError(f'{TWINS}: holds other faces than {FACES}; run `dvc repro adversarial` to make it anew')
    return faces, twins


def _are(array: np.ndarray, dtype: type, shape: tuple[int, ...]) -> bool:
    return np.issubdtype(array.dtype, dtype) and array.shape == shape
