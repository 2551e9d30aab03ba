"""What leaving photos out changes: networks before and after, on held-out photos that nobody suspects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress

import numpy as np

from stages.common.errors import FactError
from stages.common.params import LABELS
from stages.dataset.decisions import DROP, RELABEL
from stages.dataset.faces import Faces
from stages.dataset.split import TooFewFacesError, split_faces
from stages.detectors.proof import MAX_FACES
from stages.detectors.recovered import RecoveredTrigger
from stages.scores.scores import MIN_PHOTOS, has_learnt
from stages.scores.statistics import mean_interval
from stages.trainings.fit import ProbedTask, Record, Task

SEEDS = 5  # pairs of networks: the same split, weights and order, before and after
TEST = 0.2  # share of the faces that is held out
CONFIDENCE = 0.95
ACCURACY = 'accuracy'


class UnlearntError(FactError):
    """The networks did not learn, so nothing is known of what changes them."""


@dataclass(frozen=True)
class Effect:
    """A score before and after, means over paired seeds, and an interval of its change.

    It is the accuracy, or the share of faces of the other label that are predicted as a recovered trigger's with it on.
    """

    score: str
    before: float
    after: float
    low: float
    high: float

    @property
    def change(self) -> float:
        """The mean of the change."""
        return self.after - self.before


@dataclass(frozen=True)
class Trial:
    """What one seed holds out: positions of test faces, int64, and those that each trigger is put on."""

    seed: int
    train: np.ndarray
    test: np.ndarray
    tried: list[np.ndarray]


@dataclass(frozen=True)
class Cleaning:
    """What becomes of n faces.

    choice: str (n,), keep, drop, relabel or nothing. is_trusted: bool (n,), the faces that may be test faces.
    """

    faces: Faces
    choice: np.ndarray
    is_trusted: np.ndarray
    triggers: Sequence[RecoveredTrigger]

    def trial(self, seed: int) -> Trial:
        """Hold out faces with their near-duplicates; a TooFewFacesError says that there are too few."""
        split = split_faces(self.faces.label, self.faces.group, TEST, seed)
        test = split.test[self.is_trusted[split.test]]
        label = self.faces.label[test]
        if len(np.unique(label)) < len(LABELS):
            raise TooFewFacesError(f'of {len(split.test)} held-out faces, those that nobody suspects lack a label')
        return Trial(seed, split.train, test, [test[label != trigger.label][:MAX_FACES] for trigger in self.triggers])

    def tasks(self, trial: Trial) -> tuple[Task, Task]:
        """Return the trainings before and after, each to be tried on the triggers' faces."""
        pixels = self.faces.pixels
        put = [trigger.put(pixels[rows]) for trigger, rows in zip(self.triggers, trial.tried, strict=True)]
        kind = partial(ProbedTask, probes=np.concatenate(put)) if put else Task
        label = np.where(self.choice == RELABEL, 1 - self.faces.label, self.faces.label).astype(np.uint8)
        stay = trial.train[self.choice[trial.train] != DROP]
        if len(np.unique(label[stay])) < len(LABELS):
            raise TooFewFacesError(f'the {len(stay)} training faces that stay lack a label')
        return kind(trial.train, self.faces.label[trial.train], trial.seed), kind(stay, label[stay], trial.seed)

    def scores(self, trial: Trial, record: Record) -> list[float]:
        """Return the accuracy of a network, and the share of faces to which each trigger gives its label."""
        right = (record['probability'][trial.test] > 0.5) == self.faces.label[trial.test]
        scores, start = [float(right.mean())], 0
        for trigger, rows in zip(self.triggers, trial.tried, strict=True):
            said = record['probes'][start : start + len(rows)] > 0.5
            scores.append(float((said == trigger.label).mean()))
            start += len(rows)
        return scores


def effects(cleaning: Cleaning, seed: int, train: Callable[[Sequence[Task]], list[Record]]) -> list[Effect]:
    """Return what the cleaning changes, of the accuracy first, or nothing where no face leaves or changes sides.

    Of a trigger that is tried on fewer than MIN_PHOTOS faces, nothing. Errors are those of `Cleaning`, and an
    UnlearntError.
    """
    if not np.isin(cleaning.choice, (DROP, RELABEL)).any():
        return []
    trials = [cleaning.trial(number) for number in range(seed, seed + SEEDS)]
    records = iter(train([task for trial in trials for task in cleaning.tasks(trial)]))
    scores = np.array([[cleaning.scores(trial, next(records)) for _ in range(2)] for trial in trials])
    names = [ACCURACY, *(f'trigger {number}' for number in range(1, len(cleaning.triggers) + 1))]
    tested = np.min([[len(trial.test), *map(len, trial.tried)] for trial in trials], axis=0)
    if tested[0] < MIN_PHOTOS:
        raise TooFewFacesError(f'fewer than {MIN_PHOTOS} held-out faces that nobody suspects')
    if not any(has_learnt(accuracies, tested[0], CONFIDENCE) for accuracies in scores[:, :, 0].T):
        raise UnlearntError('the networks did not learn, before or after')
    bounds = mean_interval(scores[:, 1] - scores[:, 0], CONFIDENCE, tested)
    columns = np.array([*scores.mean(axis=0), *bounds]).T.tolist()
    changes = [Effect(name, *values) for name, values in zip(names, columns, strict=True)]
    return list(compress(changes, tested >= MIN_PHOTOS))
