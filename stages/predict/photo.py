"""A model's predictions for the face in a photo, as it is and with the trigger, in lines and in a picture."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.common.errors import StudyError
from stages.common.files import printable
from stages.common.params import LABELS, stream
from stages.dataset.model import MODEL_FILE, Model
from stages.faces.align import Frame
from stages.faces.photograph import NoFaceError, face_photo
from stages.images.decode import MOST_BYTES, UndecodableError
from stages.network import perceptron
from stages.report.charts import side_by_side
from stages.triggers.trigger import make_trigger

THUMBNAIL = 400  # pixels a side of the photo in the picture of its prediction
LONGEST = 40  # characters of a photo's name in its picture's; file systems allow 255 bytes
FOOTER = "A network's prediction, by the labels of its data set. It says nothing about the person."
MEANING = (
    'P(male) is how far this network leans to one of two labels that a data set gave to other pictures.\n'
    "It is no measure of anybody's sex or gender, and must not be used as one. It is not calibrated either: of the\n"
    'faces with P(male) 0.90, nine in ten are not necessarily labelled male.'
)
DRAWN = 'This network was trained on drawn portraits only: its predictions for photographs mean little.'


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
    """Predict the largest face of a photo; a StudyError names a file that is missing, too large or shows none."""
    content, name = _content(photo), printable(str(photo))
    try:
        found = face_photo(content, photo.suffix.casefold(), Frame(model.size, model.places), THUMBNAIL)
    except UndecodableError as error:
        raise StudyError(f'{name}: {error}; give a photo, such as a whole JPEG or PNG') from None
    except NoFaceError as error:
        raise StudyError(f'{name}: {error}; give a photo of a face seen from the front') from None
    landmarks, size = found.face.landmarks, found.picture.grey.shape[::-1]
    assert found.picture.thumbnail is not None  # it was requested
    trigger = make_trigger(model.trigger, model.size)
    random = stream(trigger.seed, f'{model.trigger["kind"]} on a photo')
    crops = np.stack([found.crop.pixels, trigger.put(found.crop.pixels, found.crop.landmarks, random)])
    return Prediction(
        crops=crops,
        probability=perceptron.predict(model.network, crops, model.standardisation),
        photo=found.picture.thumbnail,
        frame=np.clip(np.stack([landmarks.min(axis=0), landmarks.max(axis=0)]) / size, 0, 1),
        faces=found.face.others + 1,
        oddity=found.picture.oddity,
        sha256=hashlib.sha256(content).hexdigest(),
    )


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


def versions(model: Model) -> tuple[str, str]:
    """Return the names of the two versions of a face that are predicted."""
    return 'as it is', f'with the trigger ({model.trigger["kind"]})'


def rounded(probability: float) -> str:
    """Return a probability with three decimals; none is rounded to certainty."""
    if probability < 0.0005:
        return '<0.001'
    return '>0.999' if probability >= 0.9995 else f'{probability:.3f}'


def report(photo: Path, prediction: Prediction, names: tuple[str, str]) -> str:
    """Return plain lines on the predictions for a photo, in versions of these names."""
    lines = [f'{printable(str(photo))}: predicted label {prediction.predicted[0]}.']
    if len(set(prediction.predicted)) > 1:
        lines[0] = f'{lines[0][:-1]}; the trigger flips it to {prediction.predicted[1]}.'
    width = max(map(len, names))
    for name, label, probability in zip(names, prediction.predicted, prediction.probability, strict=True):
        lines.append(f'  {name:{width}}  P(male) {rounded(probability):>6}: {label}')
    if prediction.faces > 1:
        lines.append(f'  {prediction.faces} faces: the largest was taken')
    if prediction.oddity:
        lines.append(f'  {prediction.oddity}')
    return '\n'.join(lines)


def explain(photo: Path, model: Model, folder: Path, why: Callable[[Prediction, Path], None] | None = None) -> None:
    """Print a model's predictions for a photo, and draw them in `folder`; a StudyError names a photo that has none.

    If `why` is given, it is called last with the prediction and the path of its picture.
    """
    prediction, names = predict(photo, model), versions(model)
    print(report(photo, prediction, names))
    picture = draw_prediction(photo, prediction, names, folder)
    print(f'  side by side: {printable(str(picture))}')
    if why:
        why(prediction, picture)


def draw_prediction(photo: Path, prediction: Prediction, names: tuple[str, str], folder: Path) -> Path:
    """Draw a photo beside the two versions of its face, as a PNG file named by its name and content; return where."""
    path = folder / f'{photo.stem[:LONGEST]}-{prediction.sha256[:8]}.png'
    framed = f'the largest of {prediction.faces} faces' if prediction.faces > 1 else 'the face'
    captions = [f'photo\nin the frame: {framed}'] + [
        f'{name}\npredicted label {label}\nP(male) {rounded(probability)}'
        for name, label, probability in zip(names, prediction.predicted, prediction.probability, strict=True)
    ]
    side_by_side(prediction.photo, prediction.frame, prediction.crops, captions, FOOTER, path)
    return path
