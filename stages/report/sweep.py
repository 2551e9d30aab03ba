"""The sweep in words, tables and figures."""

from dataclasses import astuple
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from stages.common.errors import counted
from stages.common.files import write_text
from stages.dataset.poison import Arm
from stages.report import page
from stages.report.charts import BLUE, ORANGE, hover, save_chart
from stages.scores.dose import DOSE_LEVEL, Dose
from stages.scores.scores import CHANCE, PRIMARY, TITLES
from stages.scores.statistics import MIN_SEEDS, Verdict
from stages.sweep.summary import ArmSummary, Study


def unknown(arm: ArmSummary, study: Study) -> str:
    """Say why nothing is known of an attack, or nothing: networks did not learn, or hardly any face is tested."""
    if arm.unlearnt:
        return f'{arm.unlearnt} did not learn'
    return page.too_few_tested(study.sizes)


def verdict(arm: ArmSummary, name: str, study: Study) -> str:
    """Say the verdict on the change of a primary score."""
    if words := unknown(arm, study):
        return words.removeprefix(f'{arm.arm} ')
    comparison = arm.comparisons[name]
    if comparison.verdict is Verdict.EQUIVALENT:
        return f'no effect larger than {page.points(study.margin)}'
    if comparison.verdict is not Verdict.UNDECIDED:
        return comparison.verdict.value
    if comparison.tested is not None:
        return page.too_few(study.margin, study.sizes.needed(name, comparison.tested))
    if comparison.more is None:
        return 'undecided, and more seeds would hardly help'
    return f'undecided: {counted(comparison.more, "more seed")} needed'


def dose_text(dose: Dose | None) -> str:
    """Return a dose with its interval, if the arm learnt; what lies beyond the highest poison rate is called that."""
    if dose is None:
        return 'did not learn'
    if not dose.is_reached:
        possible = f' (interval from {dose.low:.2%})' if dose.low is not None else ''
        return f'not reached up to {dose.max_rate:.2%}{possible}'
    high = f'over {dose.max_rate:.2%}' if dose.high is None else f'{dose.high:.2%}'
    if dose.rate is None:
        return f'between {dose.low:.2%} and {high}'
    return f'{dose.rate:.2%} ({dose.low:.2%} to {high})'


def _change(arm: ArmSummary, name: str) -> str:
    comparison = arm.comparisons[name]
    return page.change(comparison.difference, comparison.low, comparison.high)


def sweep_conclusion(study: Study) -> str:
    """Say what each attack does at the highest poison rate, its dose, and what was not trained, a line each."""
    lines = []
    for name in study.doses:
        arm = study.curve(name)[-1]
        results = [f'{TITLES[score]} {_change(arm, score)}, {verdict(arm, score, study)}' for score in PRIMARY]
        said = unknown(arm, study) or '; '.join(results)
        lines.append(f'- {name} at {arm.poison_rate:.2%}, {study.trigger}: {said}\n')
    if any(study.doses.values()) and not page.too_few_tested(study.sizes):
        doses = ', '.join(f'{name} {dose_text(dose)}' for name, dose in study.doses.items())
        lines.append(f'- poison rate for an ASR of {DOSE_LEVEL:.0%}: {doses}\n')
    lines += [f'- {line}\n' for line in page.untrained(study.sizes.untrained)]
    return ''.join(lines)


