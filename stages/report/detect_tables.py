"""What detectors find and defences mend, in words and tables."""

from collections.abc import Sequence

from stages.detect.plan import Case
from stages.detect.summary import MARGINS, YARDSTICKS, Defence, Found, strongest
from stages.detectors.detector import titles
from stages.report.tables import markdown_table, percentage

MEASURES = {
    'auc': 'AUC',
    'average_precision': 'average precision',
    'auc_in_target': 'AUC in target class',
    'average_precision_in_target': 'average precision in target class',
    'true_positive_rate': 'TPR',
    'false_positive_rate': 'FPR',
}
NAMES = {'none': 'nothing removed', 'random': 'as many random rows', 'perfect': 'all copies (perfect filter)'}


def defence_title(name: str) -> str:
    """Return what a defence goes by in tables."""
    detector, _, rows = name.partition(', ')
    return NAMES.get(name) or f'{titles()[detector]}, {rows}'


def detection_metrics(found: Sequence[Found]) -> dict:
    """Return what is worth comparing between two studies: AUC and excess ASR for the strongest attack."""
    return {
        one.originals: {
            'auc': {name: measures['auc'] for name, measures in one.detectors.items()},
            'excess': {
                name.removesuffix(', flagged'): defence.means['attack_excess']
                for name, defence in one.defences.items()
                if not name.endswith('most suspect')
            },
        }
        for one in strongest(found)
    }


def detection_rows(cases: Sequence[Case], results: Sequence[dict]) -> tuple[list[str], list[list]]:
    """Return a table with a line for each case and detector: header, rows.

    removed_… are scores after the removal of its flagged and most suspect rows, empty where nothing was removed.
    """
    scores = ('attack_success_rate', 'attack_excess', 'clean_accuracy', 'removed', 'copies_removed')
    removals = {'flagged': 'flagged', 'most suspect': 'suspect'}
    header = ['arm', 'fraction', 'originals', 'seed', 'detector', *MEASURES]
    header += [f'{short}_{score}' for short in removals.values() for score in scores]
    rows = []
    for case, result in zip(cases, results, strict=True):
        start = [case.name, case.fraction, case.originals, case.seed]
        defences = result.get('defences', {})
        for name, measures in result['detectors'].items():
            after = [defences.get(f'{name}, {removal}', {}).get(score) for removal in removals for score in scores]
            rows.append([*start, name, *(measures[measure] for measure in MEASURES), *after])
        for name in YARDSTICKS if defences else ():
            after = [defences[name][score] for score in scores]
            rows.append([*start, name, *[None] * len(MEASURES), *after, *[None] * len(scores)])
    return header, rows


def conclusion(found: Sequence[Found]) -> str:
    """Say what the strongest attack does and what the defence that does most against it leaves, a line each."""
    lines = []
    for one in strongest(found):
        name, best = min(
            ((name, defence) for name, defence in one.defences.items() if name.endswith('flagged')),
            key=lambda pair: pair[1].means['attack_excess'],
        )
        lines.append(
            f'- {heading(one)}: ASR {one.defences["none"].means["attack_success_rate"]:.2f}, and '
            f'{best.means["attack_success_rate"]:.2f} after removing what {titles()[name.split(",")[0]]} flags: '
            f'{_against_perfect(best)}\n'
        )
    return ''.join(lines)


def _against_perfect(defence: Defence) -> str:
    excess, accuracy = (100 * comparison.difference for comparison in defence.against_perfect.values())
    return f'{defence.verdict} ({excess:+z.1f} excess, {accuracy:+z.1f} accuracy)'


def detection_markdown(found: Sequence[Found], trigger: str, seeds: int, confidence: float) -> str:
    """Return all tables as Markdown, ready to paste."""
    margins = f'{100 * MARGINS["attack_excess"]:g} points of excess ASR and {100 * MARGINS["clean_accuracy"]:g} point'
    text = (
        f'{conclusion(found)}\nTrigger: {trigger}. Means of {seeds} paired seeds. Verdicts compare with the perfect '
        f'filter, within {margins} of clean accuracy; they hold together with {percentage(confidence)} confidence.\n'
    )
    for one in found:
        if one.defences:
            text += f'\n### {heading(one)}\n\n{_detectors_table(one)}\n{_defences_table(one)}\n{_proof_line(one)}'
    text += (
        '\n### False alarms\n\nRows that are flagged in arms that open no backdoor: clean ones (FPR), and copies.\n\n'
    )
    return text + _alarms_table(found)


def heading(one: Found) -> str:
    """Return what an arm goes by above its tables."""
    return f'{one.arm} at {one.fraction:.2%}, originals {one.originals}'


def _detectors_table(one: Found) -> str:
    rows = [
        [titles()[name], *(_number(measures[measure]) for measure in MEASURES)]
        for name, measures in one.detectors.items()
    ]
    return markdown_table(['detector', *MEASURES.values()], rows)


def _defences_table(one: Found) -> str:
    header = ['removed', 'rows', 'of the copies', 'ASR', 'excess ASR', 'clean accuracy', 'against perfect']
    ordered = [*YARDSTICKS, *(name for name in one.defences if name not in YARDSTICKS)]
    rows = [_defence_cells(one, name, one.defences[name]) for name in ordered]
    return markdown_table(header, rows, left=['against perfect'])


def _defence_cells(one: Found, name: str, defence: Defence) -> list[str]:
    means = defence.means
    scores = [f'{means[score]:z.3f}' for score in ('attack_success_rate', 'attack_excess', 'clean_accuracy')]
    verdict = _against_perfect(defence) if defence.against_perfect else ''
    share = means['copies_removed'] / one.copies
    return [defence_title(name), f'{means["removed"]:.0f}', f'{share:.0%}', *scores, verdict]


def _proof_line(one: Found) -> str:
    shares = one.proof
    text = (
        f'Proof: retrained without them, the network rejects the labels of {_percent(shares["copies_rejected"])} of '
        f'the copies, and of {_percent(shares["random_rejected"])} of as many random rows. '
    )
    if shares['recovered'] is None:
        return text + 'No pair, so no trigger to recover.\n'
    return text + (
        f'The recovered trigger moves predictions on other faces by {100 * shares["recovered"]:+.1f} points towards '
        'the target.\n'
    )


def _alarms_table(found: Sequence[Found]) -> str:
    columns = [one for one in found if not one.defences]
    header = ['detector']
    for one in columns:
        name = heading(one) if one.copies else one.arm
        header += [f'{name}: FPR'] + ([f'{name}: copies flagged'] if one.copies else [])
    rows = []
    for name in columns[0].detectors:
        row = [titles()[name]]
        for one in columns:
            row.append(_percent(one.detectors[name]['false_positive_rate']))
            if one.copies:
                row.append(_percent(one.detectors[name]['true_positive_rate']))
        rows.append(row)
    return markdown_table(header, rows)


def _number(value: float | None) -> str:
    return '' if value is None else f'{value:.3f}'


def _percent(share: float | None) -> str:
    return '' if share is None else f'{share:.1%}'
