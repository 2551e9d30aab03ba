"""The proofs of an audit: what networks say that were trained without the suspects, or without as many other faces."""

from collections.abc import Callable

import numpy as np

from stages.auditing.suspects import GROUPS, REASONS, Suspects, random_group
from stages.auditing.trainings import Without
from stages.auditing.verdicts import Proof
from stages.dataset.found import FoundFaces


def prove(
    found: FoundFaces, suspected: Suspects, recovered: dict, seed: int, train: Callable[[list[Without]], list[dict]]
) -> tuple[list[Proof], np.ndarray]:
    """Return the proof for each reason that there is, and which suspects a network without them rejects, bool (n,).

    `recovered` is by how much the differences of pairs move predictions towards each label, by reason; `train` returns
    what comes of trainings, as `Audits` returns it.
    """
    rejected, proofs = np.zeros(len(found.label), bool), []
    reasons = [reason for reason in REASONS if len(suspected.group(reason))]
    if not reasons:
        return proofs, rejected
    everybody = np.flatnonzero(suspected.reason >= 0)
    randoms = [
        {reason: random_group(suspected, found.label, reason, seed, index) for reason in reasons}
        for index in range(GROUPS)
    ]
    left_out = [everybody, *(np.unique(np.concatenate(list(groups.values()))) for groups in randoms)]
    said = train([Without(tuple(rows.tolist())) for rows in left_out if len(rows)])
    rejections = [_rejections(found.label, rows, one) for rows, one in zip(left_out, said, strict=False)]
    rejected[everybody] = rejections[0][everybody]
    for reason in reasons:
        group = suspected.group(reason)
        blamed = group[suspected.blamed[group]]
        chance = [of_run[groups[reason]].mean() for of_run, groups in zip(rejections[1:], randoms, strict=False)]
        proofs.append(
            Proof(
                reason,
                float(rejected[blamed].mean()),
                float(np.mean(chance)) if chance else None,
                max((value for value in recovered.get(reason, []) if value is not None), default=None),
            )
        )
    return proofs, rejected


def _rejections(label: np.ndarray, left_out: np.ndarray, said: dict) -> np.ndarray:
    """Return whether a network rejects the label of each face that was left out of its training: bool (n,)."""
    rejections = np.zeros(len(label), bool)
    rejections[left_out] = (np.array(said['probability']) > 0.5) != label[left_out]
    return rejections
