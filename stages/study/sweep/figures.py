"""The figures of the sweep, and the table that `dvc plots` draws them from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.common.files import write_csv
from stages.study.figures import BLUE, ORANGE, save_figure
from stages.study.sweep.runs import ARMS, NO_COPIES
from stages.study.sweep.summary import Cell

# Colour tells the label, the line the dots.
STYLES = dict(zip(ARMS, [(BLUE, '-', 'o'), (ORANGE, '-', 'o'), (BLUE, '--', 's'), (ORANGE, '--', 's')], strict=True))


def lines(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """Return the points of each arm's line, from no copies upward."""
    none = [cell for cell in cells if cell.arm == NO_COPIES]
    return {arm: none + [cell for cell in cells if cell.arm == arm] for arm in ARMS}


def write_lines(cells: Sequence[Cell], path: Path) -> None:
    """Write the points of every line as a table, for `dvc plots`."""
    header = ['arm', 'fraction', 'score', 'mean', 'low', 'high']
    rows = [
        [arm, cell.fraction, name.replace('_', ' '), mean.mean, mean.low, mean.high]
        for arm, points in lines(cells).items()
        for cell in points
        for name, mean in cell.means.items()
    ]
    write_csv(path, header, rows)


def draw_lines(cells: Sequence[Cell], path: Path) -> None:
    """Draw clean accuracy and attack success against the fraction, a line an arm, with bands for the intervals."""
    figure = Figure(figsize=(8, 3.4), layout='constrained')
    left, right = figure.subplots(1, 2)
    _draw_score(left, cells, 'clean_accuracy', 'clean accuracy')
    _draw_score(right, cells, 'attack_success', 'attack success rate')
    right.set_ylim(0, 1)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc='outside lower center', ncols=len(ARMS), frameon=False)
    save_figure(figure, path)


def _draw_score(axes: Axes, cells: Sequence[Cell], name: str, title: str) -> None:
    for arm, points in lines(cells).items():
        colour, line, marker = STYLES[arm]
        fractions = [100 * cell.fraction for cell in points]
        means = [cell.means[name] for cell in points]
        axes.plot(fractions, [mean.mean for mean in means], line, color=colour, marker=marker, markersize=4, label=arm)
        axes.fill_between(
            fractions,
            [mean.low for mean in means],
            [mean.high for mean in means],
            color=colour,
            alpha=0.12,
            linewidth=0,
        )
    axes.set(xlabel='copies added, % of the clean training faces', title=title)


def draw_changes(cells: Sequence[Cell], margin: float, path: Path) -> None:
    """Draw the paired changes of clean accuracy and attack success as dots with intervals, the margin shaded."""
    compared = [cell for cell in cells if cell.comparisons][::-1]
    figure = Figure(figsize=(8, 0.6 + 0.28 * len(compared)), layout='constrained')
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, name, title in ((left, 'clean_accuracy', 'clean accuracy'), (right, 'attack_success', 'attack success')):
        axes.axvspan(-100 * margin, 100 * margin, color='0.9', linewidth=0)
        axes.axvline(0, color='0.6', linewidth=0.8)
        for position, cell in enumerate(compared):
            colour, _, marker = STYLES[cell.arm]
            change = cell.comparisons[name]
            low, high = 100 * (change.difference - change.low), 100 * (change.high - change.difference)
            reach = np.maximum([[low], [high]], 0)
            axes.errorbar(100 * change.difference, position, xerr=reach, fmt=marker, color=colour, markersize=5)
        axes.set(title=f'change of {title}', xlabel='points; shaded: the margin')
    left.set_yticks(range(len(compared)), [_against(cell) for cell in compared])
    save_figure(figure, path)


def _against(cell: Cell) -> str:
    return f'{cell.arm}, {cell.fraction:.2%} against {cell.reference[0]}'
