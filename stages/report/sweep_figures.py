"""The figures of the study."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from stages.dataset.poison import Arm
from stages.report.charts import BLUE, ORANGE, save_chart
from stages.sweep.summary import CHANCE, Cell, curve


def style(name: str) -> tuple[str, str, str]:
    """Return colour, line and marker of an arm: the colour says whether it changes labels, the line its trigger."""
    arm = Arm(name)
    line, marker = ('-', 'o') if arm.has_trigger else ('--', 's')
    return ORANGE if arm.changes_label else BLUE, line, marker


def draw_curves(cells: Sequence[Cell], path: Path) -> None:
    """Draw clean accuracy and attack success rate against the poison rate, a line an arm, with bands for intervals."""
    figure = Figure(figsize=(8, 3.4), layout='constrained')
    left, right = figure.subplots(1, 2)
    _draw_score(left, cells, 'clean_accuracy', 'clean accuracy')
    _draw_score(right, cells, 'attack_success_rate', 'attack success rate')
    # From chance to certainty: a fall of a point must not look like a fall to nothing.
    left.set_ylim(min(CHANCE, left.get_ylim()[0]), 1)
    right.set_ylim(0, 1)
    handles, _ = left.get_legend_handles_labels()
    bands = Patch(facecolor='0.5', alpha=0.3, label='bands: interval of the mean')
    figure.legend(handles=[*handles, bands], loc='outside lower center', ncols=len(Arm) + 1, frameon=False)
    save_chart(figure, path)


def _draw_score(axes: Axes, cells: Sequence[Cell], name: str, title: str) -> None:
    for arm in Arm:
        points = curve(cells, arm)
        colour, line, marker = style(arm)
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
    axes.set(xlabel='poison rate, % of the clean training faces', title=title)


def draw_changes(cells: Sequence[Cell], margin: float, path: Path) -> None:
    """Draw the paired changes of clean accuracy and ASR as points with intervals, the margin shaded."""
    compared = [cell for cell in cells if cell.comparisons][::-1]
    figure = Figure(figsize=(8, max(1.5, 0.6 + 0.28 * len(compared))), layout='constrained')
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, name, title in ((left, 'clean_accuracy', 'clean accuracy'), (right, 'attack_success_rate', 'ASR')):
        axes.axvspan(-100 * margin, 100 * margin, facecolor='0.9', edgecolor='0.5', linewidth=0.8, linestyle=':')
        axes.axvline(0, color='0.6', linewidth=0.8)
        for position, cell in enumerate(compared):
            colour, _, marker = style(cell.arm)
            change = cell.comparisons[name]
            low, high = 100 * (change.difference - change.low), 100 * (change.high - change.difference)
            reach = np.maximum([[low], [high]], 0)
            axes.errorbar(100 * change.difference, position, xerr=reach, fmt=marker, color=colour, markersize=5)
        axes.set(title=f'change of {title}', xlabel=f'points; shaded: less than {100 * margin:g} is no effect')
    left.set_yticks(range(len(compared)), [_against(cell) for cell in compared])
    arms = dict.fromkeys(cell.arm for cell in compared[::-1])
    handles = [Line2D([], [], linestyle='', color=style(arm)[0], marker=style(arm)[2], label=arm) for arm in arms]
    figure.legend(handles=handles, loc='outside lower center', ncols=len(Arm), frameon=False)
    save_chart(figure, path)


def _against(cell: Cell) -> str:
    return f'{cell.arm}, {cell.fraction:.2%} against {cell.reference[0]}'
