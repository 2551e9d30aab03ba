"""The clean set in a few lines."""

from stages.clean.effect import ACCURACY, SEEDS, Effect
from stages.clean.summary import CleanSummary
from stages.common.errors import counted
from stages.common.files import CLEAN
from stages.report import page


def clean_part(made_from: str) -> dict | None:
    """Return the part of the page, None where there is no clean set of what is `made_from`, or all photos stay."""
    summary = page.current('clean', CleanSummary, made_from)
    return {'sentence': clean_sentence(summary)} if summary and summary.dropped + summary.relabelled else None


def clean_sentence(summary: CleanSummary) -> str:
    """Say what stayed, what left, where it is, and what that changed."""
    stay = summary.photos - summary.dropped
    text = f'{CLEAN}: {stay:,} of {counted(summary.photos, "photo")} stay'
    if summary.relabelled:
        text += f', {summary.relabelled:,} of them with the other label'
    text += f'; removed.csv lists what changed ({counted(summary.dropped, "photo")} dropped).'
    if summary.tables:
        text += f' The labels are in {", ".join(summary.tables)}.'
    if not summary.dropped + summary.relabelled:
        return f'{text} Nothing was to change by data/decisions.csv and audit.decide.'
    if summary.unseen:
        text += (
            f' {summary.unseen:,} of those that stay were not audited, such as photos without a face and repetitions '
            '(metrics/remarks.csv).'
        )
    if not summary.effects:
        why = summary.untested or 'none of these photos has a face, so no network changes'
        return f'{text} What that changes is not known: {why}.'
    changes = '; '.join(_effect_text(effect) for effect in summary.effects)
    return f'{text}\nOn held-out photos that nobody suspects, before and after, {SEEDS} pairs of networks: {changes}.'


def _effect_text(effect: Effect) -> str:
    """Say how a score changed, in points, with its interval."""
    change, low, high = (f'{100 * value:+z.1f}' for value in (effect.change, effect.low, effect.high))
    name = 'accuracy' if effect.score == ACCURACY else f'share predicted as its label with {effect.score}'
    return f'{name} {effect.before:.1%} to {effect.after:.1%} ({change} points, {low} to {high})'
