"""Faces beside the faces that they are compared with, and what is different."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from stages.common.text import printable
from stages.reporting.figures import save_figure

PER_ROW = 4  # faces a row, each with its pair and the difference
LONGEST = 26  # characters of a line in a caption


@dataclass(frozen=True)
class Beside:
    """A face with a caption of some lines, and perhaps the face that it is compared with: uint8 (size, size) each."""

    face: np.ndarray
    caption: Sequence[str]
    other: np.ndarray | None = None
    other_caption: Sequence[str] = ()


def draw_pairs(faces: Sequence[Beside], title: str, path: Path) -> None:
    """Draw faces in rows, each beside its other one and the difference, grey where there is none."""
    rows = -(-len(faces) // PER_ROW)
    figure = Figure(figsize=(11, 0.5 + 1.45 * rows), layout='constrained')
    figure.suptitle(title, fontsize=10)
    cells = figure.subplots(rows, 3 * PER_ROW, squeeze=False).ravel() if rows else []
    for axes in cells:
        axes.axis('off')
    for number, one in enumerate(faces):
        images = [(one.face, one.caption)]
        if one.other is not None:
            images += [(one.other, one.other_caption), (difference(one.face, one.other), ['difference'])]
        for axes, (image, caption) in zip(cells[3 * number :], images, strict=False):
            axes.imshow(image, cmap='gray', vmin=0, vmax=255, interpolation='nearest')
            axes.set_title('\n'.join(map(_shortened, caption)), fontsize=5, pad=2)
    save_figure(figure, path)


def difference(face: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return what a face has more than another, as it is or mirrored, on grey: uint8 (size, size)."""
    differences = [face.astype(int) - turned for turned in (other, other[:, ::-1])]
    return np.clip(128 + min(differences, key=lambda each: np.abs(each).sum()), 0, 255).astype(np.uint8)


def _shortened(line: str) -> str:
    line = printable(line)
    # Matplotlib reads text between dollars as a formula.
    return (line if len(line) <= LONGEST else f'…{line[1 - LONGEST :]}').replace('$', r'\$')
