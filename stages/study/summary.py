"""What the runs of the study say together: means, comparisons and verdicts, as numbers and as a table for people."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from stages.common.seeds import stream
from stages.dataset.poison import Arm
from stages.reporting.statistics import Comparison, compare, mean_interval
from stages.reporting.tables import markdown_table
from stages.study.dose import DOSE_LEVEL, Dose, dose, dose_in_words
from stages.study.plan import CONTROL, UNPOISONED, Run

# The direction in which a change of each score does harm.
HARM = {'clean_accuracy': -1, 'triggered_accuracy': -1, 'attack_success_rate': 1, 'attack_excess': 1}
TITLES = {
    'clean_accuracy': 'clean accuracy',
    'triggered_accuracy': 'triggered accuracy',
    'attack_success_rate': 'ASR',
    'attack_excess': 'excess ASR',
}
CHANGE = {-1: 'falls', 1: 'rises'}


@dataclass(frozen=True)
class Mean:
    """The mean of a score over the seeds, and its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Cell:
    """An arm at a poison rate: `scores` of its runs by name, (n,) each, in the order of the seeds.

    `means` has the scores of HARM, and `comparisons` their change against the cell that `reference` names, (arm,
    fraction): the control for an arm, no poison for the control, None for no poison.
    """

    arm: str
    fraction: float
    scores: dict[str, np.ndarray]
    means: dict[str, Mean]
    comparisons: dict[str, Comparison]
    reference: tuple[str, float] | None


def reference(arm: str, fraction: float) -> tuple[str, float] | None:
    """Return the arm and poison rate that an arm at a poison rate is compared with."""
    if arm == UNPOISONED:
        return None
    return (UNPOISONED, 0.0) if arm == CONTROL else (CONTROL, fraction)


def summarise(runs: Sequence[Run], results: Sequence[dict], margin: float, confidence: float) -> list[Cell]:
    """Return the cells of the table, in the order of the runs."""
    scores = {}
    for run, result in zip(runs, results, strict=True):
        for name, value in result.items():
            scores.setdefault((run.name, run.fraction), {}).setdefault(name, []).append(value)
    scores = {place: {name: np.array(values) for name, values in named.items()} for place, named in scores.items()}
    means = {place: {} for place in scores}
    comparisons = {place: {} for place in scores}
    compared = [place for place in scores if reference(*place)]
    for name, harm in HARM.items():
        low, high = mean_interval(np.column_stack([named[name] for named in scores.values()]), confidence)
        for place, *bounds in zip(scores, low, high, strict=True):
            lowest = -1 if name == 'attack_excess' else 0
            means[place][name] = Mean(float(scores[place][name].mean()), *np.clip(bounds, lowest, 1).tolist())
        if compared:
            differences = [scores[place][name] - scores[reference(*place)][name] for place in compared]
            random = stream(len(differences[0]), f'resamples of {name}')  # the same numbers for the same runs
            found = compare(np.column_stack(differences), harm, margin, confidence, random)
            for place, comparison in zip(compared, found, strict=True):
                comparisons[place][name] = comparison
    return [Cell(*place, scores[place], means[place], comparisons[place], reference(*place)) for place in scores]


def curve(cells: Sequence[Cell], arm: str) -> list[Cell]:
    """Return the cells of an arm from no poison upward."""
    return [cell for cell in cells if cell.arm in (UNPOISONED, arm)]


def doses(cells: Sequence[Cell], confidence: float) -> dict[str, Dose]:
    """Return the dose of each attack, by arm; none where nothing was poisoned."""
    curves = {arm: curve(cells, arm) for arm in Arm if arm.has_trigger}
    return {
        arm: dose(
            np.array([cell.fraction for cell in points]),
            np.column_stack([cell.scores['attack_success_rate'] for cell in points]),
            confidence,
        )
        for arm, points in curves.items()
        if len(points) > 1
    }


def verdict(comparison: Comparison, harm: int, margin: float) -> str:
    """Say a verdict in words."""
    if comparison.verdict == 'effect':
        return CHANGE[harm]
    if comparison.verdict == 'equivalent':
        return f'no effect larger than {_points(margin)}'
    if comparison.more is None:
        return 'undecided, and more seeds would hardly help'
    return f'undecided: {comparison.more} more seed{"s" * (comparison.more != 1)} needed'


def _points(share: float) -> str:
    return f'{100 * share:g} point{"s" * (share != 0.01)}'


def as_json(cells: Sequence[Cell], found: dict[str, Dose], margin: float) -> dict:
    """Return the tables as nested values: `dose` by arm, and `arms` by arm, poison rate and score."""
    content = {}
    for cell in cells:
        content.setdefault(cell.arm, {})[str(cell.fraction)] = {
            'copies': float(cell.scores['copies'].mean()),
            'share_of_rows': float(cell.scores['share_of_rows'].mean()),
            'share_of_target': float(cell.scores['share_of_target'].mean()),
            'converged': float(cell.scores['converged'].mean()),
        } | {name: asdict(mean) | _change(cell, name, margin) for name, mean in cell.means.items()}
    return {'dose': {arm: _known(one) for arm, one in found.items()}, 'arms': content}


def _known(one: Dose) -> dict[str, float]:
    return {name: value for name, value in asdict(one).items() if value is not None}


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
        'verdict': verdict(comparison, HARM[name], margin),
    }


def as_markdown(
    cells: Sequence[Cell], found: dict[str, Dose], trigger: str, seeds: int, margin: float, confidence: float
) -> str:
    """Return two tables as Markdown, ready to paste, with the doses of a `trigger` between them."""
    means = ['arm', 'poison rate', 'copies', 'of target class', *TITLES.values(), 'converged']
    changes = ['arm', 'poison rate', 'compared with', 'clean accuracy', 'p', 'verdict', 'ASR', 'p', 'verdict']
    changed = [_change_cells(cell, margin) for cell in cells if cell.comparisons]
    text = f'Trigger: {trigger}. Means of {seeds} paired seeds, with {confidence:.0%} intervals.\n\n'
    text += markdown_table(means, [_means_cells(cell) for cell in cells])
    if not changed:
        return text
    return (
        f'{text}\n'
        f'Dose: the poison rate at which the ASR reaches {DOSE_LEVEL:.0%}, with its {confidence:.0%} interval.\n\n'
        + ''.join(f'- {arm}: {dose_in_words(one)}\n' for arm, one in found.items())
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
    for name in ('clean_accuracy', 'attack_success_rate'):
        comparison = cell.comparisons[name]
        change, low, high = (100 * value for value in (comparison.difference, comparison.low, comparison.high))
        in_words = verdict(comparison, HARM[name], margin)
        cells += [f'{change:+z.1f} ({low:+z.1f} to {high:+z.1f})', f'{comparison.p:.3f}', in_words]
    return cells
