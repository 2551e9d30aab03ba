"""The study in words and tables: for people, for `dvc plots` and for `dvc metrics`."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from stages.common.files import write_csv
from stages.dataset.poison import Arm
from stages.report.tables import markdown_table, percentage
from stages.scores.dose import DOSE_LEVEL, Dose, dose_in_words
from stages.scores.statistics import FEWEST_SEEDS
from stages.sweep.summary import PRIMARY, SCORES, Cell, curve

TITLES = {
    'clean_accuracy': 'clean accuracy',
    'triggered_accuracy': 'triggered accuracy',
    'attack_success_rate': 'ASR',
    'attack_excess': 'excess ASR',
}


def verdict(cell: Cell, name: str, margin: float) -> str:
    """Say the verdict on the change of a primary score in words."""
    comparison = cell.comparisons[name]
    if cell.unlearnt:
        return 'did not learn' if cell.unlearnt == cell.arm else f'{cell.unlearnt} did not learn'
    if comparison.verdict == 'equivalent':
        return f'no effect larger than {_points(margin)}'
    if comparison.verdict != 'undecided':
        return comparison.verdict
    if comparison.more is None:
        return 'undecided, and more seeds would hardly help'
    return f'undecided: {comparison.more} more seed{"s" * (comparison.more != 1)} needed'


def _points(share: float) -> str:
    return f'{100 * share:g} point{"s" * (share != 0.01)}'


def metrics(cells: Sequence[Cell], found: dict[str, Dose]) -> dict:
    """Return what is worth comparing between two studies: doses, and primary scores at the highest poison rate."""
    last = {cell.arm: cell for cell in cells}
    content = {name: {str(arm): cell.means[name].mean for arm, cell in last.items()} for name in PRIMARY}
    reached = {str(arm): one.rate for arm, one in found.items() if one.rate is not None}
    return content | ({'dose': reached} if reached else {})


def write_arms(cells: Sequence[Cell], margin: float, path: Path) -> None:
    """Write every mean and change of the study as a table, a line for each arm, poison rate and score.

    Without poison all arms are the same, and each has that line as its first, so that its curve starts there. Changes
    are against the column reference; change_low, change_high and verdict are there for the primary scores alone.
    """
    header = ['arm', 'fraction', 'score', 'mean', 'low', 'high']
    header += ['reference', 'change', 'change_low', 'change_high', 'verdict']
    rows = [
        [arm, cell.fraction, TITLES[name], *asdict(cell.means[name]).values(), *_change_values(cell, name, margin)]
        for arm in Arm
        for cell in curve(cells, arm)
        for name in SCORES
    ]
    write_csv(path, header, rows)


def _change_values(cell: Cell, name: str, margin: float) -> list:
    if cell.reference is None:
        return [''] * 5
    known = [cell.reference[0], cell.changes[name]]
    if name not in cell.comparisons:
        return [*known, '', '', '']
    comparison = cell.comparisons[name]
    return [*known, comparison.low, comparison.high, verdict(cell, name, margin)]


def conclusion(cells: Sequence[Cell], found: dict[str, Dose], trigger: str, margin: float) -> str:
    """Say what the study found of each attack at the highest poison rate, and its dose, a line each."""
    attacks = [next(cell for cell in reversed(cells) if cell.arm == arm) for arm in found]
    lines = [f'- {cell.arm} at {cell.fraction:.2%}, {trigger}: {_findings(cell, margin)}\n' for cell in attacks]
    reached = ', '.join(f'{arm} {dose_in_words(one)}' for arm, one in found.items())
    return ''.join(lines) + (f'- poison rate for an ASR of {DOSE_LEVEL:.0%}: {reached}\n' if found else '')


def _findings(cell: Cell, margin: float) -> str:
    return '; '.join(f'{TITLES[name]} {_change(cell, name)}, {verdict(cell, name, margin)}' for name in PRIMARY)


def _change(cell: Cell, name: str) -> str:
    comparison = cell.comparisons[name]
    change, low, high = (100 * value for value in (comparison.difference, comparison.low, comparison.high))
    return f'{change:+z.1f} ({low:+z.1f} to {high:+z.1f})'


def as_markdown(
    cells: Sequence[Cell], found: dict[str, Dose], trigger: str, seeds: int, margin: float, confidence: float
) -> str:
    """Return the study as Markdown, ready to paste: the conclusion, the means and the changes with their verdicts."""
    level = percentage(confidence)
    means = ['arm', 'poison rate', 'copies', 'of target class', *TITLES.values(), 'converged']
    text = f'Trigger: {trigger}. Means of {seeds} paired seeds, each with its own {level} interval.\n\n'
    text += markdown_table(means, [_means_cells(cell) for cell in cells])
    compared = [cell for cell in cells if cell.comparisons]
    if not compared:
        return text
    changes = ['arm', 'poison rate', 'compared with', 'clean accuracy', 'verdict', 'ASR', 'verdict']
    rows = [_change_cells(cell, margin) for cell in compared]
    few = f' Fewer than {FEWEST_SEEDS} seeds decide nothing.' if seeds < FEWEST_SEEDS else ''
    return (
        f'{conclusion(cells, found, trigger, margin)}\n{text}\n'
        f'Changes in points, with intervals that all hold together with {level} confidence; the verdicts follow from '
        f'them.{few}\n\n' + markdown_table(changes, rows, left=['compared with', 'verdict'])
    )


def _means_cells(cell: Cell) -> list[str]:
    scores = cell.scores
    means = (f'{mean.mean:z.3f} ({mean.low:z.3f} to {mean.high:z.3f})' for mean in cell.means.values())
    added, share = f'{scores["copies"].mean():.0f}', f'{scores["share_of_target"].mean():.1%}'
    converged = f'{scores["converged"].sum():.0f} of {len(scores["converged"])}'
    if cell.unlearnt == cell.arm:
        converged += ', did not learn'
    return [cell.arm, f'{cell.fraction:.2%}', added, share, *means, converged]


def _change_cells(cell: Cell, margin: float) -> list[str]:
    changes = [text for name in PRIMARY for text in (_change(cell, name), verdict(cell, name, margin))]
    return [cell.arm, f'{cell.fraction:.2%}', cell.reference[0], *changes]
