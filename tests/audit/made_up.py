"""Made-up faces, and what is judged of them."""

import numpy as np

from stages.audit.reasons import Suspects
from stages.dataset.faces import Faces

COUNT = 12
LABEL = np.repeat([0, 1], COUNT // 2).astype(np.uint8)


def faces_of(pixels: np.ndarray, label: np.ndarray, origin: list[str], pair: list[str]) -> Faces:
    """Return all faces that were found, none of them part of the study."""
    count = len(label)
    return Faces(
        pixels=pixels,
        label=label,
        file=np.array([f'{row}.png' for row in range(count)]),
        origin=np.array(origin),
        group=np.arange(count),
        pair=np.array(pair),
        landmarks=np.zeros((count, 68, 2), np.float32),
        number=np.arange(count),
        is_chosen=np.zeros(count, bool),
        places=np.zeros((3, 2)),
    )


def twelve(**pairs: str) -> Faces:
    """Twelve faces, f0 to f11, the second half male; `pairs` names the near-duplicate with the other label of some."""
    names = [f'f{row}' for row in range(COUNT)]
    return faces_of(np.zeros((COUNT, 8, 8), np.uint8), LABEL, names, [pairs.get(name, '') for name in names])


def record(scores=None, loss=(), neighbours=(), ridge=(), pairs=(), contradictory=()) -> dict[str, np.ndarray]:
    """What is judged: the positions that each detector flags, and the pairs of blamed and other; pairs are visible."""
    flagged = {'loss': loss, 'neighbours': neighbours, 'ridge': ridge}
    if scores is None:
        scores = [float(all(row in rows for rows in flagged.values())) for row in range(COUNT)]
    rows = {'pairs': [(*pair, 1) for pair in pairs], 'contradictory': [(*pair, 0) for pair in contradictory]}
    return {
        **{f'scores_{name}': np.array(scores) for name in flagged},
        **{f'flags_{name}': np.isin(np.arange(COUNT), rows) for name, rows in flagged.items()},
        **{name: np.array(values, np.int64).reshape(-1, 3) for name, values in rows.items()},
        'movement': np.full((2, 2), np.nan),
    }


def suspected(unblamed: tuple[int, ...] = (), **positions: list[int]) -> Suspects:
    """Suspects at these positions by reason, all blamed but for some; visible is what is at odd positions."""
    reason = np.full(COUNT, '', object)
    for name, rows in positions.items():
        reason[rows] = name
    blamed = (reason != '') & ~np.isin(np.arange(COUNT), unblamed)
    return Suspects(reason, blamed, np.full(COUNT, -1), np.arange(COUNT) % 2 == 1, np.zeros(COUNT))
