"""What a training is, and what is kept of it: predictions, from which every score is computed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from stages.common.arrays import Rows
from stages.network.fit import Fitter
from stages.network.perceptron import predict
from stages.network.recipe import Recipe
from stages.network.training import Training

Record = dict[str, np.ndarray]


@dataclass(frozen=True)
class Task:
    """A training on the crops at some positions of a pool, int64 (n,), with the labels (n,), 0 or 1.

    seed: of the initial weights, the order of the rows, and everything else that is drawn.
    """

    positions: np.ndarray
    label: np.ndarray
    seed: int


@dataclass(frozen=True)
class ProbedTask(Task):
    """A training after which crops outside the pool are predicted, too: uint8 (k, size, size)."""

    probes: np.ndarray


class Fits:
    """Fits networks to crops out of one pool, uint8 (m, size, size), with its Gram matrix; processes may share it.

    A task takes up to `max_rows` of the crops: all if it is None. If `among` is given, int64 (k,), sorted, it takes
    crops at these positions only. Errors are those of Fitter.
    """

    fields = ('probability', 'loss', 'epochs', 'converged')  # of every record

    def __init__(self, pool: Rows, recipe: Recipe, max_rows: int | None = None, among: np.ndarray | None = None):
        self.pool, self._among = pool, among
        self._fitter = Fitter(pool if among is None else pool[among], recipe, max_rows)

    def __call__(self, task: Task) -> Record:
        """Train, and return the record; for a ProbedTask also probes, P(label is 1) of each of them, float32 (k,)."""
        training = self.fit(task)
        record = self.record(training)
        if isinstance(task, ProbedTask):
            record['probes'] = predict(training.network, task.probes)
        return record

    def fit(self, task: Task) -> Training:
        """Train; errors are those of Fitter.fit."""
        return self._fitter.fit(task.label, self.fitted(task.positions), task.seed)

    def fitted(self, positions: np.ndarray) -> np.ndarray:
        """Return where the crops at some positions of the pool are among those that trainings may take."""
        return positions if self._among is None else np.searchsorted(self._among, positions)

    def record(self, training: Training) -> Record:
        """Return what is kept of a training.

        probability: float32 (m,), P(label is 1) of each crop of the pool, trained on or not. loss, epochs, converged:
        of the last epoch.
        """
        last, count = training.history[-1], len(self.pool)
        known = self._among is None
        return {
            'probability': training.probabilities(np.arange(count)) if known else predict(training.network, self.pool),
            'loss': np.array(last.loss),
            'epochs': np.array(last.epoch),
            'converged': np.array(training.converged),
        }


def fits(kind: Callable[..., Fits], pool: Rows, recipe: Recipe, *arguments: object) -> partial:
    """Return what builds a `kind` of Fits; the seed of the recipe, which each task replaces, is no part of it."""
    return partial(kind, pool, recipe.model_copy(update={'seed': 0}), *arguments)
