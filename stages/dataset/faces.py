"""Faces, and the same faces with the trigger on them, as they pass from stage to stage."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import joblib
import numpy as np
from pydantic import BaseModel

from stages.common.arrays import Rows, array_folder, map_arrays, map_fields, regenerate, save_blocks, save_fields
from stages.common.errors import StudyError
from stages.common.files import ADVERSARIAL, FACES, read_json, write_json
from stages.common.params import LABELS

TRIGGER_FILE = ADVERSARIAL / 'trigger.json'
VERSION = 4  # of the layout of both folders


@dataclass(frozen=True)
class Faces:
    """Faces, n of them; from disk, they come as maps of files.

    pixels: uint8 (n, size, size). label: uint8 (n,), positions in LABELS. file: str (n,), below data/raw. origin: str
    (n,), the file as its source names it. group: int64 (n,), near-duplicates share one. pair: str (n,), the origin of a
    near-duplicate that carries the other label, or empty. landmarks: float32 (n, 68, 2), x and y in crop pixels.
    number: int64 (n,), rising in the order in which the source gave the photos. is_chosen: bool (n,), whether the face
    is part of the study: such faces come first. places: float64 (3, 2), where eyes and mouth lie in every crop, as in
    Frame.
    """

    pixels: Rows
    label: np.ndarray
    file: np.ndarray
    origin: np.ndarray
    group: np.ndarray
    pair: np.ndarray
    landmarks: Rows
    number: np.ndarray
    is_chosen: np.ndarray
    places: np.ndarray

    def take(self, rows: np.ndarray | slice) -> 'Faces':
        """Return the faces at some positions, int64 (k,), or of a slice, which makes no copy."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        return Faces(**{name: array if name == 'places' else array[rows] for name, array in arrays.items()})


@dataclass(frozen=True)
class TriggeredFaces:
    """Every face of the study with the trigger on it, in the order of the faces.

    pixels: uint8 (n, size, size). trigger: kind, seed and params, as `chosen_trigger` returns them.
    """

    pixels: np.ndarray
    trigger: dict


def fingerprint(faces: Faces, trigger: dict | None, *params: object) -> str:
    """Return a hash of faces, the trigger on them and some params: results of others are outdated."""
    plain = [param.model_dump() if isinstance(param, BaseModel) else param for param in params]
    return joblib.hash([np.asarray(faces.pixels), faces.label, trigger, plain], coerce_mmap=True)


def save_faces(faces: Faces, folder: Path = FACES) -> None:
    """Write faces into a folder, an array a field."""
    save_fields(folder, faces, VERSION)


def save_triggered(faces: Iterator[np.ndarray], shape: tuple[int, ...], trigger: dict) -> None:
    """Write triggered faces, uint8 (size, size) each, as they come, and what the trigger is.

    `shape` is that of them all, (n, size, size).
    """
    with array_folder(ADVERSARIAL, VERSION) as draft:
        save_blocks(draft, 'pixels', faces, shape, np.uint8)
        write_json(draft / TRIGGER_FILE.name, trigger)


def load_all_faces(folder: Path = FACES) -> Faces:
    """Map all faces that were found into memory, in the order of the source; a StudyError names a damaged file."""
    faces = _load(folder)
    return faces.take(np.argsort(faces.number, kind='stable'))


def load_faces(folder: Path = FACES) -> Faces:
    """Map the faces of the study into memory; a StudyError names a damaged file."""
    faces = _load(folder)
    return faces.take(slice(int(faces.is_chosen.sum())))


def _load(folder: Path) -> Faces:
    faces = map_fields(folder, Faces, 'preprocess', VERSION)
    count, side = len(np.atleast_1d(faces.label)), faces.pixels.shape[-1:]
    expected = {
        'pixels': (np.uint8, (count, *side, *side)),
        'label': (np.uint8, (count,)),
        'file': (np.str_, (count,)),
        'origin': (np.str_, (count,)),
        'group': (np.int64, (count,)),
        'pair': (np.str_, (count,)),
        'landmarks': (np.float32, (count, 68, 2)),
        'number': (np.int64, (count,)),
        'is_chosen': (np.bool_, (count,)),
        'places': (np.float64, (3, 2)),
    }
    if not (
        all(_is(getattr(faces, name), *kind) for name, kind in expected.items())
        and set(np.unique(faces.label)) == set(range(len(LABELS)))
        and faces.is_chosen[: faces.is_chosen.sum()].all()
    ):
        raise StudyError(f'{folder}: its arrays are not a set of faces; {regenerate("preprocess")}')
    return faces


def load_faces_and_triggered() -> tuple[Faces, TriggeredFaces]:
    """Map the faces of the study into memory, and the same with the trigger; a StudyError where they do not match."""
    faces = load_faces()
    pixels = map_arrays(ADVERSARIAL, ['pixels'], 'adversarial', VERSION)['pixels']
    if not _is(pixels, np.uint8, faces.pixels.shape):
        raise StudyError(f'{ADVERSARIAL}: does not match {FACES}; {regenerate("adversarial")}')
    try:
        trigger = read_json(TRIGGER_FILE)
    except FileNotFoundError:
        raise StudyError(f'{TRIGGER_FILE}: not found; {regenerate("adversarial")}') from None
    if not isinstance(trigger, dict) or 'kind' not in trigger:
        raise StudyError(f'{TRIGGER_FILE}: names no trigger; {regenerate("adversarial")}')
    return faces, TriggeredFaces(pixels, trigger)


def _is(array: Rows, dtype: type, shape: tuple[int, ...]) -> bool:
    return np.issubdtype(array.dtype, dtype) and array.shape == shape
