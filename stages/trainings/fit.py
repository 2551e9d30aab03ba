"""What comes of one training of the study."""

import numpy as np

from stages.common.arrays import Stack
from stages.common.params import LABELS
from stages.dataset.faces import Faces, TriggeredFaces
from stages.dataset.poison import pool, training_set
from stages.dataset.split import split_faces
from stages.network.fit import Fitter
from stages.network.perceptron import Perceptron
from stages.network.recipe import Recipe
from stages.scores.scores import attack_scores, predict_faces
from stages.trainings.plan import Run, Setting


class Trainings:
    """Trains and scores runs, all of them on one pool of faces and its Gram matrix; processes may share it."""

    def __init__(self, faces: Faces, triggered: TriggeredFaces, recipe: Recipe, setting: Setting):
        self._setting = setting
        self._label, self._group = faces.label, faces.group
        # Without copies: one fraction more must not change the solver, and so the rounding, of the others.
        most = int(len(faces.label) * (1 - setting.test))
        self._fitter = Fitter(pool(faces.pixels, triggered.pixels), recipe, most)

    def __call__(self, run: Run) -> dict[str, float]:
        """Return the scores of a run by name."""
        setting = self._setting
        split = split_faces(self._label, self._group, setting.test, run.seed)
        poison = run.poison(setting.target, setting.replaces)
        rows = training_set(self._label, split.train, poison, run.seed)
        training = self._fitter.fit(rows.label, rows.positions, run.seed)
        last = training.history[-1]
        return scores_on(training.network, self._fitter.pixels, self._label, split.test, setting.target) | {
            'copies': rows.copies,
            'share_of_rows': rows.copies / len(rows.label),
            'share_of_target': rows.copies / int((rows.label == LABELS.index(setting.target)).sum()),
            'loss': last.loss,
            'epochs': last.epoch,
            'converged': training.converged,
        }


def scores_on(network: Perceptron, pool: Stack, label: np.ndarray, test: np.ndarray, target: str) -> dict[str, float]:
    """Return the scores of a network on the test faces, clean and triggered, by name.

    `pool` is the one of all crops, uint8 (2n, size, size), `label` of all faces, uint8 (n,), `test` their positions.
    """
    clean, triggered = (predict_faces(network, pool.pick(test + offset), label[test]) for offset in (0, len(label)))
    attack = attack_scores(clean, triggered, target)
    return {
        'clean_accuracy': clean.accuracy,
        'triggered_accuracy': triggered.accuracy,
        'attack_success_rate': attack['success_rate'],
        'attack_excess': attack['excess'],
    }
