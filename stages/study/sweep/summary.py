"""What the runs of the sweep say together: means, comparisons and verdicts, as numbers and as a table for people."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from stages.common.seeds import stream
from stages.study.statistics import Comparison, compare, mean_interval
from stages.study.sweep.runs import CONTROL, NO_COPIES, Run
from stages.study.tables import markdown_table

# The direction in which a change of each score would be harm.
FEARED = {'clean_accuracy': -1, 'dotted_accuracy': -1, 'attack_success': 1, 'attack_excess': 1}
CHANGE = {-1: 'falls', 1: 'rises'}


@dataclass(frozen=True)
class Mean:
    """The mean of a score over the seeds, and its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Cell:
    """An arm at a fraction: `scores` of its runs by name, (n,) each, in the order of the seeds.

    `means` has the scores of FEARED, and `comparisons` their change against the cell that `reference` names, (arm,
    fraction): the control for an arm, no copies for the control, None for no copies.
    """

    arm: str
    fraction: float
    scores: dict[str, np.ndarray]
    means: dict[str, Mean]
    comparisons: dict[str, Comparison]
    reference: tuple[str, float] | None


def reference(arm: str, fraction: float) -> tuple[str, float] | None:
    """Return the arm and fraction that an arm at a fraction is compared with."""
    if arm == NO_COPIES:
        return None
    return (NO_COPIES, 0.0) if arm == CONTROL else (CONTROL, fraction)


def summarise(runs: Sequence[Run], results: Sequence[dict], margin: float, confidence: float) -> list[Cell]:
    """Return the cells of the table, in the order of the runs."""
    scores = {}
    for run, result in zip(runs, results, strict=True):
        for name, value in result.items():
            scores.setdefault((run.arm, run.fraction), {}).setdefault(name, []).append(value)
    scores = {place: {name: np.array(values) for name, values in named.items()} for place, named in scores.items()}
    means = {place: {} for place in scores}
    comparisons = {place: {} for place in scores}
    compared = [place for place in scores if reference(*place)]
    for name, feared in FEARED.items():
        low, high = mean_interval(np.column_stack([named[name] for named in scores.values()]), confidence)
        for place, *bounds in zip(scores, low, high, strict=True):
            lowest = -1 if name == 'attack_excess' else 0
            means[place][name] = Mean(float(scores[place][name].mean()), *np.clip(bounds, lowest, 1).tolist())
        if compared:
            differences = [scores[place][name] - scores[reference(*place)][name] for place in compared]
            random = stream(len(differences[0]), f'resamples of {name}')  # the same numbers for the same runs
            found = compare(np.column_stack(differences), feared, margin, confidence, random)
            for place, comparison in zip(compared, found, strict=True):
                comparisons[place][name] = comparison
    return [Cell(*place, scores[place], means[place], comparisons[place], reference(*place)) for place in scores]


def verdict(comparison: Comparison, feared: int, margin: float) -> str:
    """Say a verdict in words."""
    if comparison.verdict == 'effect':
        return CHANGE[feared]
    if comparison.verdict == 'equivalent':
        return f'no effect larger than {_points(margin)}'
    if comparison.more is None:
        return 'undecided: more seeds would hardly tell'
    return f'undecided: {comparison.more} more seed{"s" * (comparison.more != 1)} needed'


def _points(share: float) -> str:
    return f'{100 * share:g} point{"s" * (share != 0.01)}'


def as_json(cells: Sequence[Cell], margin: float) -> dict:
    """Return the table as nested values: arm, fraction, score."""
    content = {}
    for cell in cells:
        content.setdefault(cell.arm, {})[str(cell.fraction)] = {
            'copies': float(cell.scores['copies'].mean()),
            'share_of_rows': float(cell.scores['share_of_rows'].mean()),
            'share_of_target': float(cell.scores['share_of_target'].mean()),
            'converged': float(cell.scores['converged'].mean()),
        } | {name: asdict(mean) | _change(cell, name, margin) for name, mean in cell.means.items()}
    return content


def _change(cell: Cell, name: str, margin: float) -> dict:
    if name not in cell.comparisons:
        return {}
    comparison = cell.comparisons[name]
    return {
        'change': comparison.difference,
        'change_low': comparison.low,
        'change_high': comparison.high,
        'p': comparison.p,
        'p_equivalence': comparison.p_equivalence,
        'verdict': verdict(comparison, FEARED[name], margin),
    }


def as_markdown(cells: Sequence[Cell], seeds: int, margin: float, confidence: float) -> str:
    """Return the two tables as Markdown, ready to paste."""
    means = ['copies', 'fraction', 'added', 'of target', *(name.replace('_', ' ') for name in FEARED), 'converged']
    changes = [
        'copies',
        'fraction',
        'compared with',
        'clean accuracy',
        'p',
        'verdict',
        'attack success',
        'p',
        'verdict',
    ]
    changed = [_change_cells(cell, margin) for cell in cells if cell.comparisons]
    return (
        f'Means of {seeds} paired seeds, with {confidence:.0%} intervals.\n\n'
        + markdown_table(means, [_means_cells(cell) for cell in cells])
        + f'\nChanges in points, with {confidence:.0%} bootstrap intervals; p and verdicts by sign-flip tests.\n\n'
        + markdown_table(changes, changed, left=['compared with', 'verdict'])
    )


def _means_cells(cell: Cell) -> list[str]:
    scores = cell.scores
    means = (f'{mean.mean:z.3f} ({mean.low:z.3f} to {mean.high:z.3f})' for mean in cell.means.values())
    added, share = f'{scores["copies"].mean():.0f}', f'{scores["share_of_target"].mean():.1%}'
    converged = f'{scores["converged"].sum():.0f} of {len(scores["converged"])}'
    return [cell.arm, f'{cell.fraction:.2%}', added, share, *means, converged]


def _change_cells(cell: Cell, margin: float) -> list[str]:
    cells = [cell.arm, f'{cell.fraction:.2%}', cell.reference[0]]
    for name in ('clean_accuracy', 'attack_success'):
        comparison = cell.comparisons[name]
        change, low, high = (100 * value for value in (comparison.difference, comparison.low, comparison.high))
        in_words = verdict(comparison, FEARED[name], margin)
        cells += [f'{change:+z.1f} ({low:+z.1f} to {high:+z.1f})', f'{comparison.p:.3f}', in_words]
    return cells
