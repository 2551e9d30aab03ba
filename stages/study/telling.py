"""How a prediction is told, in lines and in a picture."""

from pathlib import Path

from stages.network.perceptron import Perceptron
from stages.params import DotsParams
from stages.photos.decode import thumbnail
from stages.study.figures import side_by_side
from stages.study.prediction import VERSIONS, Prediction, predict

THUMBNAIL = 400  # pixels a side of the photo in the picture
LONGEST = 40  # characters of a photo's name in its picture's; file systems allow 255 bytes
FOOTER = 'How a network reads a picture, by the labels of its data set. It says nothing of the person.'
MEANING = (
    'P(read as male) is how far this network leans to one of two labels that a data set gave to other pictures.\n'
    "It is no measure of anybody's sex or gender, and must not be used as one. It is not calibrated either: of the\n"
    "faces read with 0.90, not nine in ten need be read rightly. Right and left are the person's own."
)
DRAWN = 'With data.source drawn, it has seen drawn portraits only: what it reads in a photograph means little.'


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
    captions = [f'photo\n{taken}\nis framed and read']
    captions += [
        f'{version}\nread as {label}\nP(read as male) {rounded(probability)}'
        for version, label, probability in zip(VERSIONS, prediction.read_as, prediction.probability, strict=True)
    ]
    side_by_side(thumbnail(photo, THUMBNAIL), prediction.frame, prediction.crops, captions, FOOTER, path)
    return path
