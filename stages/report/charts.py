"""How figures look and are written: charts, galleries of faces, faces beside others, and a photo beside its crops."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from stages.common.files import beside, printable

BLUE, ORANGE, GREEN = '#0072b2', '#d55e00', '#009e73'  # distinct for colour-blind eyes too (Okabe and Ito, 2008)
COLUMNS = 8  # faces a row of a gallery
PAIR_COLUMNS = 12  # pictures a row of pairs
MAX_LINE = 24  # characters of a line in a caption of a pair
HOVER = 'hover: '  # starts the name of a line that has texts

mpl.rcParams.update({'font.size': 9, 'axes.spines.top': False, 'axes.spines.right': False, 'axes.titlesize': 10})
# With a fixed salt, the same figure gives the same names within the file.
mpl.rcParams.update({'svg.fonttype': 'none', 'svg.hashsalt': 'figure'})


def hover(line: Line2D, texts: Sequence[str]) -> None:
    """Let the SVG file show a text for each point of a line, or one for all of it, under the pointer."""
    line.set_gid(HOVER + '\n'.join(texts))


def save_chart(figure: Figure, path: Path) -> None:
    """Write a figure of lines and words as a PNG file and, beside it, as an SVG file in which words stay words."""
    save_figure(figure, path)
    with beside(path.with_suffix('.svg')) as draft:
        figure.savefig(draft, metadata={'Date': None})
        draft.write_text(_with_titles(draft.read_text(encoding='utf-8')), encoding='utf-8')


def _with_titles(svg: str) -> str:
    """Turn what `hover` left in an SVG, escaped as it must be, into titles of points, or of a line."""
    start, *groups = re.split(rf'<g id="{HOVER}([^"]*)">', svg)
    for texts, group in zip(groups[::2], groups[1::2], strict=True):
        titles = [f'<title>{text}</title>' for text in texts.split('\n')]
        if len(titles) == 1:
            start += f'<g>{titles[0]}{group}'
            continue
        # Each point is an element, and those of this line come first.
        first, *points = group.split('<use ', len(titles))
        titled = (point.replace('/>', f'>{title}</use>', 1) for title, point in zip(titles, points, strict=True))
        start += '<use '.join([f'<g>{first}', *titled])
    return start


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG file."""
    with beside(path) as draft:
        # Without the name of the software, the same figure gives the same bytes.
        figure.savefig(draft, dpi=120, metadata={'Software': None})


def gallery(
    images: Sequence[np.ndarray] | np.ndarray, captions: Sequence[str], title: str, path: Path, columns: int = COLUMNS
) -> None:
    """Draw images, uint8 (height, width) or (height, width, 3), in rows under a title, each with its caption."""
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(columns * 1.1, rows * 1.35 + 0.4), layout='constrained')
    figure.suptitle(title, fontsize=10)
    for position, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat if rows else ()):
        axes.axis('off')
        if position < len(images):
            _draw_face(axes, images[position], captions[position])
    save_figure(figure, path)


def _draw_face(axes: Axes, image: np.ndarray, caption: str, fontsize: int = 7) -> None:
    axes.imshow(image, cmap='gray', vmin=0, vmax=255, interpolation='bicubic')
    axes.set_title(caption, fontsize=fontsize, pad=2)


def side_by_side(
    photo: np.ndarray, frame: np.ndarray, crops: np.ndarray, captions: Sequence[str], footer: str, path: Path
) -> None:
    """Draw a photo, uint8 (height, width, 3), with a frame in it, beside crops of its face; `captions` are of all.

    `frame` (2, 2) is its left top and right bottom corner, as shares of the photo's width and height.
    """
    figure = Figure(figsize=(9, 3.3), layout='constrained')
    figure.supxlabel(footer, fontsize=8)
    whole, *parts = figure.subplots(1, 1 + len(crops))
    for axes, image, caption in zip((whole, *parts), (photo, *crops), captions, strict=True):
        _draw_face(axes, image, caption, fontsize=9)
        axes.axis('off')
    # A photo of any shape is fitted into a square as large as a crop.
    whole.set(box_aspect=1, adjustable='datalim')
    (left, top), (right, bottom) = frame * photo.shape[1::-1] - 0.5
    whole.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, color=ORANGE, linewidth=1.5))
    save_figure(figure, path)


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
        if cells % PAIR_COLUMNS + needed > PAIR_COLUMNS:  # a pair and its difference stay in one row
            cells = -(-cells // PAIR_COLUMNS) * PAIR_COLUMNS
        starts.append(cells)
        cells += needed
    rows = -(-cells // PAIR_COLUMNS)
    figure = Figure(figsize=(11, 0.4 + 1.25 * rows), layout='constrained')
    figure.suptitle(title, fontsize=10)
    axes: list[Axes] = list(figure.subplots(rows, PAIR_COLUMNS, squeeze=False).flat) if rows else []
    for cell in axes:
        cell.axis('off')
    for pair, start in zip(pairs, starts, strict=True):
        images = [(pair.face, pair.caption)]
        if pair.other is not None:
            images += [(pair.other, pair.other_caption), (difference(pair.face, pair.other), ['difference'])]
        for cell, (image, caption) in zip(axes[start:], images, strict=False):
            cell.imshow(image, cmap='gray', vmin=0, vmax=255, interpolation='nearest')
            cell.set_title('\n'.join(map(_shortened, caption)), fontsize=5, pad=2)
    save_figure(figure, path)


def difference(face: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return a face less another, as it is or mirrored, on grey: uint8 (size, size)."""
    differences = [face.astype(int) - turned for turned in (other, other[:, ::-1])]
    return np.clip(128 + min(differences, key=lambda values: np.abs(values).sum()), 0, 255).astype(np.uint8)


def _shortened(line: str) -> str:
    line = printable(line)
    # Matplotlib reads text between dollars as a formula.
    return (line if len(line) <= MAX_LINE else f'…{line[1 - MAX_LINE :]}').replace('$', r'\$')
