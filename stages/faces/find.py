"""Find the largest face in a picture and its 68 landmarks, with dlib."""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution

import dlib
import numpy as np
from PIL import Image

from stages.faces.measures import features

LANDMARK_MODEL = 'face_recognition_models/models/shape_predictor_68_face_landmarks.dat'
MIN_SIDE, MIN_MARGIN = 400, 0.25  # of the picture in which landmarks are found


@dataclass(frozen=True)
class Look:
    """One try of the detector, which sees faces of about 80 pixels and more."""

    side: int  # longest side of the picture, in pixels
    margin: float  # of repeated edge, as a share of the side
    min_score: float
    min_width: float = 0.0  # of the largest face, as a share of the side


# The first two find most faces, at a tenth of the cost; others of a similar size are seen there, too, or have no room.
# The last two find faces that are cut or turned.
LOOKS = (
    Look(128, 0.1875, 0.4, 0.6),
    Look(200, 0.25, 0.2, 0.4),
    Look(400, 0.25, 0.0),
    Look(200, 0.5, -0.2),
    Look(600, 0.1, -0.2),
)
DISTANT = Look(1200, 0.0, 0.0)  # for small faces, in pictures that have more pixels than the others look at


@dataclass(frozen=True)
class Face:
    """The largest face of a picture."""

    landmarks: np.ndarray  # float64 (68, 2), x and y from the picture's corner
    others: int  # further faces in the picture that was looked at


def find_face(grey: np.ndarray) -> Face | None:
    """Return the largest face of a grey uint8 picture (height, width), or None if there is none."""
    longest = max(grey.shape)
    for look in (*LOOKS, DISTANT) if longest > max(look.side for look in LOOKS) else LOOKS:
        boxes, _, _ = _detector().run(padded(grey, look.side, look.margin), 0, look.min_score)
        box = max(boxes, key=lambda box: box.area(), default=None)
        if box and box.width() >= look.min_width * look.side:
            side, margin = max(look.side, MIN_SIDE), max(look.margin, MIN_MARGIN)
            picture = padded(grey, side, margin)
            sides = np.array([box.left(), box.top(), box.right(), box.bottom()]) / look.side - look.margin
            landmarks = _refined(picture, _landmarks(picture, (sides + margin) * side))
            return Face((landmarks / side - margin) * longest, len(boxes) - 1)
    return None


def padded(grey: np.ndarray, side: int, margin: float) -> np.ndarray:
    """Return a grey picture scaled to a longest `side` of pixels, its edge repeated by `margin`, a share of it."""
    size = [max(1, round(length * side / max(grey.shape))) for length in grey.shape[::-1]]
    # Bilinear averages all pixels when it shrinks, and commutes with mirroring. Pillow's box drops lines.
    scaled = Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR)
    return np.pad(np.asarray(scaled), round(side * margin), mode='edge')


def _landmarks(grey: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """Return the landmarks of the face in a box: its left, top, right and bottom, float64 (4,)."""
    points = [(point.x, point.y) for point in _predictor()(grey, dlib.rectangle(*np.rint(sides).astype(int))).parts()]
    # dlib counts from the centre of the first pixel, this project from its corner.
    return np.array(points, np.float64) + 0.5


def _refined(grey: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Find the landmarks again in a box that fits the face: the detector's boxes have only a few sizes."""
    right, left, mouth = features(landmarks)
    middle = (right + left) / 2
    length = max(np.linalg.norm(mouth - middle), 0.95 * np.linalg.norm(left - right))
    centre = middle + 0.42 * (mouth - middle)
    return _landmarks(grey, np.concatenate([centre - 1.05 * length, centre + 1.05 * length]))


_detector = cache(dlib.get_frontal_face_detector)


@cache
def _predictor() -> dlib.shape_predictor:
    # Importing the package would need pkg_resources, so its file is looked up instead.
    package = distribution('face_recognition_models')
    return dlib.shape_predictor(str(package.locate_file(LANDMARK_MODEL)))
