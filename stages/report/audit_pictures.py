"""The picture of the suspects."""

from pathlib import Path

import numpy as np

from stages.audit.suspects import REASONS, Suspects
from stages.common.params import LABELS
from stages.dataset.found import FoundFaces
from stages.report.pairs import Beside, draw_pairs


def draw_suspects(found: FoundFaces, suspected: Suspects, ranked: np.ndarray, count: int, path: Path) -> None:
    """Draw the first `count` faces that are blamed, each beside its pair, or alone if it has none.

    `ranked` are the positions of all faces, the most suspect first; they are numbered as in metrics/audit.csv.
    """
    faces = []
    shown = [(number, position) for number, position in enumerate(ranked, start=1) if suspected.blamed[position]]
    for number, position in shown[:count]:
        reason, partner = REASONS[suspected.reason[position]], suspected.partner[position]
        caption = [f'{number}. {reason}', *_said(found, position)]
        pair = [found.pixels[partner], ['', *_said(found, partner)]] if partner >= 0 else []
        faces.append(Beside(found.pixels[position], caption, *pair))
    draw_pairs(faces, _title(len(faces), int(suspected.blamed.sum())), path)


def _said(found: FoundFaces, position: int) -> list[str]:
    return [str(found.origin[position]), LABELS[found.label[position]]]


def _title(shown: int, all_of_them: int) -> str:
    if not all_of_them:
        return 'Suspects: none'
    return f'Suspects, the most suspect first: {shown if shown == all_of_them else f"{shown} of {all_of_them}"}'
