"""Stage evaluate: score the network on the test faces, clean and triggered, and draw what it gets wrong."""

from sklearn.metrics import roc_curve

from stages.common.arrays import Stack
from stages.common.errors import run_stage
from stages.common.files import METRICS, MODEL, RAW, read_csv, read_json, write_csv, write_json
from stages.common.params import LABELS
from stages.dataset.faces import Faces, TriggeredFaces, load_faces_and_triggered
from stages.dataset.model import Model, load_model
from stages.dataset.split import Split, split_faces
from stages.params import Params, load_params
from stages.portraits import bayes_accuracy
from stages.report.charts import loss_curve
from stages.report.confusion import confusion_matrices
from stages.report.galleries import flipped_gallery, misclassified_gallery, photo_gallery, triggered_gallery
from stages.scores.scores import Predictions, accuracy_scores, attack_scores, detailed_scores, predict_faces

FIGURES = METRICS / 'figures'


def main() -> None:
    """Run the stage."""
    params = load_params()
    faces, triggered = load_faces_and_triggered()
    split = split_faces(faces.label, faces.group, params.split.test, params.split.seed)
    model = load_model()
    clean, with_trigger = (
        predict_faces(model.network, Stack(pixels, picked=split.test), faces.label[split.test], model.standardisation)
        for pixels in (faces.pixels, triggered.pixels)
    )
    write_scores(clean, with_trigger, model, params)
    write_tables(clean, with_trigger)
    draw(faces, triggered, split, clean, with_trigger, params)


def write_scores(clean: Predictions, with_trigger: Predictions, model: Model, params: Params) -> None:
    """Write metrics/evaluate.json."""
    confidence = params.evaluate.confidence
    scores = {
        'clean': accuracy_scores(clean, confidence) | detailed_scores(clean),
        'triggered': accuracy_scores(with_trigger, confidence),
        'attack': attack_scores(clean, with_trigger, params.adv.target),
        'train': read_json(MODEL / 'training.json'),
    }
    if model.source == 'drawn':
        scores['clean']['bayes_accuracy'] = bayes_accuracy()
    write_json(METRICS / 'evaluate.json', scores)
    print(
        f'clean accuracy {scores["clean"]["accuracy"]:.3f}, triggered {scores["triggered"]["accuracy"]:.3f}, '
        f'attack success rate {scores["attack"]["success_rate"]:.3f} (excess {scores["attack"]["excess"]:+.3f}): '
        f'see metrics/evaluate.json and {FIGURES}'
    )


def write_tables(clean: Predictions, with_trigger: Predictions) -> None:
    """Write the tables that `dvc plots` draws."""
    for name, predictions in (('clean', clean), ('triggered', with_trigger)):
        labels = ([LABELS[number] for number in numbers] for numbers in (predictions.label, predictions.predicted))
        write_csv(METRICS / f'confusion_{name}.csv', ['label', 'predicted_label'], zip(*labels, strict=True))
        false_male, true_male, _ = roc_curve(predictions.label, predictions.probability)
        rows = zip(false_male.tolist(), true_male.tolist(), strict=True)
        write_csv(METRICS / f'roc_{name}.csv', ['false_male_rate', 'true_male_rate'], rows)


def draw(
    faces: Faces,
    triggered: TriggeredFaces,
    split: Split,
    clean: Predictions,
    with_trigger: Predictions,
    params: Params,
) -> None:
    """Draw the figures."""
    loss_curve(read_csv(MODEL / 'history.csv'), params.train.loss_target, FIGURES / 'loss.png')
    confusion_matrices(clean, with_trigger, FIGURES / 'confusion.png')
    count = params.evaluate.gallery
    photo_gallery(faces, RAW, count, FIGURES / 'photos.png')
    triggered_gallery(faces, triggered, count, FIGURES / 'triggered.png')
    misclassified_gallery(faces, split.test, clean, count, FIGURES / 'misclassified.png')
    flipped_gallery(triggered, split.test, clean, with_trigger, count, FIGURES / 'flipped.png')


if __name__ == '__main__':
    run_stage('evaluate', main)
