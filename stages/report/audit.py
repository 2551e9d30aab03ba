"""The audit in words, a table and a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np

from stages.audit.proof import AuditSummary, Proof
from stages.audit.reasons import REASONS
from stages.common.errors import counted
from stages.common.params import Section, within
from stages.dataset.faces import Faces
from stages.report.pairs import FacePair, draw_pairs

WORDS = {reason.name: reason for reason in REASONS}
HEADER = ('file', 'label', 'reason', 'near-duplicate')


class AuditParams(Section):
    """How the audit of your own photos is shown."""

    gallery: Annotated[int, within(1, 200)] = 24
    """suspects shown in the picture"""


def sentence(summary: AuditSummary) -> str:
    """Say that nothing was found, or what to look at and how sure it is."""
    if not summary.flagged:
        return (
            'Nothing found: no two near-duplicates carry different labels, nothing was put on one of them, and the '
            'other photos contradict no label.'
        )
    parts = []
    for proof in summary.proofs:
        certainty = 'proven' if proof.holds else 'suspected only'
        parts.append(f'{counted(proof.photos, "photo")} {WORDS[proof.reason].words} ({certainty}: {proof_text(proof)})')
    return f'Look at {"; ".join(parts)}.'


def proof_text(proof: Proof) -> str:
    """Say what was tried to prove a suspicion, and the result."""
    if proof.rejected is None:
        text = 'no network can be trained without them'
    else:
        random = proof.random_rejected
        against = '' if random is None else f', against {random:.0%} for as many random photos'
        text = f'a network trained without them rejects {proof.rejected:.0%} of their labels{against}'
    if proof.movement is None:
        return text
    return f'{text}; what is on them moves predictions on other faces by {100 * proof.movement:+.0f} points'


def suspects_table(suspects: Sequence[dict[str, str]]) -> list[list[str]]:
    """Return the rows of a table under HEADER from rows of metrics/audit.csv that have a reason."""
    return [
        [
            row['file'],
            row['label'],
            WORDS[row['reason']].explain(row['label'], row['pair'], row['flagged'] == '1'),
            row['pair'],
        ]
        for row in suspects
    ]


def draw_suspects(rows: Sequence[dict[str, str]], faces: Faces, count: int, path: Path) -> None:
    """Draw the first `count` photos that are flagged, each beside its pair, or alone if it has none.

    `rows` are those of metrics/audit.csv, the most suspect first; `faces` are all that were found.
    """
    position = {origin: number for number, origin in enumerate(faces.origin.tolist())}
    labels = {row['file']: row['label'] for row in rows}
    flagged = [row for row in rows if row['flagged'] == '1']
    pixels, pairs = faces.pixels, []
    for row in flagged[:count]:
        caption = [f'{row["rank"]}. {row["reason"]}', row['file'], row['label']]
        face, other = (pixels[np.array([position[name]])][0] if name in position else None
                       for name in (row['file'], row['pair']))  # fmt: skip
        if face is not None and other is not None:
            pairs.append(FacePair(face, caption, other, ['', row['pair'], labels[row['pair']]]))
        elif face is not None:
            pairs.append(FacePair(face, caption))
    shown = f'{len(pairs)}' if len(pairs) == len(flagged) else f'{len(pairs)} of {len(flagged)}'
    draw_pairs(pairs, f'Suspects, the most suspect first: {shown}' if flagged else 'Suspects: none', path)
