"""The trial of the detectors in words, tables and figures."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.common.arrays import Rows
from stages.common.files import write_text
from stages.common.params import LABELS
from stages.detect.cases import YARDSTICKS, Removed
from stages.detect.summary import MARGINS, ArmDetection, DefenceSummary, DefenceVerdict, Trial
from stages.detectors.detector import titles
from stages.report import page
from stages.report.charts import BLUE, GREEN, ORANGE, FacePair, draw_pairs, hover, save_chart
from stages.scores.ranking import GRID, MEASURES
from stages.scores.scores import MIN_PHOTOS

REMOVED = {
    Removed.NONE: 'nothing removed',
    Removed.RANDOM: 'as many random rows',
    Removed.PERFECT: 'all copies (perfect filter)',
    Removed.FLAGGED: 'flagged',
    Removed.SUSPECT: 'most suspect',
}


def defence_title(defence: DefenceSummary) -> str:
    """Return what a defence is called in tables."""
    removed = REMOVED[defence.removed]
    return f'{titles()[defence.detector]}, {removed}' if defence.detector else removed


def heading(arm: ArmDetection) -> str:
    """Return what an arm is called above its tables."""
    return f'{arm.arm} at {arm.poison_rate:.2%}, originals {arm.originals}'


def detect_conclusion(trial: Trial) -> str:
    """Say what the strongest attack does, what the best defence leaves of it, and what was not trained, a line each."""
    lines = []
    for arm in trial.strongest():
        if words := _unknown(arm, trial):
            lines.append(f'- {heading(arm)}: {words}\n')
            continue
        best = min(arm.flagged(), key=lambda defence: defence.means['attack_excess'])
        lines.append(
            f'- {heading(arm)}: ASR {arm.after(Removed.NONE)["attack_success_rate"]:.2f}, and '
            f'{best.means["attack_success_rate"]:.2f} after removing what {titles()[best.detector]} flags: '
            f'{_against_perfect(best, trial)}\n'
        )
    lines += [f'- {line}\n' for line in page.untrained(trial.sizes.untrained)]
    return ''.join(lines)


def _unknown(arm: ArmDetection, trial: Trial) -> str:
    """Say why nothing is known of an arm's networks, or nothing."""
    return page.too_few_tested(trial.sizes) if arm.learnt else 'the networks did not learn'


def _against_perfect(defence: DefenceSummary, trial: Trial) -> str:
    if defence.verdict is DefenceVerdict.UNLEARNT:
        return defence.verdict.value
    unlearnt = f'{defence.unlearnt} of {trial.seeds} networks did not learn' if defence.unlearnt else ''
    if not defence.verdict:
        return unlearnt
    words = defence.verdict.value
    if defence.verdict is DefenceVerdict.UNDECIDED:
        for score, comparison in defence.against_perfect.items():
            if comparison.tested is not None:
                words = page.too_few(MARGINS[score], trial.sizes.needed(score, comparison.tested))
    excess, accuracy = (100 * comparison.difference for comparison in defence.against_perfect.values())
    words += f' ({excess:+z.1f} excess, {accuracy:+z.1f} accuracy)'
    return '; '.join(filter(None, [words, unlearnt]))


def detection_tables(trial: Trial) -> str:
    """Return all tables as Markdown."""
    text = f'Trigger: {trial.trigger}. Means of {trial.seeds} paired seeds.'
    margins = f'{page.points(MARGINS["attack_excess"])} of excess ASR and {page.points(MARGINS["clean_accuracy"])}'
    if trial.strongest():
        text += (
            f' Verdicts compare with the perfect filter, within {margins} of clean accuracy; they hold together with '
            f'{page.percentage(trial.confidence)} confidence.'
        )
    text += '\n'
    for arm in trial.arms:
        if arm.defences:
            parts = [_detectors_table(arm), _defences_table(arm, trial), _proof_line(arm, trial)]
            text += '\n'.join([f'\n### {heading(arm)}\n', *parts])
    text += '\n### False alarms\n\nRows flagged in arms that open no backdoor: clean ones (FPR), and copies.\n\n'
    return text + _alarms_table(trial)


