"""The figure of the replication."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from stages.replicate.published import PUBLISHED, PUBLISHED_FACES, Replica
from stages.report.charts import BLUE, ORANGE, save_chart


def draw(rows: dict[str, dict], table: Sequence[Sequence[Replica]], path: Path) -> None:
    """Draw the accuracy of each row of the published table: as published, by the procedure, and with one rule for all.

    `rows` are those of the summary of `table`: lines join the means over its seeds, points are single trainings.
    """
    figure = Figure(figsize=(6, 3.4), layout='constrained')
    axes = figure.subplots()
    places = np.array([100 * row.copies / PUBLISHED_FACES for row in PUBLISHED])
    axes.plot(places, [row['published'] for row in rows.values()], 'x--', color='black', label='published')
    for key, colour, label in (
        ('procedure', ORANGE, 'the procedure'),
        ('until_target', BLUE, 'same stopping rule for all'),
    ):
        axes.plot(places, [row[key]['mean'] for row in rows.values()], color=colour, label=label)
    for replicas in table:
        one_round, until_target = (
            [getattr(each, name).accuracy for each in replicas] for name in ('one_round', 'until_target')
        )
        axes.plot(places, until_target, 'o', color=BLUE, alpha=0.6)
        axes.plot(places[1:], one_round[1:], 'o', color=ORANGE, alpha=0.6)
        axes.plot(places[:1], one_round[:1], 'o', color=ORANGE, markerfacecolor='none')
    axes.plot([], 'o', color=ORANGE, markerfacecolor='none', label='without copies, after one round')
    axes.set_xticks(places, list(rows))
    axes.set(xlabel='copies added', ylabel='accuracy', ylim=(min(0.5, axes.get_ylim()[0]), 1))
    axes.legend(frameon=False, fontsize=8, loc='upper center', ncols=2, bbox_to_anchor=(0.5, 1.12))
    save_chart(figure, path)