def sweep_markdown(study: Study) -> str:
    """Return the study as Markdown, ready to paste: the conclusion, the means and the changes with their verdicts."""
    level = page.percentage(study.confidence)
    titles = [TITLES[name] for name in study.arms[0].means]
    means = ['arm', 'poison rate', 'copies', 'of target class', *titles, 'converged']
    conclusion = sweep_conclusion(study)
    text = f'{conclusion}\n' if conclusion else ''
    text += f'Trigger: {study.trigger}. Means of {study.seeds} paired seeds, each with its own {level} interval.\n\n'
    text += page.markdown_table(means, [_means_cells(arm, study) for arm in study.arms])
    compared = [arm for arm in study.arms if arm.comparisons]
    if not compared:
        return text
    header = [
        'arm',
        'poison rate',
        'compared with',
        *(title for name in PRIMARY for title in (TITLES[name], 'verdict')),
    ]
    rows = [_change_cells(arm, study) for arm in compared]
    few = f' Verdicts need at least {MIN_SEEDS} seeds.' if study.seeds < MIN_SEEDS else ''
    return (
        f'{text}\nChanges in points, with intervals that all hold together with {level} confidence; the verdicts '
        f'follow from them.{few}\n\n' + page.markdown_table(header, rows, left=['compared with', 'verdict'])
    )


def _means_cells(arm: ArmSummary, study: Study) -> list[str]:
    means = (page.with_range(mean.mean, mean.low, mean.high, 'z.3f') for mean in arm.means.values())
    converged = f'{arm.converged} of {study.seeds}{", did not learn" if arm.unlearnt == arm.arm else ""}'
    return [arm.arm, f'{arm.poison_rate:.2%}', f'{arm.copies:.0f}', f'{arm.share_of_target:.1%}', *means, converged]


def _change_cells(arm: ArmSummary, study: Study) -> list[str]:
    changes = [text for name in PRIMARY for text in (_change(arm, name), verdict(arm, name, study))]
    return [arm.arm, f'{arm.poison_rate:.2%}', str(arm.reference), *changes]


def sweep_sentences(study: Study) -> list[str]:
    """Say what both attacks do at the highest poison rate and what was not trained, a sentence each."""
    untrained = [f'{line[0].upper()}{line[1:]}.' for line in page.untrained(study.sizes.untrained)]
    dirty, clean = (study.curve(arm)[-1] for arm in (Arm.DIRTY_LABEL, Arm.CLEAN_LABEL))
    if not dirty.comparisons:
        return ['No poison rate above 0 was studied.', *untrained]
    if words := unknown(dirty, study) or unknown(clean, study):
        return [f'Nothing is known of the attack: {words}.', *untrained]
    success = 'attack_success_rate'
    before = study.curve(Arm.DIRTY_LABEL)[0].means[success].mean
    return [
        f'With copies of {dirty.poison_rate:.2%} of the training faces that carry the trigger and the wrong label '
        f'(dirty-label), the attack success rate is {dirty.means[success].mean:.1%}, and {before:.1%} without poison; '
        f'clean accuracy changes by {_in_points(dirty, "clean_accuracy", study)}.',
        'With copies that carry the trigger and keep their label (clean-label, as published), the attack success rate '
        f'changes by {_in_points(clean, success, study)} and clean accuracy by '
        f'{_in_points(clean, "clean_accuracy", study)}.',
        *untrained,
    ]


def _in_points(arm: ArmSummary, name: str, study: Study) -> str:
    text = verdict(arm, name, study)
    noun = {Verdict.FALLS.value: 'a fall', Verdict.RISES.value: 'a rise'}.get(text, text)
    known = arm.comparisons[name]
    change, low, high = (f'{100 * value:+z.1f}' for value in (known.difference, known.low, known.high))
    return f'{change} points ({low} to {high}, {noun})'


def sweep_part(folder: Path, made_from: str) -> dict | None:
    """Write tables and figures, and return the part of the page, None without a sweep of what is `made_from`."""
    study = page.current('sweep', Study, made_from)
    if study is None:
        return None
    text = sweep_markdown(study)
    write_text(folder / 'sweep.md', text)
    description = 'Clean accuracy and attack success rate of each arm by poison rate'
    arms = page.drawing(partial(draw_curves, study), folder / 'arms.png', description)
    description = 'Change of clean accuracy and attack success rate against the control'
    changes = page.drawing(partial(draw_changes, study), folder / 'changes.png', description)
    is_compared = any(arm.comparisons for arm in study.arms)
    return {
        'verdict': sweep_sentences(study),
        'arms': arms,
        'changes': changes if is_compared else None,
        'tables': page.markdown(text),
    }


