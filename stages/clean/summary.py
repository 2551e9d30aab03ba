"""The clean set in numbers."""

from dataclasses import dataclass

from stages.clean.effect import Effect


@dataclass(frozen=True)
class CleanSummary:
    """What became of the photos, and what that changed.

    tables: those that were written, where labels are in some. unseen: photos that stay although the audit did not see
    them, without a face, say. untested: why there are no effects, or empty.
    """

    made_from: str
    photos: int
    dropped: int
    relabelled: int
    tables: list[str]
    unseen: int
    effects: list[Effect]
    untested: str


def metrics(summary: CleanSummary) -> dict:
    """Return what `dvc metrics diff` compares."""
    return {
        'photos': summary.photos - summary.dropped,
        'dropped': summary.dropped,
        'relabelled': summary.relabelled,
    } | {
        effect.score: {'before': round(effect.before, 4), 'after': round(effect.after, 4)} for effect in summary.effects
    }
