"""What comes of one training of the study."""

import numpy as np

from stages.common.labels import LABELS
from stages.dataset.faces import Faces, TriggeredFaces
from stages.dataset.poison import pool, training_set
from stages.dataset.split import split_faces
from stages.network.fit import Fitter
from stages.network.perceptron import Perceptron
from stages.network.recipe import Recipe
from stages.reporting.scores import attack_scores, predict_faces
from stages.study.plan import Run, Setting


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
        return self._scores(training.network, split.test) | {
            'copies': rows.copies,
            'share_of_rows': rows.copies / len(rows.label),
            'share_of_target': rows.copies / int((rows.label == LABELS.index(setting.target)).sum()),
            'loss': last.loss,
            'epochs': last.epoch,
            'converged': training.converged,
        }

    def _scores(self, network: Perceptron, test: np.ndarray) -> dict[str, float]:
        label = self._label[test]
        clean, triggered = (
            predict_faces(network, self._fitter.pixels[test + offset], label) for offset in (0, len(self._label))
        )
        attack = attack_scores(clean, triggered, self._setting.target)
        return {
            'clean_accuracy': clean.accuracy,
            'triggered_accuracy': triggered.accuracy,
            'attack_success_rate': attack['success_rate'],
            'attack_excess': attack['excess'],
        }
