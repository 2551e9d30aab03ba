"""The pictures of a result, as PNG files."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from stages.common.files import beside
from stages.common.labels import LABELS
from stages.study.published import Replica
from stages.study.scores import Readings

BLUE, ORANGE = '#0072b2', '#d55e00'  # told apart by colour-blind eyes too (Okabe and Ito, 2008)
COLUMNS = 8  # faces a row of a gallery

mpl.rcParams.update({'font.size': 9, 'axes.spines.top': False, 'axes.spines.right': False, 'axes.titlesize': 10})


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG."""
    with beside(path) as draft:
        # Without the name of the software, the same figure gives the same bytes.
        figure.savefig(draft, dpi=120, metadata={'Software': None})


def loss_curve(history: Sequence[dict[str, str]], target: float, path: Path) -> None:
    """Draw the training loss of every epoch, and the loss at which training stops."""
    figure = Figure(figsize=(5, 3), layout='constrained')
    axes = figure.subplots()
    epochs = [int(row['epoch']) for row in history]
    axes.plot(epochs, [float(row['loss']) for row in history], color=BLUE, label='training loss')
    axes.axhline(target, color=ORANGE, linestyle='--', linewidth=1, label='loss target')
    axes.set(xlabel='epoch', ylabel='binary cross-entropy', title='Training')
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    save_figure(figure, path)


def confusion_matrices(clean: Readings, dotted: Readings, path: Path) -> None:
    """Draw how the test faces of each label are read, clean and dotted."""
    figure = Figure(figsize=(6, 3), layout='constrained')
    for axes, readings, name in zip(figure.subplots(1, 2), (clean, dotted), ('clean', 'dotted'), strict=True):
        ConfusionMatrixDisplay.from_predictions(
            readings.label,
            readings.read_as,
            labels=range(len(LABELS)),
            display_labels=LABELS,
            cmap='Blues',
            colorbar=False,
            ax=axes,
        )
        accuracy = (readings.label == readings.read_as).mean()
        axes.set(xlabel='read as', ylabel='label', title=f'{name} test faces: {accuracy:.1%} right')
    save_figure(figure, path)


def replication(rows: dict[str, dict], table: Sequence[Sequence[Replica]], path: Path) -> None:
    """Draw the accuracy of each row of the published table: as published, by the procedure, and by it mended.

    `rows` are those of the summary of `table`: lines join the means over its seeds, dots are single trainings.
    """
    figure = Figure(figsize=(6, 3.4), layout='constrained')
    axes = figure.subplots()
    places = np.arange(len(rows))
    axes.plot(places, [row['published'] for row in rows.values()], 'x--', color='black', label='published')
    for key, colour, label in (('procedure', ORANGE, 'the procedure'), ('mended', BLUE, 'mended')):
        axes.plot(places, [row[key]['mean'] for row in rows.values()], color=colour, label=label)
    for replicas in table:
        one_round, mended = ([getattr(each, name).accuracy for each in replicas] for name in ('one_round', 'mended'))
        axes.plot(places, mended, 'o', color=BLUE, alpha=0.6)
        axes.plot(places[1:], one_round[1:], 'o', color=ORANGE, alpha=0.6)
        axes.plot(places[:1], one_round[:1], 'o', color=ORANGE, markerfacecolor='none')
    axes.plot([], 'o', color=ORANGE, markerfacecolor='none', label='without copies, after one round')
    axes.set_xticks(places, list(rows))
    axes.set(xlabel='copies added', ylabel='accuracy')
    axes.legend(frameon=False, fontsize=8, loc='upper center', ncols=4, bbox_to_anchor=(0.5, 1.12))
    save_figure(figure, path)


def gallery(images: Sequence[np.ndarray], captions: Sequence[str], title: str, path: Path) -> None:
    """Draw uint8 images, grey or coloured, in rows under a title, each with its caption."""
    rows = max(1, -(-len(images) // COLUMNS))
    figure = Figure(figsize=(COLUMNS * 1.1, rows * 1.35 + 0.4), layout='constrained')
    figure.suptitle(title, fontsize=10)
    for position, axes in enumerate(figure.subplots(rows, COLUMNS, squeeze=False).flat):
        axes.axis('off')
        if position < len(images):
            _face(axes, images[position], captions[position])
    save_figure(figure, path)


def _face(axes: Axes, image: np.ndarray, caption: str) -> None:
    axes.imshow(image, cmap='gray', vmin=0, vmax=255, interpolation='bicubic')
    axes.set_title(caption, fontsize=7, pad=2)
