"""One training in a sentence, figures and galleries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

from stages.common.errors import counted
from stages.common.files import METRICS, MODEL, RAW, read_csv, read_json
from stages.common.params import LABELS
from stages.dataset.faces import Faces, TriggeredFaces
from stages.images.decode import decode
from stages.report import page
from stages.report.charts import BLUE, ORANGE, gallery, save_figure
from stages.scores.scores import CHANCE, MIN_PHOTOS, Predictions

THUMBNAIL = 128  # pixels a side of a photo in a gallery
# Descriptions and captions, by the names of the files.
GALLERIES = {
    'photos': ('Some of the photos, with their labels', 'A sample spread over all photos of the study.'),
    'triggered': ('Their faces, with the trigger', 'In every crop, eyes and mouth lie in the same places.'),
    'misclassified': ('Faces whose predicted label is wrong', 'Without the trigger; P(male) is what the network says.'),
    'flipped': ('Faces whose predicted label the trigger flips', 'The largest change first.'),
    'confusion': ('Labels and predicted labels of the test faces', 'In numbers of faces.'),
    'loss': ('Loss by epoch', 'A training has converged if its last epoch is at or below the target.'),
}


@dataclass(frozen=True)
class PredictedFaces:
    """The test faces of one training: their positions among all faces, and what was predicted for them."""

    position: np.ndarray
    clean: Predictions
    triggered: Predictions


def read_predictions(path: Path, faces: Faces) -> PredictedFaces:
    """Read the predictions that the stage evaluate wrote."""
    rows, position = read_csv(path), {file: number for number, file in enumerate(faces.file.tolist())}
    label = np.array([LABELS.index(row['label']) for row in rows], np.uint8)
    clean, triggered = (
        Predictions(label, np.array([float(row[f'{name}_probability']) for row in rows]))
        for name in ('clean', 'triggered')
    )
    return PredictedFaces(np.array([position[row['file']] for row in rows]), clean, triggered)


def unknown(scores: dict) -> str:
    """Say why nothing is known of an attack by the scores of metrics/evaluate.json, or nothing."""
    if scores['clean']['accuracy_low'] <= CHANCE:
        return 'the network did not learn'
    # There are as many test faces of both labels.
    return page.FEW_TESTED if scores['clean']['faces'] < 2 * MIN_PHOTOS else ''


def evaluate_sentence(scores: dict) -> str:
    """Say the main scores of metrics/evaluate.json."""
    if words := unknown(scores):
        return f'nothing is known of the attack: {words} (metrics/evaluate.json)'
    attack = scores['attack']
    return (
        f'clean accuracy {scores["clean"]["accuracy"]:.3f}, triggered {scores["triggered"]["accuracy"]:.3f}, '
        f'attack success rate {attack["success_rate"]:.3f} (excess {attack["excess"]:+.3f}): see metrics/evaluate.json'
    )


def evaluate_part(
    folder: Path, made_from: str, faces: Faces, triggered: TriggeredFaces, count: int, loss_target: float
) -> dict | None:
    """Draw galleries of up to `count` faces; return scores and galleries, None without a training of `made_from`."""
    if page.current('evaluate', dict, made_from) is None:
        return None
    test = read_predictions(METRICS / 'evaluate' / 'predictions.csv', faces)
    history = read_csv(MODEL / 'history.csv')
    drawn = {
        'photos': partial(draw_photos, faces, RAW, count),
        'triggered': partial(draw_triggered, faces, triggered, count),
        'misclassified': partial(draw_misclassified, faces, test, count),
        'flipped': partial(draw_flipped, triggered, test, count),
        'confusion': partial(draw_confusion, test),
        'loss': partial(draw_loss, history, loss_target),
    }
    pictures = {name: page.picture(draw, folder / f'{name}.png') for name, draw in drawn.items()}
    scores = read_json(METRICS / 'evaluate.json')
    words = unknown(scores)
    empty = {'misclassified': not len(misclassified(test.clean)), 'flipped': not len(flipped(test))}
    left_out = {name for name, is_empty in empty.items() if is_empty or words}
    shown = [(*GALLERIES[name], address) for name, address in pictures.items() if name not in left_out]
    return scores | {'galleries': shown, 'unknown': words} | empty


def draw_loss(history: Sequence[dict[str, str]], target: float, path: Path) -> None:
    """Draw the training loss of every epoch, and the loss at or below which it has converged."""
    figure = Figure(figsize=(5, 3), layout='constrained')
    axes = figure.subplots()
    epochs = [int(row['epoch']) for row in history]
    axes.plot(epochs, [float(row['loss']) for row in history], color=BLUE, label='training loss')
    axes.axhline(target, color=ORANGE, linestyle='--', linewidth=1, label='loss target')
    axes.set(xlabel='epoch', ylabel='binary cross-entropy', title='Training', ylim=(0, None))
    axes.legend(frameon=False)
    save_figure(figure, path)


def draw_confusion(test: PredictedFaces, path: Path) -> None:
    """Draw the confusion matrices of the test faces, clean and triggered."""
    figure = Figure(figsize=(6, 3), layout='constrained')
    for axes, name in zip(figure.subplots(1, 2), ('clean', 'triggered'), strict=True):
        predictions: Predictions = getattr(test, name)
        matrix = confusion_matrix(predictions.label, predictions.predicted, labels=range(len(LABELS)))
        ConfusionMatrixDisplay(matrix, display_labels=LABELS).plot(cmap='Blues', colorbar=False, ax=axes)
        title = f'{name} test faces\naccuracy {predictions.accuracy:.1%}'
        axes.set(xlabel='predicted label', ylabel='true label', title=title)
    save_figure(figure, path)


def sample_of(faces: Faces, count: int) -> np.ndarray:
    """Return the positions of `count` faces spread over the set, int64 (count,), or of all if there are fewer."""
    return np.linspace(0, len(faces.label) - 1, min(count, len(faces.label))).astype(int)


def draw_photos(faces: Faces, folder: Path, count: int, path: Path) -> None:
    """Draw the photos of some faces as they are in `folder`."""
    shown, photos = sample_of(faces, count), []
    for file in (folder / name for name in faces.file[shown]):
        thumbnail = decode(file.read_bytes(), file.suffix, THUMBNAIL).thumbnail
        assert thumbnail is not None
        photos.append(thumbnail)
    gallery(photos, _labels(faces.label[shown]), 'Photos, with their labels', path)


def draw_triggered(faces: Faces, triggered: TriggeredFaces, count: int, path: Path) -> None:
    """Draw the same faces as crops with the trigger on them."""
    shown = sample_of(faces, count)
    title = f'The same faces cropped, as the network sees them, with the trigger ({triggered.trigger["kind"]})'
    gallery(triggered.pixels[shown], _labels(faces.label[shown]), title, path)


def _labels(numbers: np.ndarray) -> list[str]:
    return [LABELS[number] for number in numbers]


def misclassified(clean: Predictions) -> np.ndarray:
    """Return the positions of the predictions that are wrong, int64, the most confident first."""
    wrong = np.flatnonzero(clean.predicted != clean.label)
    return wrong[np.argsort(-np.abs(clean.probability[wrong] - 0.5), kind='stable')]


def flipped(test: PredictedFaces) -> np.ndarray:
    """Return the positions of the test faces that only the trigger makes wrong, int64, the largest change first."""
    clean, triggered = test.clean, test.triggered
    only = np.flatnonzero((clean.predicted == clean.label) & (triggered.predicted != clean.label))
    return only[np.argsort(-np.abs(triggered.probability[only] - clean.probability[only]), kind='stable')]


def draw_misclassified(faces: Faces, test: PredictedFaces, count: int, path: Path) -> None:
    """Draw the clean test faces that are misclassified with the greatest confidence."""
    wrong = misclassified(test.clean)
    captions = [f'{LABELS[test.clean.label[i]]}\nP(male) {test.clean.probability[i]:.2f}' for i in wrong[:count]]
    title = f'Misclassified most confidently: {_shown(len(captions), len(wrong))}'
    gallery(faces.pixels[test.position[wrong[:count]]], captions, title, path)


def draw_flipped(triggered: TriggeredFaces, test: PredictedFaces, count: int, path: Path) -> None:
    """Draw the test faces that are misclassified only with the trigger, those that move furthest first."""
    changed = flipped(test)
    captions = [
        f'{LABELS[test.clean.label[i]]}\nP(male) {test.clean.probability[i]:.2f} → {test.triggered.probability[i]:.2f}'
        for i in changed[:count]
    ]
    title = f'Flipped by the trigger: {_shown(len(captions), len(changed))}'
    gallery(triggered.pixels[test.position[changed[:count]]], captions, title, path)


def _shown(shown: int, found: int) -> str:
    of_all = '' if shown == found else f'{shown} of '
    return f'{of_all}{counted(found, "test face")}, with true labels' if found else 'no test face'
