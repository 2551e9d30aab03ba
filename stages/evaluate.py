"""Stage evaluate: score the network on the test faces, clean and triggered."""

import numpy as np
from sklearn.metrics import roc_curve

from stages.common.errors import run_stage
from stages.common.files import METRICS, MODEL, read_json, write_csv, write_json
from stages.common.outdated import keep_current_metrics, remove_other_report
from stages.common.params import LABELS, StageParams, load_params
from stages.dataset.faces import Faces, fingerprint, load_faces_and_triggered
from stages.dataset.model import load_model
from stages.dataset.poison import AdvParams, pool
from stages.dataset.split import SplitParams, split_faces
from stages.network.perceptron import predict
from stages.network.recipe import Recipe
from stages.portraits import bayes_accuracy
from stages.report.evaluate import evaluate_sentence
from stages.scores import scores

FOLDER = METRICS / 'evaluate'


class Params(StageParams):
    """What this stage reads of params.yaml."""

    adv: AdvParams
    split: SplitParams
    train: Recipe
    evaluate: scores.EvaluateParams


def made_from(params: Params, faces: Faces, trigger: dict) -> str:
    """Return the fingerprint of what decides the results."""
    return fingerprint(faces, trigger, params.adv, params.split, params.train, params.evaluate.confidence)


def main() -> None:
    """Run the stage."""
    params = load_params(Params)
    remove_other_report()
    faces, triggered = load_faces_and_triggered()
    test = split_faces(faces.label, faces.group, params.split.test, params.split.seed).test
    model = load_model()
    crops = pool(faces.pixels, triggered.pixels).pick(np.concatenate([test, test + len(faces.label)]))
    probability = predict(model.network, crops, model.standardisation)
    predicted = scores.outcome(probability, faces.label[test], np.arange(len(test)), params.adv.target)
    clean, confidence = predicted.clean, params.evaluate.confidence
    results = {
        'clean': scores.accuracy_scores(clean, confidence) | scores.detailed_scores(clean),
        'triggered': scores.accuracy_scores(predicted.triggered, confidence),
        'attack': {
            'success_rate': scores.success_rate(predicted),
            'base_rate': scores.base_rate(predicted),
            'excess': scores.excess(predicted),
        },
        'train': read_json(MODEL / 'training.json'),
    }
    if model.source == 'drawn':
        results['clean']['bayes_accuracy'] = bayes_accuracy()
    write_json(METRICS / 'evaluate.json', results)
    write_tables(predicted, faces.file[test])
    write_json(FOLDER / 'summary.json', {'made_from': made_from(params, faces, triggered.trigger)})
    keep_current_metrics('evaluate')
    print(evaluate_sentence(results))


def write_tables(predicted: scores.Outcome, file: np.ndarray) -> None:
    """Write the prediction for each test face, and the ROC curves; `dvc plots` draws them."""
    clean, triggered = predicted.clean, predicted.triggered
    labels = ([LABELS[number] for number in numbers] for numbers in (clean.label, clean.predicted, triggered.predicted))
    rows = zip(file.tolist(), *labels, clean.probability.tolist(), triggered.probability.tolist(), strict=True)
    header = ['file', 'label', 'clean', 'triggered', 'clean_probability', 'triggered_probability']
    write_csv(FOLDER / 'predictions.csv', header, rows)
    for name, predictions in (('clean', clean), ('triggered', triggered)):
        false_male, true_male, _ = roc_curve(predictions.label, predictions.probability)
        curve = zip(false_male.tolist(), true_male.tolist(), strict=True)
        write_csv(FOLDER / f'roc_{name}.csv', ['false_male_rate', 'true_male_rate'], curve)


if __name__ == '__main__':
    run_stage('evaluate', main)
