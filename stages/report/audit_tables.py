"""The audit as a table: every photo with a face, the most suspect first."""

import numpy as np

from stages.audit.suspects import REASONS, Suspects
from stages.common.params import LABELS
from stages.dataset.found import FoundFaces


def audit_rows(
    found: FoundFaces, suspected: Suspects, ranked: np.ndarray, scores: dict[str, list[float]]
) -> tuple[list[str], list[list]]:
    """Return header and rows: rank, file, label, reason in words, pair, and the score of each detector."""
    header = ['rank', 'file', 'label', 'reason', 'pair', *(f'{name}_score' for name in scores)]
    rows = []
    for number, position in enumerate(ranked.tolist(), start=1):
        pair = _pair(found, suspected, position)
        words = _words(found, suspected, position, pair)
        values = [round(values[position], 6) for values in scores.values()]
        rows.append([number, str(found.origin[position]), LABELS[found.label[position]], words, pair, *values])
    return header, rows


def _pair(found: FoundFaces, suspected: Suspects, position: int) -> str:
    partner = suspected.partner[position]
    return str(found.pair[position]) or (str(found.origin[partner]) if partner >= 0 else '')


def _words(found: FoundFaces, suspected: Suspects, position: int, pair: str) -> str:
    if suspected.reason[position] < 0:
        return ''
    reason = REASONS[suspected.reason[position]]
    other = LABELS[1 - found.label[position]]
    if reason == 'contradictory':
        which = 'the more suspect one of the two' if suspected.blamed[position] else 'the less suspect one of the two'
        return f'contradictory: a near-duplicate of it is labelled {other}; {which}'
    if reason == 'pair':
        return f'pair: something is on it that {pair} does not have'
    return f'label: the photos most like it, and the network, say {other}'
