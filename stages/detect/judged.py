"""The training of a case, and what is judged of it: apart from what is computed of that, which decides nothing."""

from dataclasses import dataclass

import numpy as np

from stages.detectors.pair import suspect_pairs
from stages.detectors.proof import movement
from stages.trainings.fit import Record, Task
from stages.trainings.judging import JudgedFits


@dataclass(frozen=True)
class CaseTask(Task):
    """A training whose rows are judged.

    target: the label towards which the differences of pairs should move predictions, or -1 for a case that is not
    defended. others, others_label: the crops on which they are tried, (k,) each.
    """

    target: int
    others: np.ndarray
    others_label: np.ndarray


class CaseFits(JudgedFits):
    """Trains cases, and judges their rows."""

    def __call__(self, task: Task) -> Record:
        """Return the record; in a defended case also pairs, int64 (k, 2), the blamed row first, and movement."""
        assert isinstance(task, CaseTask)
        training = self.fit(task)
        evidence = self.evidence(training, task)
        record = self.record(training) | self.judged(evidence)
        if task.target < 0:
            return record
        pairs = suspect_pairs(evidence)
        towards = [pair for pair in pairs if task.label[pair.blamed] == task.target]
        moved = movement(training.network, towards, task.target, self.pool[task.others], task.others_label)
        rows = np.array([(pair.blamed, pair.other) for pair in pairs], np.int64).reshape(-1, 2)
        return record | {'pairs': rows, 'movement': np.array(moved)}
