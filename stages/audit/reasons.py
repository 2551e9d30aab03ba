"""The reasons to suspect a photo: what each looks for, and what it says."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from stages.common.params import LABELS
from stages.dataset.faces import Faces
from stages.trainings.fit import Record


@dataclass(frozen=True)
class Finding:
    """Faces for which there is one reason, k of them, at the positions `rows`, int64 (k,); the rest is (k,), or of all.

    blamed: whether each is the suspect one of its pair, or suspect by itself. partner: the other one of its pair, or
    -1. is_visible: whether it is blamed for something on it, not for its label.
    """

    rows: np.ndarray
    blamed: np.ndarray | bool = True
    partner: np.ndarray | int = -1
    is_visible: np.ndarray | bool = False


class Reason(ABC):
    """A reason to suspect a face: `name` is that in metrics, `words` say in a sentence what its photos have.

    `explanation` says what a photo has, with {label}, its own, {other}, the other label, {pair}, the file it is
    compared with, and {degree}, whether it is the more or the less suspect of the two.
    """

    name: ClassVar[str]
    words: ClassVar[str]
    explanation: ClassVar[str]

    @abstractmethod
    def find(self, faces: Faces, record: Record) -> Finding:
        """Return the faces for which there is this reason, from the record of AuditFits on all of them."""

    def explain(self, label: str, pair: str, is_blamed: bool) -> str:
        """Say why a photo of a label is suspect, perhaps beside its pair."""
        other, degree = LABELS[1 - LABELS.index(label)], 'more' if is_blamed else 'less'
        return f'{self.name}: {self.explanation.format(label=label, other=other, pair=pair, degree=degree)}'


class Contradictory(Reason):
    """A near-duplicate carries the other label."""

    name = 'contradictory'
    words = 'whose label differs from that of a near-duplicate'
    explanation = 'a near-duplicate is labelled {other}; this is the {degree} suspect of the two'

    def find(self, faces: Faces, record: Record) -> Finding:
        """Blame the more suspect one of each pair of which both are there; in a group, a face may be in several."""
        rows = np.flatnonzero(faces.pair != '')
        partner, is_visible = np.full(len(faces.label), -1), np.zeros(len(faces.label), bool)
        for accused, other, visible in record['contradictory'].tolist():
            partner[accused], partner[other], is_visible[accused] = other, accused, visible
        accused, others = record['contradictory'][:, 0], record['contradictory'][:, 1]
        is_blamed = ~np.isin(rows, np.setdiff1d(others, accused))
        return Finding(rows, is_blamed, partner[rows], is_visible[rows])


class PairReason(Reason):
    """Something is on it that a near-duplicate does not have."""

    name = 'pair'
    words = 'with something that a near-duplicate does not have'
    explanation = 'something is on it that {pair} does not have'

    def find(self, faces: Faces, record: Record) -> Finding:
        """Blame the row that the pairs blame."""
        blamed, partner, is_visible = record['pairs'].T
        return Finding(blamed, partner=partner, is_visible=is_visible.astype(bool))


class TriggerReason(Reason):
    """It carries something that recurs on photos whose labels look wrong."""

    name = 'trigger'
    words = 'that carry the same thing, found on hardly any photo whose label looks right'
    explanation = 'something is on it that recurs on photos labelled {label} whose label looks wrong'

    def find(self, faces: Faces, record: Record) -> Finding:
        """Blame the rows that carry a recovered trigger."""
        return Finding(np.flatnonzero(record['trigger_rows'].any(axis=0)), is_visible=True)


class LabelReason(Reason):
    """The other photos contradict its label."""

    name = 'label'
    words = 'whose label the other photos contradict'
    explanation = 'without the suspects, the photos like it say {other}'

    def find(self, faces: Faces, record: Record) -> Finding:
        """Blame rows that leave-set-out kernel ridge flags."""
        return Finding(np.flatnonzero(record['flags_leave_set_out']))


# By name; the first weighs most.
REASONS: dict[str, Reason] = {
    reason.name: reason for reason in (Contradictory(), PairReason(), TriggerReason(), LabelReason())
}


@dataclass(frozen=True)
class Suspects:
    """What is suspected of n faces.

    reason: str (n,), a name in REASONS, or empty. blamed, partner, is_visible: (n,) each, as in Finding, False or -1
    for faces without a reason. suspicion: float (n,), the score of leave-set-out kernel ridge.
    """

    reason: np.ndarray
    blamed: np.ndarray
    partner: np.ndarray
    is_visible: np.ndarray
    suspicion: np.ndarray

    def group(self, reason: str) -> np.ndarray:
        """Return the positions of the faces with a reason, int64."""
        return np.flatnonzero(self.reason == reason)


def suspects(faces: Faces, record: Record) -> Suspects:
    """Return what is suspected of each face, for the first reason that there is."""
    count = len(faces.label)
    reason, blamed = np.full(count, '', object), np.zeros(count, bool)
    suspected = Suspects(reason, blamed, np.full(count, -1), np.zeros(count, bool), record['scores_leave_set_out'])
    for name in reversed(REASONS):
        finding = REASONS[name].find(faces, record)
        reason[finding.rows] = name
        for field in fields(finding)[1:]:
            getattr(suspected, field.name)[finding.rows] = getattr(finding, field.name)
    return suspected


def ranking(suspected: Suspects, rejected: np.ndarray) -> np.ndarray:
    """Return the positions of all faces, the most suspect first: by reason, blamed, rejected and suspicion.

    `rejected` is bool (n,): whether a network that was trained without the face, and its group, rejects its label.
    """
    order = [*REASONS, '']
    reason = np.array([order.index(name) for name in suspected.reason])
    return np.lexsort((-suspected.suspicion, ~rejected, ~suspected.blamed, reason))
