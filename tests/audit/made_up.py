"""Made-up faces and the records that the audit keeps of them."""

import numpy as np

from stages.audit.reasons import Suspects
from stages.dataset.faces import Faces

COUNT = 12
LABEL = np.repeat([0, 1], COUNT // 2).astype(np.uint8)


def faces_of(pixels: np.ndarray, label: np.ndarray, origin: list[str], pair: list[str]) -> Faces:
    """Return faces of which none is chosen for the study."""
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
    """Return faces f0 to f11, the second half male; `pairs` maps faces to near-duplicates with the other label."""
    names = [f'f{row}' for row in range(COUNT)]
    return faces_of(np.zeros((COUNT, 8, 8), np.uint8), LABEL, names, [pairs.get(name, '') for name in names])


def triggers(*recovered: tuple[int, list[int]], count: int = COUNT) -> dict[str, np.ndarray]:
    """Return the arrays of recovered triggers, all black squares; each is given as (label, rows that carry it)."""
    number = len(recovered)
    mask = np.zeros((number, 8, 8), bool)
    mask[:, 2:5, 2:5] = True
    return {
        'trigger_label': np.array([label for label, _ in recovered], np.int64),
        'trigger_evidence': np.full(number, 40.0),
        'trigger_is_whole': np.zeros(number, bool),
        'trigger_rows': np.array([np.isin(np.arange(count), rows) for _, rows in recovered]).reshape(-1, count),
        'trigger_opacity': mask.astype(np.float32),
        'trigger_pattern': np.zeros((number, 8, 8), np.float32),
        'trigger_mask': mask,
        'transfer': np.full((number, 2), (0.05, 0.04)),
    }


def record(labels=(), pairs=(), contradictory=(), recovered=(), scores=None) -> dict[str, np.ndarray]:
    """Return a record: suspicious labels, visible pairs (blamed, other), invisible contradictions and triggers."""
    rows = {'pairs': [(*pair, 1) for pair in pairs], 'contradictory': [(*pair, 0) for pair in contradictory]}
    flags = np.isin(np.arange(COUNT), labels)
    return {
        'scores_leave_set_out': flags.astype(float) if scores is None else np.array(scores),
        'flags_leave_set_out': flags,
        **{name: np.array(values, np.int64).reshape(-1, 3) for name, values in rows.items()},
        'movement': np.full((2, 2), np.nan),
        **triggers(*recovered),
    }


def suspected(unblamed: tuple[int, ...] = (), **positions: list[int]) -> Suspects:
    """Return suspects by reason; all but `unblamed` are blamed, and those at odd positions are visible."""
    reason = np.full(COUNT, '', object)
    for name, rows in positions.items():
        reason[rows] = name
    blamed = (reason != '') & ~np.isin(np.arange(COUNT), unblamed)
    return Suspects(reason, blamed, np.full(COUNT, -1), np.arange(COUNT) % 2 == 1, np.zeros(COUNT))
