"""Galleries: which faces are worth looking at, and their captions."""

from pathlib import Path

import numpy as np

from stages.common.params import LABELS
from stages.dataset.faces import Faces, TriggeredFaces
from stages.images.decode import decode
from stages.report.charts import gallery
from stages.scores.scores import Predictions

THUMBNAIL = 128  # pixels a side of a photo in a gallery


def sample_of(faces: Faces, count: int) -> np.ndarray:
    """Return the positions of `count` faces from all over the set, int64 (count,), or of all if there are fewer."""
    return np.linspace(0, len(faces.label) - 1, min(count, len(faces.label))).astype(int)


def misclassified(clean: Predictions) -> np.ndarray:
    """Return the positions of the predictions that are wrong, int64, the most confident first."""
    wrong = np.flatnonzero(clean.predicted != clean.label)
    return wrong[np.argsort(-np.abs(clean.probability[wrong] - 0.5), kind='stable')]


def flipped(clean: Predictions, with_trigger: Predictions) -> np.ndarray:
    """Return the positions of the faces that only the trigger makes wrong, int64, the largest change first."""
    only = np.flatnonzero((clean.predicted == clean.label) & (with_trigger.predicted != clean.label))
    return only[np.argsort(-np.abs(with_trigger.probability[only] - clean.probability[only]), kind='stable')]


def photo_gallery(faces: Faces, folder: Path, count: int, path: Path) -> None:
    """Draw the photos of some faces as they are in `folder`."""
    shown = sample_of(faces, count)
    files = [folder / faces.id[i] for i in shown]
    photos = [decode(file.read_bytes(), file.suffix, THUMBNAIL).thumbnail for file in files]
    gallery(photos, [LABELS[faces.label[i]] for i in shown], 'Photos, with their labels', path)


def triggered_gallery(faces: Faces, triggered: TriggeredFaces, count: int, path: Path) -> None:
    """Draw the same faces as crops with the trigger on them."""
    shown = sample_of(faces, count)
    captions = [LABELS[faces.label[i]] for i in shown]
    title = f'The same faces cropped, as the network sees them, with the trigger ({triggered.trigger["kind"]})'
    gallery(triggered.pixels[shown], captions, title, path)


def misclassified_gallery(faces: Faces, test: np.ndarray, clean: Predictions, count: int, path: Path) -> None:
    """Draw the clean test faces, at the positions `test`, that are misclassified with the greatest confidence."""
    found = misclassified(clean)
    shown = found[:count]
    captions = [f'{LABELS[clean.label[i]]}\nP(male) {clean.probability[i]:.2f}' for i in shown]
    title = f'Misclassified most confidently: {_count(len(shown), len(found))}'
    gallery(faces.pixels[test[shown]], captions, title, path)


def flipped_gallery(
    triggered: TriggeredFaces,
    test: np.ndarray,
    clean: Predictions,
    with_trigger: Predictions,
    count: int,
    path: Path,
) -> None:
    """Draw the test faces that are misclassified only with the trigger, those that move furthest first.

    `test` holds their positions, int64 (n,), in the order of the predictions `clean` and `with_trigger`.
    """
    found = flipped(clean, with_trigger)
    shown = found[:count]
    captions = [
        f'{LABELS[clean.label[i]]}\nP(male) {clean.probability[i]:.2f} → {with_trigger.probability[i]:.2f}'
        for i in shown
    ]
    title = f'Flipped by the trigger: {_count(len(shown), len(found))}'
    gallery(triggered.pixels[test[shown]], captions, title, path)


def _count(shown: int, found: int) -> str:
    if not found:
        return 'no test face'
    return f'{shown if shown == found else f"{shown} of {found}"} test face{"s" * (found > 1)}, with true labels'
