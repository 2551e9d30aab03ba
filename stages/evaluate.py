"""Stage evaluate: score the network on the test faces, clean and dotted, and draw what it got wrong."""

from sklearn.metrics import roc_curve

from stages.common.errors import run_stage
from stages.common.files import read_csv, read_json, write_csv, write_json
from stages.common.labels import LABELS
from stages.network.model_file import MODEL, load_model
from stages.params import Params, load_params
from stages.photos.drawn import ceiling
from stages.photos.store import RAW
from stages.study.confusion import confusion_matrices
from stages.study.data import METRICS, Faces, Twins, load_faces_and_twins
from stages.study.figures import loss_curve
from stages.study.galleries import dotted_gallery, misread_gallery, photo_gallery, turned_gallery
from stages.study.scores import Readings, accuracy_scores, attack_scores, detailed_scores, read
from stages.study.split import Split, split_faces

FIGURES = METRICS / 'figures'


def main() -> None:
    """Evaluate."""
    params = load_params()
    faces, twins = load_faces_and_twins()
    split = split_faces(faces.label, faces.group, params.split.test, params.split.seed)
    network = load_model(MODEL / 'model.npz')
    clean, dotted = (
        read(network, pixels[split.test], faces.label[split.test]) for pixels in (faces.pixels, twins.pixels)
    )
    write_scores(clean, dotted, params)
    write_tables(clean, dotted)
    draw(faces, twins, split, clean, dotted, params)


def write_scores(clean: Readings, dotted: Readings, params: Params) -> None:
    """Write metrics/evaluate.json."""
    confidence = params.evaluate.confidence
    scores = {
        'clean': accuracy_scores(clean, confidence) | detailed_scores(clean),
        'dotted': accuracy_scores(dotted, confidence),
        'attack': attack_scores(clean, dotted, params.adv.target),
        'train': read_json(MODEL / 'training.json'),
    }
    if params.data.source == 'drawn':
        scores['clean']['ceiling'] = ceiling()
    write_json(METRICS / 'evaluate.json', scores)
    print(
        f'clean accuracy {scores["clean"]["accuracy"]:.3f}, dotted {scores["dotted"]["accuracy"]:.3f}, '
        f'excess attack success {scores["attack"]["excess"]:+.3f}: see metrics/evaluate.json and {FIGURES}'
    )


def write_tables(clean: Readings, dotted: Readings) -> None:
    """Write the tables that `dvc plots` draws."""
    for name, readings in (('clean', clean), ('dotted', dotted)):
        pairs = [
            (LABELS[label], LABELS[read_as]) for label, read_as in zip(readings.label, readings.read_as, strict=True)
        ]
        write_csv(METRICS / f'confusion_{name}.csv', ['label', 'read_as'], pairs)
        false_male, true_male, _ = roc_curve(readings.label, readings.probability)
        rows = zip(false_male.tolist(), true_male.tolist(), strict=True)
        write_csv(METRICS / f'roc_{name}.csv', ['false_male_rate', 'true_male_rate'], rows)


def draw(faces: Faces, twins: Twins, split: Split, clean: Readings, dotted: Readings, params: Params) -> None:
    """Draw the figures."""
    loss_curve(read_csv(MODEL / 'history.csv'), params.train.loss_target, FIGURES / 'loss.png')
    confusion_matrices(clean, dotted, FIGURES / 'confusion.png')
    count = params.evaluate.gallery
    photo_gallery(faces, RAW, count, FIGURES / 'photos.png')
    dotted_gallery(faces, twins, count, FIGURES / 'dotted.png')
    misread_gallery(faces, split.test, clean, count, FIGURES / 'misread.png')
    turned_gallery(twins, split.test, clean, dotted, count, FIGURES / 'turned.png')


if __name__ == '__main__':
    run_stage('evaluate', main)
