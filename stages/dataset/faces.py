"""The faces of the study, and the same faces with the trigger on them, as they pass from stage to stage."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.common.arrays import Stack, array_folder, map_arrays, map_fields, save_blocks, save_fields
from stages.common.errors import StudyError
from stages.common.files import ADVERSARIAL, FACES, read_json, write_json
from stages.common.params import LABELS

TRIGGER_FILE = ADVERSARIAL / 'trigger.json'
VERSION = 3  # of the layout of both folders


@dataclass(frozen=True)
class Faces:
    """The faces of the study, n of them.

    pixels: uint8 (n, size, size). label: uint8 (n,), positions in LABELS. id: str (n,), the file below data/raw.
    group: int64 (n,), near-duplicates share one. landmarks: float32 (n, 68, 2), x and y in crop pixels. places: float64
    (3, 2), where eyes and mouth lie in every crop, as Frame has it. From disk, they come as maps of files.
    """

    pixels: np.ndarray | Stack
    label: np.ndarray
    id: np.ndarray
    group: np.ndarray
    landmarks: np.ndarray | Stack
    places: np.ndarray


@dataclass(frozen=True)
class TriggeredFaces:
    """Every face with the trigger on it, in the order of the faces.

    pixels: uint8 (n, size, size). trigger: kind, seed and params, as `chosen_trigger` returns them.
    """

    pixels: np.ndarray
    trigger: dict


def save_faces(faces: Faces, folder: Path = FACES) -> None:
    """Write the faces into a folder, an array a field."""
    save_fields(folder, faces, VERSION)


def save_triggered(faces: Iterator[np.ndarray], shape: tuple[int, ...], trigger: dict) -> None:
    """Write triggered faces, uint8 (size, size) each, as they come, and what the trigger is.

    `shape` is that of them all, (n, size, size).
    """
    with array_folder(ADVERSARIAL, VERSION) as draft:
        save_blocks(draft, 'pixels', faces, shape, np.uint8)
        write_json(draft / TRIGGER_FILE.name, trigger)


def load_faces(folder: Path = FACES) -> Faces:
    """Map the faces into memory; a StudyError says what is wrong with their files."""
    faces = map_fields(folder, Faces, 'preprocess', VERSION)
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
        raise StudyError(f'{folder}: holds arrays that are no set of faces; run `dvc repro preprocess` to make it anew')
    return faces


def load_faces_and_triggered() -> tuple[Faces, TriggeredFaces]:
    """Map the faces into memory, and the same with the trigger; a StudyError where they do not belong together."""
    faces = load_faces()
    pixels = map_arrays(ADVERSARIAL, ['pixels'], 'adversarial', VERSION)['pixels']
    if not _are(pixels, np.uint8, faces.pixels.shape):
        raise StudyError(f'{ADVERSARIAL}: holds other faces than {FACES}; run `dvc repro adversarial` to make it anew')
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
