"""The figures of detection: ASR before and after each defence, and the ROC curves of the detectors."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.detect.summary import Found, strongest
from stages.detectors.detector import titles
from stages.report.charts import BLUE, ORANGE, save_chart
from stages.report.detect_tables import defence_title, heading
from stages.scores.ranking import GRID

LINES = ('-', '--', ':', '-.')


def draw_defences(found: Sequence[Found], path: Path) -> None:
    """Draw the ASR of the strongest attack before and after each defence that removes what a detector flags."""
    panels = strongest(found)
    figure = Figure(figsize=(8, 3.4), layout='constrained')
    figure.get_layout_engine().set(w_pad=0.12)  # inches: else the last number of an axis touches the first of the next
    for axes, one in zip(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels, strict=True):
        _draw_defences_of(axes, one)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc='outside lower center', ncols=3, frameon=False)
    save_chart(figure, path)


def _draw_defences_of(axes: Axes, one: Found) -> None:
    names = ['random', *(name for name in one.defences if name.endswith(', flagged')), 'perfect'][::-1]
    before = one.defences['none'].means['attack_success_rate']
    base = before - one.defences['none'].means['attack_excess']
    after = [one.defences[name].means['attack_success_rate'] for name in names]
    places = range(len(names))
    axes.hlines(places, after, before, color='0.75', linewidth=1.5)
    axes.plot([before] * len(names), places, 'o', color=ORANGE, label='ASR with the poison')
    axes.plot(after, places, 's', color=BLUE, label='ASR after removal and retraining')
    axes.axvline(base, color='0.5', linestyle=':', linewidth=1, label='the same faces without the trigger')
    axes.set_yticks(places, [defence_title(name).removesuffix(', flagged') for name in names])
    axes.set(xlim=(0, 1), xlabel='attack success rate', title=heading(one))


def draw_roc(found: Sequence[Found], path: Path) -> None:
    """Draw the mean ROC curve of each detector for the strongest attack."""
    panels = strongest(found)
    figure = Figure(figsize=(8, 4), layout='constrained')
    for axes, one in zip(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels, strict=True):
        axes.plot([0, 1], [0, 1], color='0.8', linewidth=0.8)
        for number, (name, measures) in enumerate(one.detectors.items()):
            axes.plot(
                GRID, measures['roc'], LINES[number % 4], color=(BLUE, ORANGE)[number // 4 % 2], label=titles()[name]
            )
        axes.set(xlabel='false positive rate', ylabel='true positive rate', title=f'originals {one.originals}')
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc='outside lower center', ncols=4, frameon=False)
    save_chart(figure, path)
