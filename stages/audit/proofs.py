"""The proofs of an audit: what networks say that were trained without the suspects, or without as many other faces."""

from collections.abc import Callable, Sequence

import numpy as np

from stages.audit.suspects import GROUPS, REASONS, Suspects, random_group
from stages.audit.trainings import Without
from stages.audit.verdicts import Proof
from stages.common.params import LABELS
from stages.dataset.found import FoundFaces


def prove(
    found: FoundFaces, suspected: Suspects, recovered: dict, seed: int, train: Callable[[list[Without]], list[dict]]
) -> tuple[list[Proof], np.ndarray]:
    """Return the proof for each reason that there is, and which suspects a network without them rejects, bool (n,).

    `recovered` is by how much the differences of pairs move predictions towards each label, by reason; `train` returns
    what comes of trainings, as `Audits` returns it.
    """
    reasons = [reason for reason in REASONS if len(suspected.group(reason))]
    if not reasons:
        return [], np.zeros(len(found.label), bool)
    everybody = np.flatnonzero(suspected.reason >= 0)
    randoms = [
        {reason: random_group(suspected, found.label, reason, seed, index) for reason in reasons}
        for index in range(GROUPS)
    ]
    left_out = [everybody, *(np.unique(np.concatenate(list(groups.values()))) for groups in randoms)]
    of_suspects, *of_random = _rejections(found.label, left_out, train)
    proofs = []
    for reason in reasons:
        chance = [
            rejections[groups[reason]].mean()
            for rejections, groups in zip(of_random, randoms, strict=True)
            if rejections is not None and len(groups[reason])
        ]
        proofs.append(_proof(reason, suspected, of_suspects, chance, recovered.get(reason, [])))
    return proofs, np.zeros(len(found.label), bool) if of_suspects is None else of_suspects


def _proof(
    reason: str,
    suspected: Suspects,
    rejections: np.ndarray | None,
    chance: Sequence[float],
    recovered: Sequence[float | None],
) -> Proof:
    """Return the proof for a reason: how often the label of a blamed face is rejected, and that of a random one."""
    group = suspected.group(reason)
    blamed = group[suspected.blamed[group]]
    return Proof(
        reason,
        None if rejections is None else float(rejections[blamed].mean()),
        float(np.mean(chance)) if chance else None,
        max((value for value in recovered if value is not None), default=None),
        int(suspected.seen[blamed].sum()),
        int((~suspected.seen[blamed]).sum()),
    )


def _rejections(
    label: np.ndarray, left_out: Sequence[np.ndarray], train: Callable[[list[Without]], list[dict]]
) -> list[np.ndarray | None]:
    """Return, for each training without some faces, whether it rejects the label of each of these: bool (n,).

    It is None where no face would be left out, or none of a label left.
    """
    possible = [len(rows) > 0 and len(np.unique(np.delete(label, rows))) == len(LABELS) for rows in left_out]
    runs = [Without(tuple(rows.tolist())) for rows, can_be in zip(left_out, possible, strict=True) if can_be]
    said = iter(train(runs) if runs else ())
    return [
        _rejected(label, rows, next(said)) if can_be else None for rows, can_be in zip(left_out, possible, strict=True)
    ]


def _rejected(label: np.ndarray, left_out: np.ndarray, said: dict) -> np.ndarray:
    """Return whether a network rejects the label of each face that was left out of its training: bool (n,)."""
    rejections = np.zeros(len(label), bool)
    rejections[left_out] = (np.array(said['probability']) > 0.5) != label[left_out]
    return rejections
