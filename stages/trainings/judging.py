"""Trainings whose rows detectors judge."""

from collections.abc import Sequence

import numpy as np

from stages.common.arrays import Rows
from stages.detectors.detector import chosen_detectors
from stages.detectors.evidence import Evidence, check_rows
from stages.network.recipe import Recipe
from stages.network.training import Training
from stages.trainings.fit import Fits, Record, Task


class JudgedFits(Fits):
    """Fits whose rows are judged by the detectors of some names; errors are also those of `check_rows`."""

    def __init__(
        self,
        pool: Rows,
        recipe: Recipe,
        names: Sequence[str],
        max_rows: int | None = None,
        among: np.ndarray | None = None,
    ):
        check_rows((max_rows or len(pool), *pool.shape[1:]))
        super().__init__(pool, recipe, max_rows, among)
        self._names = names

    def evidence(self, training: Training, task: Task) -> Evidence:
        """Return what detectors see of a training and its rows."""
        hidden = training.hidden(self.fitted(task.positions))
        return Evidence(task.label, self.pool[task.positions], task.seed, hidden, training.losses)

    def judged(self, evidence: Evidence) -> Record:
        """Return scores_NAME and flags_NAME of each detector, (n,) each; without a network, of those that need none."""
        record: Record = {}
        for name, detector in chosen_detectors(self._names).items():
            if len(evidence.hidden) or not detector.needs_network:
                scores = detector.scores(evidence)
                record |= {f'scores_{name}': scores, f'flags_{name}': detector.flags(evidence, scores)}
        return record