def detection_markdown(trial: Trial) -> str:
    """Return the conclusion and all tables as Markdown, ready to paste."""
    return f'{detect_conclusion(trial)}\n{detection_tables(trial)}'


def _detectors_table(arm: ArmDetection) -> str:
    rows = [
        [titles()[name], *(page.number_or_blank(measures[measure], '.3f') for measure in MEASURES)]
        for name, measures in arm.detectors.items()
    ]
    return page.markdown_table(['detector', *MEASURES.values()], rows)


def _defences_table(arm: ArmDetection, trial: Trial) -> str:
    header = ['removed', 'rows', 'of the copies', 'ASR', 'excess ASR', 'clean accuracy', 'against perfect']
    rows = []
    for defence in sorted(arm.defences, key=lambda defence: (*YARDSTICKS, defence.removed).index(defence.removed)):
        means = defence.means
        scores = [f'{means[score]:z.3f}' for score in ('attack_success_rate', 'attack_excess', 'clean_accuracy')]
        counts = [f'{means["removed"]:.0f}', f'{means["copies_removed"] / arm.copies:.0%}']
        rows.append([defence_title(defence), *counts, *scores, _against_perfect(defence, trial)])
    return page.markdown_table(header, rows, left=['against perfect'])


def _proof_line(arm: ArmDetection, trial: Trial) -> str:
    few = f'fewer than {MIN_PHOTOS} copies' if arm.copies < MIN_PHOTOS else ''
    if words := _unknown(arm, trial) or few:
        return f'Proof: {words}.\n'
    copies, random = (page.number_or_blank(share, '.1%') for share in (arm.copies_rejected, arm.random_rejected))
    moves = 'No pair, so no trigger to recover.'
    if arm.movement is not None:
        points = f'{100 * arm.movement:+.1f} points'
        moves = f'The recovered trigger moves predictions on other faces by {points} towards the target.'
    return (
        f'Proof: a network trained without them rejects the labels of {copies} of the copies, and of {random} of as '
        f'many random rows. {moves}\n'
    )


def _alarms_table(trial: Trial) -> str:
    columns = []
    for arm in (arm for arm in trial.arms if not arm.defences):
        columns.append((f'{heading(arm) if arm.copies else arm.arm}: FPR', arm.detectors, 'false_positive_rate'))
        if arm.copies:
            columns.append((f'{heading(arm)}: copies flagged', arm.detectors, 'true_positive_rate'))
    rows = [
        [titles()[name], *(page.number_or_blank(detectors[name][measure], '.1%') for _, detectors, measure in columns)]
        for name in columns[0][1]
    ]
    return page.markdown_table(['detector', *(title for title, *_ in columns)], rows)


def detect_part(folder: Path, made_from: str, pool: Rows) -> dict | None:
    """Write tables and figures, and return the part of the page, None without a trial of what is `made_from`."""
    trial = page.current('detect', Trial, made_from)
    if trial is None:
        return None
    write_text(folder / 'detect.md', detection_markdown(trial))
    description = 'Attack success rate before and after the removal of what is flagged'
    texts = {'conclusion': page.markdown(detect_conclusion(trial)), 'tables': page.markdown(detection_tables(trial))}
    if not trial.strongest():
        return texts | {'defences': None}
    pairs = page.picture(partial(draw_example_pairs, trial, pool), folder / 'pairs.png')
    return texts | {
        'defences': page.drawing(partial(draw_defences, trial), folder / 'defences.png', description),
        'roc': page.drawing(partial(draw_roc, trial), folder / 'roc.png', 'ROC curve of every detector'),
        'pairs': pairs if trial.pairs else None,
    }


