"""The replication in tables and a figure."""

from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from stages.common.files import write_text
from stages.replicate.published import PUBLISHED, PUBLISHED_FACES
from stages.replicate.summary import PARTS, ReplicationSummary, RowSummary, Spread
from stages.report import page
from stages.report.charts import BLUE, ORANGE, hover, save_chart

UNPOISONED = PUBLISHED[0].name  # the row without copies
UNLEARNT = 'the networks without copies did not learn, so nothing can be compared with them'
ROUNDS = ('one round', 'last loss', 'rounds until the target', 'last loss', 'rounds', 'target reached')
DROPS = ('copies added', 'published drop', 'drop', 'stopping rule', 'copies in the test set', 'remainder')


def replication_markdown(summary: ReplicationSummary) -> str:
    """Return two Markdown tables: accuracies, with what the procedure reports in bold, and drops."""
    accuracies = [_accuracy_cells(row, summary.seeds) for row in summary.rows]
    first = page.markdown_table(['copies added', 'published', *ROUNDS], accuracies)
    second = page.markdown_table(DROPS, [_drop_cells(row, summary.rows[0]) for row in summary.rows])
    lines = _left_out(summary) if summary.learnt else [UNLEARNT, *_left_out(summary)]
    return '\n'.join([*(f'- {line}\n' for line in lines), first, second])


def _left_out(summary: ReplicationSummary) -> list[str]:
    """Say in one line which rows are less than one copy of so few faces, or in none where all are there."""
    shown = {row.name for row in summary.rows}
    names = [row.name for row in PUBLISHED if row.name not in shown]
    return [f'too few faces for all published rows: {", ".join(names)} would be less than one copy'] if names else []


def replication_sentence(summary: ReplicationSummary) -> str:
    """Say what the procedure reports without and with copies, and what the same stopping rule gives."""
    if not summary.learnt:
        return '; '.join([f'{UNLEARNT} (metrics/replicate.json)', *_left_out(summary)])
    without, *others = summary.rows
    text = f'accuracy {without.until_target.mean:.2f} without copies'
    if others:
        most = others[-1]
        text += (
            f'; with {most.name}, {most.one_round.mean:.2f} by the published procedure and '
            f'{most.until_target.mean:.2f} by the same stopping rule'
        )
    return '; '.join([f'{text}: see metrics/replicate.json', *_left_out(summary)])


def _accuracy_cells(row: RowSummary, seeds: int) -> list[str]:
    one_round, until_target = (_with_spread(spread, '.2f') for spread in (row.one_round, row.until_target))
    if row.name == UNPOISONED:
        until_target = f'**{until_target}**'
    else:
        one_round = f'**{one_round}**'
    losses = [_with_spread(spread, '.2f') for spread in (row.one_round_loss, row.until_target_loss)]
    start = [f'{row.name} ({row.copies})', f'{row.published:.2f}', one_round, losses[0], until_target, losses[1]]
    return [*start, _with_spread(row.until_target_rounds, 'g'), f'{row.converged} of {seeds}']


def _drop_cells(row: RowSummary, first: RowSummary) -> list[str]:
    cells = [_with_spread(row.parts[part], 'z.1f', 100) for part in PARTS]
    if row.name == UNPOISONED:
        return [f'{row.name}, one round', '', *cells]
    return [row.name, f'{100 * (first.published - row.published):.1f}', *cells]


def _with_spread(spread: Spread, spec: str, scale: float = 1) -> str:
    if format(scale * spread.low, spec) == format(scale * spread.high, spec):
        return format(scale * spread.mean, spec)
    return page.with_range(spread.mean, spread.low, spread.high, spec, scale)


def replicate_part(folder: Path, made_from: str) -> dict | None:
    """Write tables and figure, and return the part of the page, None without a replication of what is `made_from`."""
    summary = page.current('replicate', ReplicationSummary, made_from)
    if summary is None:
        return None
    text = replication_markdown(summary)
    write_text(folder / 'replicate.md', text)
    description = 'Accuracy by copies added: as published, by the procedure, and with the same stopping rule for all'
    accuracy = page.drawing(partial(draw_accuracies, summary), folder / 'replicate.png', description)
    return {'accuracy': accuracy, 'tables': page.markdown(text)}


def draw_accuracies(summary: ReplicationSummary, path: Path) -> None:
    """Draw accuracies by copies added: means over the seeds as lines, and single trainings as points."""
    figure = Figure(figsize=(6, 3.4), layout='constrained')
    axes = figure.subplots()
    published = {row.name: 100 * row.copies / PUBLISHED_FACES for row in PUBLISHED}
    rates = np.array([published[row.name] for row in summary.rows])
    drawn = [
        *axes.plot(rates, [row.published for row in summary.rows], 'x--', color='black', label='published'),
        *axes.plot(rates, [row.procedure.mean for row in summary.rows], color=ORANGE, label='the procedure'),
    ]
    label = 'same stopping rule for all'
    drawn += axes.plot(rates, [row.until_target.mean for row in summary.rows], color=BLUE, label=label)
    for replicas in summary.replicas:
        drawn += axes.plot(rates, [replica.until_target.accuracy for replica in replicas], 'o', color=BLUE, alpha=0.6)
        one_round = [replica.one_round.accuracy for replica in replicas]
        drawn += axes.plot(rates[1:], one_round[1:], 'o', color=ORANGE, alpha=0.6)
        drawn += axes.plot(rates[:1], one_round[:1], 'o', color=ORANGE, markerfacecolor='none')
    names = dict(zip(rates.tolist(), (row.name for row in summary.rows), strict=True))
    for line in drawn:
        if line.get_marker() != 'None':
            hover(line, [f'{names[rate]}: {accuracy:.3f}' for rate, accuracy in np.asarray(line.get_xydata()).tolist()])
    axes.plot([], 'o', color=ORANGE, markerfacecolor='none', label='without copies, after one round')
    axes.set_xticks(rates, [row.name for row in summary.rows])
    axes.set(xlabel='copies added', ylabel='accuracy', ylim=(min(0.5, axes.get_ylim()[0]), 1))
    axes.legend(frameon=False, fontsize=8, loc='upper center', ncols=2, bbox_to_anchor=(0.5, 1.12))
    save_chart(figure, path)
