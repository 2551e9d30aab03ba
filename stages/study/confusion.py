"""The picture of what is taken for what."""

from pathlib import Path

from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from stages.common.labels import LABELS
from stages.study.figures import save_figure
from stages.study.scores import Readings


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
