"""The faces and their dotted twins, as they pass from stage to stage."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError
from stages.common.files import read_arrays, write_arrays

METRICS = Path('metrics')
FACES = Path('data/faces/faces.npz')
TWINS = Path('data/adversarial/adversarial.npz')


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
    write_arrays(path, {field.name: getattr(content, field.name) for field in fields(content)})


def load_faces(path: Path = FACES) -> Faces:
    """Read the faces; a StudyError says why it cannot."""
    return Faces(**read_arrays(path, [field.name for field in fields(Faces)], made_by='preprocess'))


def load_faces_and_twins() -> tuple[Faces, Twins]:
    """Read the faces and their dotted twins; a StudyError where they do not belong together."""
    faces = load_faces()
    twins = Twins(**read_arrays(TWINS, [field.name for field in fields(Twins)], made_by='adversarial'))
    if twins.pixels.shape != faces.pixels.shape:
        raise StudyError(f'{TWINS}: holds other faces than {FACES}; run `dvc repro adversarial` to make it anew')
    return faces, twins
