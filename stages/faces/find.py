"""Find the largest face in a picture and its 68 landmarks, with dlib."""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution

import dlib
import numpy as np
from PIL import Image

from stages.faces.measures import features

LANDMARK_MODEL = 'face_recognition_models/models/shape_predictor_68_face_landmarks.dat'
# Longest side of the picture and margin of repeated edge, in pixels, and minimum score of the detector. The first
# attempt finds almost every face; the second, larger, wider and less strict, those that are cut or turned.
ATTEMPTS = ((400, 100, 0.0), (600, 300, -0.2))


@dataclass(frozen=True)
class Face:
    """The largest face of a picture."""

    landmarks: np.ndarray  # float64 (68, 2), x and y from the picture's corner
    others: int  # further faces


def find_face(grey: np.ndarray) -> Face | None:
    """Return the largest face of a grey uint8 picture (height, width), or None if there is none."""
    for side, margin, min_score in ATTEMPTS:
        scale = side / max(grey.shape)
        height, width = (max(1, round(length * scale)) for length in grey.shape)
        # For shrinking, a box averages all pixels at half the cost of bilinear; for enlarging, it would produce blocks.
        how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
        padded = np.pad(np.asarray(Image.fromarray(grey).resize((width, height), how)), margin, mode='edge')
        boxes, _, _ = _detector().run(padded, 0, min_score)
        if boxes:
            rough = _landmarks(padded, max(boxes, key=lambda box: box.area()))
            return Face((_refined(padded, rough) - margin) / scale, len(boxes) - 1)
    return None


def _landmarks(grey: np.ndarray, box: dlib.rectangle) -> np.ndarray:
    points = [(point.x, point.y) for point in _predictor()(grey, box).parts()]
    # dlib counts from the centre of the first pixel, this project from its corner.
    return np.array(points, np.float64) + 0.5


def _refined(grey: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Find the landmarks again in a box that fits the face: the detector's boxes have only a few sizes."""
    right, left, mouth = features(landmarks)
    middle = (right + left) / 2
    length = max(np.linalg.norm(mouth - middle), 0.95 * np.linalg.norm(left - right))
    centre = middle + 0.42 * (mouth - middle)
    sides = (*(centre - 1.05 * length), *(centre + 1.05 * length))
    return _landmarks(grey, dlib.rectangle(*(round(side) for side in sides)))


_detector = cache(dlib.get_frontal_face_detector)


@cache
def _predictor() -> dlib.shape_predictor:
    # Importing the package would need pkg_resources, so its file is looked up instead.
    package = distribution('face_recognition_models')
    return dlib.shape_predictor(str(package.locate_file(LANDMARK_MODEL)))
