"""The figure of the confusion matrices."""

from pathlib import Path

from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from stages.common.params import LABELS
from stages.report.charts import save_figure
from stages.scores.scores import Predictions


def confusion_matrices(clean: Predictions, triggered: Predictions, path: Path) -> None:
    """Draw the confusion matrices of the test faces, clean and triggered, as a PNG file."""
    figure = Figure(figsize=(6, 3), layout='constrained')
    named = (('clean', clean), ('triggered', triggered))
    for axes, (name, predictions) in zip(figure.subplots(1, 2), named, strict=True):
        ConfusionMatrixDisplay.from_predictions(
            predictions.label,
            predictions.predicted,
            labels=range(len(LABELS)),
            display_labels=LABELS,
            cmap='Blues',
            colorbar=False,
            ax=axes,
        )
        title = f'{name} test faces\naccuracy {predictions.accuracy:.1%}'
        axes.set(xlabel='predicted label', ylabel='true label', title=title)
    save_figure(figure, path)
