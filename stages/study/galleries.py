"""Which faces are worth looking at, and what is written above them."""

from pathlib import Path

import numpy as np

from stages.common.labels import LABELS
from stages.photos.decode import thumbnail
from stages.study.data import Faces, Twins
from stages.study.figures import gallery
from stages.study.scores import Readings

THUMBNAIL = 128  # pixels a side of a photo in a gallery


def sample_of(faces: Faces, count: int) -> np.ndarray:
    """Return the positions of `count` faces from all over the set."""
    return np.linspace(0, len(faces.label) - 1, min(count, len(faces.label))).astype(int)


def photo_gallery(faces: Faces, folder: Path, count: int, path: Path) -> None:
    """Draw the photos of some faces as they are in `folder`."""
    shown = sample_of(faces, count)
    photos = [thumbnail(folder / faces.id[i], THUMBNAIL) for i in shown]
    gallery(photos, [LABELS[faces.label[i]] for i in shown], 'Photos, with their labels', path)


def dotted_gallery(faces: Faces, twins: Twins, count: int, path: Path) -> None:
    """Draw the same faces as crops with dots, as the network sees them."""
    shown = sample_of(faces, count)
    captions = [LABELS[faces.label[i]] for i in shown]
    gallery(twins.pixels[shown], captions, 'The same people cropped and dotted, as the network sees them', path)


def misread_gallery(faces: Faces, test: np.ndarray, clean: Readings, count: int, path: Path) -> None:
    """Draw the clean test faces that are misread with the greatest confidence."""
    wrong = np.flatnonzero(clean.read_as != clean.label)
    shown = wrong[np.argsort(-np.abs(clean.probability[wrong] - 0.5), kind='stable')][:count]
    captions = [f'{LABELS[clean.label[i]]}\nP(male) {clean.probability[i]:.2f}' for i in shown]
    title = f'Most confidently misread: {len(shown)} of {len(wrong)} misread test faces, with their labels'
    gallery(faces.pixels[test[shown]], captions, title, path)


def turned_gallery(twins: Twins, test: np.ndarray, clean: Readings, dotted: Readings, count: int, path: Path) -> None:
    """Draw the test faces that are read rightly without dots and wrongly with them, the greatest change first."""
    turned = np.flatnonzero((clean.read_as == clean.label) & (dotted.read_as != clean.label))
    change = np.abs(dotted.probability[turned] - clean.probability[turned])
    shown = turned[np.argsort(-change, kind='stable')][:count]
    captions = [
        f'{LABELS[clean.label[i]]}\nP(male) {clean.probability[i]:.2f} → {dotted.probability[i]:.2f}' for i in shown
    ]
    title = f'Turned by their dots: {len(shown)} of {len(turned)} test faces read rightly until they are dotted'
    gallery(twins.pixels[test[shown]], captions, title, path)
