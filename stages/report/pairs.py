"""Faces beside the faces that they are compared with, and the difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.common.files import printable
from stages.report.charts import save_figure

COLUMNS = 12  # pictures a row
MAX_LINE = 24  # characters of a line in a caption


@dataclass(frozen=True)
class FacePair:
    """A face with a caption of some lines, and perhaps the face that it is compared with: uint8 (size, size) each."""

    face: np.ndarray
    caption: Sequence[str]
    other: np.ndarray | None = None
    other_caption: Sequence[str] = ()


def draw_pairs(pairs: Sequence[FacePair], title: str, path: Path) -> None:
    """Draw faces in rows, each beside its other one and the difference, grey where there is none."""
    starts, cells = [], 0
    for pair in pairs:
        needed = 1 if pair.other is None else 3
        # A pair and its difference stay in one row.
        starts.append(cells if cells % COLUMNS + needed <= COLUMNS else -(-cells // COLUMNS) * COLUMNS)
        cells = starts[-1] + needed
    rows = -(-cells // COLUMNS)
    figure = Figure(figsize=(11, 0.4 + 1.25 * rows), layout='constrained')
    figure.suptitle(title, fontsize=10)
    axes: list[Axes] = list(figure.subplots(rows, COLUMNS, squeeze=False).flat) if rows else []
    for cell in axes:
        cell.axis('off')
    for pair, start in zip(pairs, starts, strict=True):
        _draw(axes[start : start + 3], pair)
    save_figure(figure, path)


def _draw(axes: Sequence[Axes], pair: FacePair) -> None:
    images = [(pair.face, pair.caption)]
    if pair.other is not None:
        images += [(pair.other, pair.other_caption), (difference(pair.face, pair.other), ['difference'])]
    for cell, (image, caption) in zip(axes, images, strict=False):
        cell.imshow(image, cmap='gray', vmin=0, vmax=255, interpolation='nearest')
        cell.set_title('\n'.join(map(_shortened, caption)), fontsize=5, pad=2)


def difference(face: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return a face less another, as it is or mirrored, on grey: uint8 (size, size)."""
    differences = [face.astype(int) - turned for turned in (other, other[:, ::-1])]
    return np.clip(128 + min(differences, key=lambda values: np.abs(values).sum()), 0, 255).astype(np.uint8)


def _shortened(line: str) -> str:
    line = printable(line)
    # Matplotlib reads text between dollars as a formula.
    return (line if len(line) <= MAX_LINE else f'…{line[1 - MAX_LINE :]}').replace('$', r'\$')