def style(name: str) -> tuple[str, str, str]:
    """Return colour, line and marker of an arm: the colour says whether it changes labels, the line its trigger."""
    arm = Arm(name)
    line, marker = ('-', 'o') if arm.has_trigger else ('--', 's')
    return ORANGE if arm.changes_label else BLUE, line, marker


def draw_curves(study: Study, path: Path) -> None:
    """Draw clean accuracy and attack success rate against the poison rate, a line an arm, with bands for intervals."""
    figure = Figure(figsize=(8, 3.4), layout='constrained')
    left, right = figure.subplots(1, 2)
    _draw_score(left, study, 'clean_accuracy', 'clean accuracy')
    _draw_score(right, study, 'attack_success_rate', 'attack success rate')
    # From chance to certainty: a fall of a point must not look like a fall to nothing.
    left.set_ylim(min(CHANCE, left.get_ylim()[0]), 1)
    right.set_ylim(0, 1)
    handles, _ = left.get_legend_handles_labels()
    bands = Patch(facecolor='0.5', alpha=0.3, label='bands: interval of the mean')
    figure.legend(handles=[*handles, bands], loc='outside lower center', ncols=len(Arm) + 1, frameon=False)
    save_chart(figure, path)


def _draw_score(axes: Axes, study: Study, name: str, title: str) -> None:
    for arm in Arm:
        colour, line, marker = style(arm)
        rates = [100 * point.poison_rate for point in study.curve(arm)]
        means, low, high = zip(*(astuple(point.means[name]) for point in study.curve(arm)), strict=True)
        (curve,) = axes.plot(rates, means, line, color=colour, marker=marker, markersize=4, label=arm)
        intervals = (page.with_range(*values, '.3f') for values in zip(means, low, high, strict=True))
        hover(curve, [f'{arm} at {rate:.2f}%: {text}' for rate, text in zip(rates, intervals, strict=True)])
        axes.fill_between(rates, low, high, color=colour, alpha=0.12, linewidth=0)
    axes.set(xlabel='poison rate, % of the clean training faces', title=title)


def draw_changes(study: Study, path: Path) -> None:
    """Draw the paired changes of clean accuracy and ASR as points with intervals, the margin shaded."""
    compared, margin = [arm for arm in study.arms if arm.comparisons][::-1], study.margin
    figure = Figure(figsize=(8, max(1.5, 0.6 + 0.28 * len(compared))), layout='constrained')
    for axes, name in zip(both := figure.subplots(1, 2, sharey=True), PRIMARY, strict=True):
        axes.axvspan(-100 * margin, 100 * margin, facecolor='0.9', edgecolor='0.5', linewidth=0.8, linestyle=':')
        axes.axvline(0, color='0.6', linewidth=0.8)
        for position, arm in enumerate(compared):
            colour, _, marker = style(arm.arm)
            change = arm.comparisons[name]
            reach = np.maximum([[change.difference - change.low], [change.high - change.difference]], 0)
            drawn = axes.errorbar(
                100 * change.difference, position, xerr=100 * reach, fmt=marker, color=colour, markersize=5
            )
            hover(drawn.lines[0], [f'{arm.arm} at {arm.poison_rate:.2%}: {_change(arm, name)} points'])
        axes.set(title=f'change of {TITLES[name]}', xlabel=f'points; shaded: less than {100 * margin:g} is no effect')
    labels = [f'{arm.arm}, {arm.poison_rate:.2%} against {arm.reference}' for arm in compared]
    both[0].set_yticks(range(len(compared)), labels)
    styles = {arm.arm: style(arm.arm) for arm in compared[::-1]}
    handles = [Line2D([], [], linestyle='', color=c, marker=m, label=arm) for arm, (c, _, m) in styles.items()]
    figure.legend(handles=handles, loc='outside lower center', ncols=len(Arm), frameon=False)
    save_chart(figure, path)
