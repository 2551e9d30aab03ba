"""The trainings of the sweep: which there are, and what comes of one."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from stages.common.labels import LABELS
from stages.common.seeds import stream
from stages.network.inputs import with_mirrored
from stages.network.perceptron import Perceptron, first_perceptron
from stages.network.solver import FirstLayers
from stages.network.training import train
from stages.params import AdvParams, Label, SweepParams, TrainParams
from stages.study.arms import copied_faces, pool, training_set
from stages.study.data import Faces, Twins
from stages.study.scores import attack_scores, read
from stages.study.split import split_faces

NO_COPIES = 'no copies'
CONTROL = 'undotted, kept'
ARMS = ('dotted, kept', 'dotted, flipped', CONTROL, 'undotted, flipped')


@dataclass(frozen=True)
class Run:
    """One training: `arm` is one of ARMS, or NO_COPIES with a `fraction` of 0.

    The `seed` stands for everything that is drawn: split, copies, first weights and order. Runs of the same seed are
    pairs.
    """

    arm: str
    fraction: float
    seed: int

    def copies(self, target: Label) -> AdvParams:
        """Return the copies that it adds."""
        dots, _, label = self.arm.partition(', ')
        return AdvParams(fraction=self.fraction, label=label or 'kept', dotted=dots == 'dotted', target=target)


def planned(params: SweepParams) -> list[Run]:
    """Return all runs, seed after seed: without copies the four arms are one."""
    return [
        Run(arm, fraction, seed)
        for seed in range(1, params.seeds + 1)
        for fraction in params.fractions
        for arm in (ARMS if fraction else (NO_COPIES,))
    ]


def check(runs: Iterable[Run], faces: Faces, test: float, target: Label) -> None:
    """Refuse runs whose fraction gives no copies, or too many, before hours are spent on the others."""
    for run in runs:
        train = split_faces(faces.label, faces.group, test, run.seed, 'sweep.test').train
        copied_faces(faces.label, train, run.copies(target), run.seed, 'sweep.fractions')


class Trainings:
    """Trains and scores runs, all of them on one pool of faces and its Gram matrix; processes may share it."""

    def __init__(self, faces: Faces, twins: Twins, params: TrainParams, test: float, target: Label):
        """`test` is the share of test faces."""
        pixels = pool(faces, twins)
        self._unmirrored = len(pixels)
        if params.mirror:
            pixels = with_mirrored(pixels)
        # Without copies: one fraction more must not change the solver, and so the rounding, of the others.
        rows = int(len(faces.label) * (1 - test)) * (1 + params.mirror)
        self._first_layers = FirstLayers(pixels, params, rows)
        self._label, self._group = faces.label, faces.group
        self._params, self._test, self._target = params, test, target

    def __call__(self, run: Run) -> dict[str, float]:
        """Return the scores of a run by name."""
        split = split_faces(self._label, self._group, self._test, run.seed)
        rows = training_set(self._label, split.train, run.copies(self._target), run.seed)
        positions, label = rows.positions, rows.label
        if self._params.mirror:
            positions, label = np.concatenate([positions, positions + self._unmirrored]), np.tile(label, 2)
        sizes = [self._first_layers.rows.width, *self._params.hidden, 1]
        network = first_perceptron(sizes, stream(run.seed, 'weights'))
        first = self._first_layers.layer(network.weights[0], positions)
        training = train(first, network, label, self._params.model_copy(update={'seed': run.seed}))
        last = training.history[-1]
        return self._scores(training.network, split.test) | {
            'copies': rows.copies,
            'share_of_rows': rows.copies / len(rows.label),
            'share_of_target': rows.copies / int((rows.label == LABELS.index(self._target)).sum()),
            'loss': last.loss,
            'epochs': last.epoch,
            'converged': training.converged,
        }

    def _scores(self, network: Perceptron, test: np.ndarray) -> dict[str, float]:
        pixels, label = self._first_layers.rows.pixels, self._label[test]
        clean, dotted = (read(network, pixels[test + offset], label) for offset in (0, len(self._label)))
        attack = attack_scores(clean, dotted, self._target)
        return {
            'clean_accuracy': float((clean.read_as == label).mean()),
            'dotted_accuracy': float((dotted.read_as == label).mean()),
            'attack_success': attack['success_rate'],
            'attack_excess': attack['excess'],
        }
