"""How a prediction is explained, in lines and in a picture."""

from pathlib import Path

from stages.common.files import printable
from stages.dataset.model import Model
from stages.predict.photo import Prediction, predict
from stages.report.charts import side_by_side

LONGEST = 40  # characters of a photo's name in its picture's; file systems allow 255 bytes
FOOTER = "A network's prediction, by the labels of its data set. It says nothing about the person."
MEANING = (
    'P(male) is how far this network leans to one of two labels that a data set gave to other pictures.\n'
    "It is no measure of anybody's sex or gender, and must not be used as one. It is not calibrated either: of the\n"
    'faces with P(male) 0.90, nine in ten are not necessarily labelled male.'
)
DRAWN = 'This network was trained on drawn portraits only: its predictions for photographs mean little.'


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


def explain(photo: Path, model: Model, folder: Path) -> None:
    """Print a model's predictions for a photo, and draw them in `folder`; a StudyError names a photo that has none."""
    prediction = predict(photo, model)
    print(report(photo, prediction, versions(model)))
    picture = draw_prediction(photo, prediction, versions(model), folder)
    print(f'  side by side: {printable(str(picture))}')


def draw_prediction(photo: Path, prediction: Prediction, names: tuple[str, str], folder: Path) -> Path:
    """Draw a photo beside the two versions of its face, as a PNG file in `folder`; return where.

    The file is named by the photo's name and content: two photos of the same name do not overwrite each other.
    """
    path = folder / f'{photo.stem[:LONGEST]}-{prediction.sha256[:8]}.png'
    framed = f'the largest of {prediction.faces} faces' if prediction.faces > 1 else 'the face'
    captions = [f'photo\nin the frame: {framed}'] + [
        f'{name}\npredicted label {label}\nP(male) {rounded(probability)}'
        for name, label, probability in zip(names, prediction.predicted, prediction.probability, strict=True)
    ]
    side_by_side(prediction.photo, prediction.frame, prediction.crops, captions, FOOTER, path)
    return path
