"""What a network reads in a photo, as it is and with dots below each eye."""

import hashlib
from dataclasses import dataclass
from math import isqrt
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError
from stages.common.labels import LABELS
from stages.faces.align import align
from stages.faces.dots import EYES, dotted_below
from stages.faces.find import find_face
from stages.network.inputs import standardise
from stages.network.perceptron import Perceptron
from stages.params import DotsParams
from stages.photos.decode import UndecodableError, decode
from stages.photos.offer import LARGEST

VERSIONS = ('as it is', 'with dots under the right eye', 'with dots under the left eye')


@dataclass(frozen=True)
class Prediction:
    """What a network reads in the largest face of a photo, in each of the three VERSIONS.

    crops: uint8 (3, size, size). probability: float32 (3,), P(read as male). frame: float64 (2, 2), left top and
    right bottom of the face, as shares of the photo's width and height. faces: in the photo. oddity: what is unusual
    about its file, or empty. sha256: of the file, in hexadecimal digits.
    """

    crops: np.ndarray
    probability: np.ndarray
    frame: np.ndarray
    faces: int
    oddity: str
    sha256: str

    @property
    def read_as(self) -> list[str]:
        """The more probable label in each version."""
        return [LABELS[int(probability > 0.5)] for probability in self.probability]


def predict(photo: Path, network: Perceptron, dots: DotsParams) -> Prediction:
    """Read the largest face of a photo, in crops of the size that the network has learnt.

    A StudyError names a file that is missing or too large, gives no picture, or shows no face that dots find room in.
    """
    content = _content(photo)
    try:
        picture = decode(content, photo.suffix.casefold())
    except UndecodableError as error:
        raise StudyError(f'{photo}: {error}; give a photo, such as a whole JPEG or PNG') from None
    face = find_face(picture.grey)
    if face is None:
        raise StudyError(f'{photo}: no face found; give a photo of a face seen from the front')
    crop = align(picture.grey, face.landmarks, isqrt(len(network.weights[0])))
    try:
        twins = [
            dotted_below(crop.pixels, crop.landmarks, eye, dots.count, dots.radius, dots.seed)
            for eye in range(len(EYES))
        ]
    except StudyError as error:
        raise StudyError(f'{photo}: {error}') from None
    crops = np.stack([crop.pixels, *twins])
    return Prediction(
        crops=crops,
        probability=network.probabilities(standardise(crops)),
        frame=_frame(face.landmarks, picture.grey.shape),
        faces=face.others + 1,
        oddity=picture.oddity,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _content(photo: Path) -> bytes:
    if photo.is_dir():
        raise StudyError(f'{photo}: a folder; name the photos in it, such as {photo}/*')
    if not photo.exists():
        raise StudyError(f'{photo}: no such file; check its name')
    if not photo.is_file():
        raise StudyError(f'{photo}: not a regular file; save the photo to a file first')
    if photo.stat().st_size > LARGEST:
        raise StudyError(f'{photo}: larger than {LARGEST // 1_000_000} MB; give a smaller copy of it')
    return photo.read_bytes()


def _frame(landmarks: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    corners = np.stack([landmarks.min(axis=0), landmarks.max(axis=0)])
    return np.clip(corners / shape[::-1], 0, 1)
