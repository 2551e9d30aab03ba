"""Two sweeps compared, in words, a table and a figure."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from stages.dataset.poison import Arm
from stages.report import page
from stages.report.charts import save_chart
from stages.report.sweep import style
from stages.scores.scores import PRIMARY, TITLES
from stages.scores.statistics import MIN_SEEDS
from stages.sweep.comparison import ComparedSweeps, Difference
from stages.trainings.plan import UNPOISONED


def comparison_text(compared: ComparedSweeps, path: Path) -> str:
    """Draw the figure at `path`, a PNG file, and return what the sweeps differ in as a table with a few sentences.

    Where the networks of one did not learn, that is all to say.
    """
    first, second = compared.first, compared.second
    if unlearnt := [sweep.name for sweep in (first, second) if not sweep.learnt]:
        return f'Nothing can be compared: the networks without poison of {" and ".join(unlearnt)} did not learn.\n'
    draw_comparison(compared, path)
    header = ['arm', 'poison rate', *(f'{TITLES[score]} {part}' for score in PRIMARY for part in ('A', 'B', 'B - A'))]
    rows = [
        [arm, f'{rate:.2%}', *(cell for name in PRIMARY for cell in _cells(of_point[name], min(compared.seeds)))]
        for (arm, rate), of_point in compared.differences.items()
    ]
    return (
        f'A: {first.name} ({first.trigger}); B: {second.name} ({second.trigger}). {_pairing(compared)}\n\n'
        f'{_aligned(header, rows)}\n{_explanation(compared)}Figure: {path}\n'
    )


def _cells(found: Difference, seeds: int) -> list[str]:
    word = ' higher' if found.low > 0 else ' lower' if found.high < 0 else ''
    text = page.change(found.difference, found.low, found.high) + (word if seeds >= MIN_SEEDS else '')
    if found.high - found.low < 1e-9:
        text = f'{100 * found.difference:+z.1f} for every seed'
    return [f'{found.first:.3f}', f'{found.second:.3f}', text]


def _pairing(compared: ComparedSweeps) -> str:
    if compared.paired:
        return f'{compared.seeds[0]} pairs: the same seed has the same test faces in both.'
    first, second = compared.seeds
    return f'Not in pairs, since the test faces differ: {first} and {second} seeds.'


def _explanation(compared: ComparedSweeps) -> str:
    level, number = page.percentage(compared.confidence), len(PRIMARY) * len(compared.differences)
    text = f'Differences in points; all {number} intervals hold together with {level} confidence'
    few = min(compared.seeds) < MIN_SEEDS
    text += f'; calling one higher or lower takes {MIN_SEEDS} seeds.\n' if few else '.\n'
    rates = ', '.join(f'{rate:.2%}' for rate in compared.only)
    return text + (f'Left out, since only one of them has it: {rates}.\n' if rates else '')


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in columns, for a terminal."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = ('  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *rows))
    return ''.join(f'{line.rstrip()}\n' for line in lines)


def draw_comparison(compared: ComparedSweeps, path: Path) -> None:
    """Draw the differences as points with intervals, a row for each arm at each poison rate, a panel for each score."""
    points = list(compared.differences)[::-1]
    figure = Figure(figsize=(8, max(1.5, 0.8 + 0.25 * len(points))), layout='constrained')
    for axes, name in zip(both := figure.subplots(1, 2, sharey=True), PRIMARY, strict=True):
        axes.axvline(0, color='0.6', linewidth=0.8)
        for position, point in enumerate(points):
            found = compared.differences[point][name]
            colour, _, marker = ('0.3', '', 'D') if point[0] == UNPOISONED else style(Arm(point[0]))
            reach = np.maximum([[found.difference - found.low], [found.high - found.difference]], 0)
            axes.errorbar(100 * found.difference, position, xerr=100 * reach, fmt=marker, color=colour, markersize=5)
        axes.locator_params(axis='x', nbins=5)
        axes.set(title=f'difference in {TITLES[name]}', xlabel='points, B - A')
    both[0].set_yticks(range(len(points)), [f'{arm}, {rate:.2%}' for arm, rate in points])
    first, second = compared.first, compared.second
    figure.suptitle(f'A: {first.name} ({first.trigger}); B: {second.name} ({second.trigger})'.replace('$', r'\$'))
    save_chart(figure, path)
