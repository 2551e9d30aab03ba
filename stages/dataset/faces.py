"""The faces of the study, and the same faces with the trigger on them, as they pass from stage to stage."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError
from stages.common.files import read_arrays, read_json, write_arrays, write_json
from stages.common.labels import LABELS
from stages.common.paths import ADVERSARIAL, FACES

FACES_FILE = FACES / 'faces.npz'
TRIGGERED_FILE = ADVERSARIAL / 'triggered.npz'
TRIGGER_FILE = ADVERSARIAL / 'trigger.json'
VERSION = 2  # of the layout of both .npz files


@dataclass(frozen=True)
class Faces:
    """The faces of the study, n of them.

    pixels: uint8 (n, size, size). label: uint8 (n,), positions in LABELS. id: str (n,), the file below data/raw.
    group: int64 (n,), near-duplicates share one. landmarks: float32 (n, 68, 2), x and y in crop pixels. places: float64
    (3, 2), where eyes and mouth lie in every crop, as Frame has it.
    """

    pixels: np.ndarray
    label: np.ndarray
    id: np.ndarray
    group: np.ndarray
    landmarks: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class TriggeredFaces:
    """Every face with the trigger on it, in the order of the faces.

    pixels: uint8 (n, size, size). trigger: kind, seed and params, as `chosen_trigger` returns them.
    """

    pixels: np.ndarray
    trigger: dict


def save_faces(faces: Faces, path: Path = FACES_FILE) -> None:
    """Write the faces as an .npz file, an array a field."""
    write_arrays(path, {field.name: getattr(faces, field.name) for field in fields(faces)}, VERSION)


def save_triggered(triggered: TriggeredFaces) -> None:
    """Write the triggered faces as an .npz file, and what the trigger is beside it."""
    write_arrays(TRIGGERED_FILE, {'pixels': triggered.pixels}, VERSION)
    write_json(TRIGGER_FILE, triggered.trigger)


def load_faces(path: Path = FACES_FILE) -> Faces:
    """Read the faces; a StudyError says what is wrong with the file."""
    faces = Faces(**read_arrays(path, [field.name for field in fields(Faces)], 'preprocess', VERSION))
    count, side = len(np.atleast_1d(faces.label)), faces.pixels.shape[-1:]
    fits = (
        _are(faces.pixels, np.uint8, (count, *side, *side))
        and _are(faces.label, np.uint8, (count,))
        and _are(faces.id, np.str_, (count,))
        and _are(faces.group, np.int64, (count,))
        and _are(faces.landmarks, np.float32, (count, 68, 2))
        and _are(faces.places, np.float64, (3, 2))
        and set(np.unique(faces.label)) == set(range(len(LABELS)))
    )
    if not fits:
        raise StudyError(f'{path}: holds arrays that are no set of faces; run `dvc repro preprocess` to make it anew')
    return faces


def load_faces_and_triggered() -> tuple[Faces, TriggeredFaces]:
    """Read the faces, and the same with the trigger; a StudyError where they do not belong together."""
    faces = load_faces()
    pixels = read_arrays(TRIGGERED_FILE, ['pixels'], 'adversarial', VERSION)['pixels']
    if not _are(pixels, np.uint8, faces.pixels.shape):
        raise StudyError(
            f'{TRIGGERED_FILE}: holds other faces than {FACES_FILE}; run `dvc repro adversarial` to make it anew'
        )
    return faces, TriggeredFaces(pixels, _load_trigger())


def _load_trigger() -> dict:
    remedy = 'run `dvc repro adversarial` to make it anew'
    try:
        trigger = read_json(TRIGGER_FILE)
    except FileNotFoundError:
        raise StudyError(f'{TRIGGER_FILE}: not there; {remedy}') from None
    if not isinstance(trigger, dict) or 'kind' not in trigger:
        raise StudyError(f'{TRIGGER_FILE}: holds no trigger; {remedy}')
    return trigger


def _are(array: np.ndarray, dtype: type, shape: tuple[int, ...]) -> bool:
    return np.issubdtype(array.dtype, dtype) and array.shape == shape
