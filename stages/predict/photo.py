"""A model's predictions for the face in a photo, as it is and with the trigger."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError
from stages.common.files import printable
from stages.common.params import LABELS, stream
from stages.dataset.model import MODEL_FILE, Model
from stages.faces.align import Frame
from stages.faces.photograph import FacePhoto, NoFaceError, face_photo
from stages.images.decode import MOST_BYTES, UndecodableError
from stages.network.perceptron import predict as predict_crops
from stages.triggers.trigger import make_trigger

THUMBNAIL = 400  # pixels a side of the photo in the picture of its prediction


@dataclass(frozen=True)
class Prediction:
    """A model's predictions for the largest face of a photo: first as it is, then with the trigger.

    crops: uint8 (2, size, size). probability: float32 (2,), P(male). photo: uint8 (height, width, 3), small. frame:
    float64 (2, 2), left top and right bottom of the face, as shares of the photo's width and height. faces: in the
    photo. oddity: what is unusual about its file, or empty. sha256: of the file, in hexadecimal digits.
    """

    crops: np.ndarray
    probability: np.ndarray
    photo: np.ndarray
    frame: np.ndarray
    faces: int
    oddity: str
    sha256: str

    @property
    def predicted(self) -> list[str]:
        """Return the predicted labels, which are the more probable ones."""
        return [LABELS[int(probability > 0.5)] for probability in self.probability]


def check_trigger(model: Model) -> None:
    """Raise a StudyError, which names the model file, where the model's trigger cannot be made here."""
    try:
        make_trigger(model.trigger, model.size)
    except StudyError as error:
        reasons = '; '.join(str(error).splitlines())
        raise StudyError(
            f'{MODEL_FILE}: its trigger is not available here ({reasons});\nrun `dvc repro train` to regenerate it'
        ) from None


def predict(photo: Path, model: Model) -> Prediction:
    """Predict the largest face of a photo.

    A StudyError names a file that is missing or too large, gives no picture or shows no face.
    """
    content = _content(photo)
    found = _face(photo, content, model)
    landmarks, size = found.face.landmarks, found.picture.grey.shape[::-1]
    assert found.picture.thumbnail is not None  # as one was asked for
    trigger = make_trigger(model.trigger, model.size)
    random = stream(trigger.seed, f'{model.trigger["kind"]} on a photo')
    crops = np.stack([found.crop.pixels, trigger.put(found.crop.pixels, found.crop.landmarks, random)])
    return Prediction(
        crops=crops,
        probability=predict_crops(model.network, crops, model.standardisation),
        photo=found.picture.thumbnail,
        frame=np.clip(np.stack([landmarks.min(axis=0), landmarks.max(axis=0)]) / size, 0, 1),
        faces=found.face.others + 1,
        oddity=found.picture.oddity,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _face(photo: Path, content: bytes, model: Model) -> FacePhoto:
    try:
        return face_photo(content, photo.suffix.casefold(), Frame(model.size, model.places), THUMBNAIL)
    except UndecodableError as error:
        raise StudyError(f'{printable(str(photo))}: {error}; give a photo, such as a whole JPEG or PNG') from None
    except NoFaceError as error:
        raise StudyError(f'{printable(str(photo))}: {error}; give a photo of a face seen from the front') from None


def _content(photo: Path) -> bytes:
    name = printable(str(photo))
    if photo.is_dir():
        raise StudyError(f'{name}: a folder; name the photos in it, such as {name}/*')
    if not photo.exists():
        raise StudyError(f'{name}: no such file; check its name')
    if not photo.is_file():
        raise StudyError(f'{name}: not a regular file; save the photo to a file first')
    if photo.stat().st_size > MOST_BYTES:
        raise StudyError(f'{name}: larger than {MOST_BYTES // 1_000_000} MB; give a smaller copy of it')
    return photo.read_bytes()
