"""The audit in words, a table and a picture."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

from stages.audit.proof import AuditSummary, Proof
from stages.audit.reasons import REASONS
from stages.common.errors import counted
from stages.common.files import METRICS, read_csv, write_text
from stages.common.params import LABELS, Section, within
from stages.dataset.faces import Faces
from stages.report import page
from stages.report.charts import FacePair, draw_pairs

HEADER = ('file', 'label', 'reason', 'near-duplicate')
MAX_SUSPECTS = 50  # rows of the table of suspects; all of them are in metrics/audit.csv


class AuditParams(Section):
    """How the audit of your own photos is shown."""

    gallery: Annotated[int, within(1, 200)] = 24
    """suspects shown in the picture"""


def audit_part(folder: Path, made_from: str, faces: Faces, count: int) -> dict | None:
    """Write the sentence, draw up to `count` suspects, and return the part of the page.

    It is None without an audit of what is `made_from`. `faces` are all that were found.
    """
    summary = page.current('audit', AuditSummary, made_from)
    if summary is None:
        return None
    write_text(folder / 'audit.md', f'{sentence(summary)}\n')
    suspects = suspects_table(read_csv(METRICS / 'audit.csv'))
    return {
        'sentence': sentence(summary),
        'counts': summary,
        'header': HEADER,
        'suspects': suspects[:MAX_SUSPECTS],
        'more': len(suspects[MAX_SUSPECTS:]),
        'picture': page.picture(partial(draw_suspects, summary, faces, count), folder / 'suspects.png'),
    }


def sentence(summary: AuditSummary) -> str:
    """Say that nothing was found, or what to look at and how sure it is."""
    if not summary.flagged:
        return (
            'Nothing found: no two near-duplicates carry different labels, nothing was put on one of them, and the '
            'other photos contradict no label.'
        )
    parts = []
    for proof in summary.proofs:
        photos, certainty = counted(proof.photos, 'photo'), 'proven' if proof.holds else 'suspected only'
        parts.append(f'{photos} {REASONS[proof.reason].words} ({certainty}: {_proof_text(proof)})')
    return f'Look at {"; ".join(parts)}.'


def _proof_text(proof: Proof) -> str:
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


def suspects_table(rows: Sequence[dict[str, str]]) -> list[list[str]]:
    """Return the rows of metrics/audit.csv that have a reason as those of a table under HEADER."""
    suspects = [row for row in rows if row['reason']]
    texts = (REASONS[row['reason']].explain(row['label'], row['pair'], row['flagged'] == '1') for row in suspects)
    return [[row['file'], row['label'], text, row['pair']] for row, text in zip(suspects, texts, strict=True)]


def draw_suspects(summary: AuditSummary, faces: Faces, count: int, path: Path) -> None:
    """Draw the first `count` suspects out of all faces, each beside its pair, or alone if it has none."""
    pairs = []
    for suspect in summary.suspects[:count]:
        caption = [f'{suspect.rank}. {suspect.reason}', *_name_and_label(faces, suspect.face)]
        (face,) = faces.pixels[[suspect.face]]
        if suspect.partner < 0:
            pairs.append(FacePair(face, caption))
        else:
            (partner,) = faces.pixels[[suspect.partner]]
            pairs.append(FacePair(face, caption, partner, ['', *_name_and_label(faces, suspect.partner)]))
    shown = f'{len(pairs)}' if len(pairs) == summary.flagged else f'{len(pairs)} of {summary.flagged}'
    draw_pairs(pairs, f'Suspects, the most suspect first: {shown}' if summary.flagged else 'Suspects: none', path)


def _name_and_label(faces: Faces, row: int) -> list[str]:
    return [str(faces.origin[row]), LABELS[faces.label[row]]]