def draw_defences(trial: Trial, path: Path) -> None:
    """Draw the ASR of the strongest attack before and after each defence that removes what a detector flags.

    The defence that leaves least of it, with originals kept or replaced, whichever is worse, comes first.
    """
    worst: dict[str, float] = {}
    for defence in (defence for arm in trial.strongest() for defence in arm.flagged()):
        worst[defence.detector] = max(worst.get(defence.detector, 0), defence.means['attack_success_rate'])
    _draw_panels(trial, path, partial(_draw_defences_of, sorted(worst, key=lambda name: worst[name])), 3.8, columns=3)


def draw_roc(trial: Trial, path: Path) -> None:
    """Draw the mean ROC curve of each detector for the strongest attack."""
    _draw_panels(trial, path, _draw_roc_of, height=4, columns=3)


def _draw_panels(
    trial: Trial, path: Path, draw: Callable[[Axes, ArmDetection], None], height: float, columns: int
) -> None:
    panels = trial.strongest()
    figure = Figure(figsize=(8, height))
    # In inches: without it, the last number of an axis touches the first of the next.
    figure.set_layout_engine('constrained', w_pad=0.12)
    all_axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, arm in zip(all_axes, panels, strict=True):
        draw(axes, arm)
    figure.legend(*all_axes[0].get_legend_handles_labels(), loc='outside lower center', ncols=columns, frameon=False)
    save_chart(figure, path)


def _draw_defences_of(names: Sequence[str], axes: Axes, arm: ArmDetection) -> None:
    shown = [defence for defence in arm.defences if defence.removed is Removed.PERFECT]
    shown += sorted(arm.flagged(), key=lambda defence: names.index(defence.detector))
    shown += [defence for defence in arm.defences if defence.removed is Removed.RANDOM]
    without = arm.after(Removed.NONE)
    before = without['attack_success_rate']
    after = [defence.means['attack_success_rate'] for defence in shown[::-1]]
    heights = range(len(shown))
    axes.hlines(heights, after, before, color='0.75', linewidth=1.5)
    axes.plot([before] * len(shown), heights, 'o', color=ORANGE, label='ASR with the poison')
    (squares,) = axes.plot(after, heights, 's', color=BLUE, label='ASR after removal and retraining')
    axes.axvline(
        before - without['attack_excess'],
        color='0.5',
        linestyle=':',
        linewidth=1,
        label='the same faces without the trigger',
    )
    names = [titles()[defence.detector] if defence.detector else REMOVED[defence.removed] for defence in shown[::-1]]
    axes.set_yticks(heights, names)
    hover(squares, [f'{name}: {before:.3f} → {asr:.3f}' for name, asr in zip(names, after, strict=True)])
    axes.set(xlim=(0, 1), xlabel='attack success rate', title=heading(arm))


def _draw_roc_of(axes: Axes, arm: ArmDetection) -> None:
    axes.plot([0, 1], [0, 1], color='0.8', linewidth=0.8)
    axes.set_prop_cycle(cycler(color=(BLUE, ORANGE, GREEN)) * cycler(linestyle=('-', '--', ':', '-.')))
    for name, curve in arm.roc.items():
        (line,) = axes.plot(GRID, curve, label=titles()[name])
        hover(line, [f'{titles()[name]}: AUC {page.number_or_blank(arm.detectors[name]["auc"], ".3f")}'])
    axes.set(xlabel='false positive rate', ylabel='true positive rate', title=f'originals {arm.originals}')


def draw_example_pairs(trial: Trial, pool: Rows, path: Path) -> None:
    """Draw the suspect pairs of the example, out of the `pool` of all crops, and the differences."""
    shown = []
    for pair in trial.pairs:
        blamed, other = pool[np.array([pair.blamed, pair.other])]
        shown.append(
            FacePair(blamed, ['blamed', LABELS[pair.blamed_label]], other, ['near-duplicate', LABELS[pair.other_label]])
        )
    title = f'Pairs of near-duplicates, {trial.example} at {trial.example_rate:.2%}'
    draw_pairs(shown, f'{title}: {len(shown)} of {trial.pairs_found}', path)
