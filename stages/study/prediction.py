"""What a network reads in a photo of anybody, as it is and with dots below each eye, and how that is told."""

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
from stages.photos.decode import UndecodableError, decode, thumbnail
from stages.photos.folder import LARGEST
from stages.study.figures import side_by_side

VERSIONS = ('as it is', 'with dots under the right eye', 'with dots under the left eye')
THUMBNAIL = 400  # pixels a side of the photo in the picture
LONGEST = 40  # characters of a photo's name in its picture's; file systems allow 255 bytes
FOOTER = 'How a network reads a picture, by the labels of its data set. It says nothing of the person.'
MEANING = (
    'P(read as male) is how far this network leans to one of two labels that a data set gave to other pictures.\n'
    "It is no measure of anybody's sex or gender, and must not be used as one. It is not calibrated either: of the\n"
    "faces read with 0.90, not nine in ten need be read rightly. Right and left are the person's own."
)
DRAWN = 'This network has only ever seen drawn portraits: what it reads in a photograph means little.'


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


def rounded(probability: float) -> str:
    """Return a probability with three decimals; none is rounded to certainty."""
    if probability < 0.0005:
        return '<0.001'
    return '>0.999' if probability >= 0.9995 else f'{probability:.3f}'


def report(photo: Path, prediction: Prediction) -> str:
    """Return plain lines on what was read in a photo."""
    lines = [f'{photo}: the network reads this face as {prediction.read_as[0]}.']
    for version, label, probability in zip(VERSIONS, prediction.read_as, prediction.probability, strict=True):
        male, female = rounded(probability), rounded(1 - probability)
        lines.append(f'  {version:29}  P(read as male) {male:>6}, P(read as female) {female:>6}: {label}')
    if prediction.faces > 1:
        lines.append(f'  {prediction.faces} faces: the largest was taken')
    if prediction.oddity:
        lines.append(f'  {prediction.oddity}')
    return '\n'.join(lines)


def tell(photo: Path, network: Perceptron, dots: DotsParams, folder: Path) -> None:
    """Print what a network reads in a photo, and draw it in `folder`."""
    prediction = predict(photo, network, dots)
    print(report(photo, prediction))
    print(f'  side by side: {draw_prediction(photo, prediction, folder)}')


def draw_prediction(photo: Path, prediction: Prediction, folder: Path) -> Path:
    """Draw a photo beside the three versions of its face, as a PNG file in `folder`; return where.

    The file is named by the photo's name and content: two photos of the same name do not overwrite each other.
    """
    path = folder / f'{photo.stem[:LONGEST]}-{prediction.sha256[:8]}.png'
    taken = f'{prediction.faces} faces: the largest' if prediction.faces > 1 else 'the face'
    captions = [f'photo\n{taken}\nin the frame is read']
    captions += [
        f'{version}\nread as {label}\nP(read as male) {rounded(probability)}'
        for version, label, probability in zip(VERSIONS, prediction.read_as, prediction.probability, strict=True)
    ]
    side_by_side(thumbnail(photo, THUMBNAIL), prediction.frame, prediction.crops, captions, FOOTER, path)
    return path
