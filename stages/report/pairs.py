"""Faces beside the faces that they are compared with, and what is different."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.common.files import printable
from stages.report.charts import save_figure

COLUMNS = 12  # pictures a row
LONGEST = 24  # characters of a line in a caption


@dataclass(frozen=True)
class Beside:
    """A face with a caption of some lines, and perhaps the face that it is compared with: uint8 (size, size) each."""

    face: np.ndarray
    caption: Sequence[str]
    other: np.ndarray | None = None
    other_caption: Sequence[str] = ()


def draw_pairs(faces: Sequence[Beside], title: str, path: Path) -> None:
    """Draw faces in rows, each beside its other one and the difference, grey where there is none."""
    places, cells = [], 0
    for one in faces:
        needed = 1 if one.other is None else 3
        # What belongs together stands in one row.
        places.append(cells if cells % COLUMNS + needed <= COLUMNS else -(-cells // COLUMNS) * COLUMNS)
        cells = places[-1] + needed
    rows = -(-cells // COLUMNS)
    figure = Figure(figsize=(11, 0.4 + 1.25 * rows), layout='constrained')
    figure.suptitle(title, fontsize=10)
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel() if rows else []
    for one in axes:
        one.axis('off')
    for one, place in zip(faces, places, strict=True):
        _draw(axes[place : place + 3], one)
    save_figure(figure, path)


def _draw(axes: Sequence[Axes], one: Beside) -> None:
    images = [(one.face, one.caption)]
    if one.other is not None:
        images += [(one.other, one.other_caption), (difference(one.face, one.other), ['difference'])]
    for cell, (image, caption) in zip(axes, images, strict=False):
        cell.imshow(image, cmap='gray', vmin=0, vmax=255, interpolation='nearest')
        cell.set_title('\n'.join(map(_shortened, caption)), fontsize=5, pad=2)


def difference(face: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return what a face has more than another, as it is or mirrored, on grey: uint8 (size, size)."""
    differences = [face.astype(int) - turned for turned in (other, other[:, ::-1])]
    return np.clip(128 + min(differences, key=lambda each: np.abs(each).sum()), 0, 255).astype(np.uint8)


def _shortened(line: str) -> str:
    line = printable(line)
    # Matplotlib reads text between dollars as a formula.
    return (line if len(line) <= LONGEST else f'…{line[1 - LONGEST :]}').replace('$', r'\$')
