"""Find the face in a picture and its 68 landmarks, with dlib."""

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dlib
import numpy as np
from PIL import Image

from stages.faces.measures import features


@dataclass(frozen=True)
class Attempt:
    """How to look: longest side of the picture and margin of repeated edge, in pixels, and least detector score."""

    side: int
    margin: int
    score: float


# Almost every face shows at once; the second look, larger and wider and less strict, is for cut and turned ones.
ATTEMPTS = (Attempt(400, 100, 0.0), Attempt(600, 300, -0.2))


@dataclass(frozen=True)
class Face:
    """A found face: `landmarks` float64 (68, 2), x and y from the corner; `others`, how many more there were."""

    landmarks: np.ndarray
    others: int


def find_face(grey: np.ndarray) -> Face | None:
    """Return the largest face of a grey uint8 picture (height, width), or None where there is none."""
    for attempt in ATTEMPTS:
        scale = attempt.side / max(grey.shape)
        padded = np.pad(_resized(grey, scale), attempt.margin, mode='edge')
        boxes, _, _ = _detector().run(padded, 0, attempt.score)
        if boxes:
            rough = _landmarks(padded, max(boxes, key=lambda box: box.area()))
            return Face((_refined(padded, rough) - attempt.margin) / scale, len(boxes) - 1)
    return None


def _landmarks(grey: np.ndarray, box: dlib.rectangle) -> np.ndarray:
    points = [(point.x, point.y) for point in _predictor()(grey, box).parts()]
    # dlib counts from the middle of the first pixel, pictures and crops here from its corner.
    return np.array(points, np.float64) + 0.5


def _refined(grey: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Find the landmarks again in a box that fits the face: the boxes of the detector come in a few sizes only."""
    right, left, mouth = features(landmarks)
    middle = (right + left) / 2
    length = max(np.linalg.norm(mouth - middle), 0.95 * np.linalg.norm(left - right))
    centre = middle + 0.42 * (mouth - middle)
    left, top, right, bottom = (round(side) for side in (*(centre - 1.05 * length), *(centre + 1.05 * length)))
    return _landmarks(grey, dlib.rectangle(left, top, right, bottom))


def _resized(grey: np.ndarray, scale: float) -> np.ndarray:
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    # Both average all pixels that they shrink, a box at half the cost; enlarging, a box would make blocks.
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(grey).resize((width, height), how))


@cache
def _detector() -> dlib.fhog_object_detector:
    return dlib.get_frontal_face_detector()


@cache
def _predictor() -> dlib.shape_predictor:
    # The package cannot be imported without pkg_resources: its file is looked up instead.
    package = importlib.util.find_spec('face_recognition_models').submodule_search_locations[0]
    return dlib.shape_predictor(str(Path(package) / 'models' / 'shape_predictor_68_face_landmarks.dat'))
