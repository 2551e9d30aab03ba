"""The trainings of a study: which there are, and what each trains on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.common.params import Label
from stages.dataset.faces import Faces
from stages.dataset.poison import AdvParams, Arm, Originals, TrainingSet, copy_count, training_set
from stages.dataset.split import split_faces
from stages.scores.scores import tested_faces
from stages.trainings.fit import Task

UNPOISONED = 'unpoisoned'  # the name of what the four arms are at a poison rate of 0
CONTROL = Arm.DUPLICATES


@dataclass(frozen=True)
class Run:
    """A training of an `arm` at a poison rate, or without poison, where the arm is None.

    The `seed` is that of everything drawn: split, copies, initial weights and order. Runs of the same seed are paired.
    """

    arm: Arm | None
    poison_rate: float
    originals: Originals
    seed: int

    @property
    def name(self) -> str:
        """Return the name of the arm, for tables."""
        return self.arm or UNPOISONED


@dataclass(frozen=True)
class Drawn:
    """What a run trains on and is tested on: its rows, and the positions of the test faces, int64."""

    rows: TrainingSet
    test: np.ndarray
    seed: int

    def task(self, removed: np.ndarray | None = None) -> Task:
        """Return the training on these rows or, if `removed` is given, bool (n,), on those that stay."""
        stay = slice(None) if removed is None or not removed.any() else ~removed
        return Task(self.rows.positions[stay], self.rows.label[stay], self.seed)


@dataclass(frozen=True)
class Setting:
    """What all runs of a study share: the share of test faces, the target label, and the rate of covering faces."""

    test: float
    target: Label
    cover: float = 0.0

    def drawn(self, faces: Faces, run: Run) -> Drawn:
        """Return the split and the copies of a run; errors are those of `split_faces` and `training_set`."""
        split = split_faces(faces.label, faces.group, self.test, run.seed)
        arm, originals = run.arm or CONTROL, run.originals
        adv = AdvParams(fraction=run.poison_rate, arm=arm, originals=originals, target=self.target, cover=self.cover)
        return Drawn(training_set(faces.label, split.train, adv, run.seed), split.test, run.seed)

    def max_rows(self, faces: Faces) -> int:
        """Return how many faces a run trains on, without copies: a poison rate more must not change the solver."""
        return int(len(faces.label) * (1 - self.test))


@dataclass(frozen=True)
class Sizes:
    """What the number of faces decides.

    faces: how many there are. tested: how many test faces each score is a share of, by name, in the run with the
    fewest. untrained: poison rates, each with the one that stands for it, as in `trained_rates`.
    """

    faces: int
    tested: dict[str, int]
    untrained: list[tuple[float, float]]

    @classmethod
    def of(cls, faces: Faces, drawn: Sequence[Drawn], target: Label, rates: dict[float, float]) -> 'Sizes':
        """Return the sizes of some runs; `rates` are those of `trained_rates`."""
        tested = tested_faces([faces.label[rows.test] for rows in drawn], target)
        return cls(len(faces.label), tested, [pair for pair in rates.items() if pair[0] != pair[1]])

    def needed(self, score: str, tested: int) -> float:
        """Return how many faces there must be for a score to be a share of `tested` test faces."""
        return tested * self.faces / self.tested[score]


def trained_rates(faces: Faces, poison_rates: Sequence[float], seeds: int, test: float) -> dict[float, float]:
    """Return the poison rate that stands for each of `poison_rates`, by poison rate; others need no trainings.

    Rates with as many copies for every seed are one arm, and the one that is nearest to its copies stands for them. 0
    stands for a rate without any copy for some seed: it is no poison. Errors are those of `split_faces`.
    """
    sizes = [len(split_faces(faces.label, faces.group, test, seed).train) for seed in range(1, seeds + 1)]
    alike: dict[tuple[int, ...], list[float]] = {}
    for rate in poison_rates:
        copies = tuple(copy_count(rate, size) for size in sizes)
        alike.setdefault(copies if all(copies) else (), []).append(rate)
    nearest = {
        copies: min(rates, key=lambda rate: abs(rate * sum(sizes) - sum(copies))) for copies, rates in alike.items()
    } | {(): 0.0}
    return {rate: nearest[copies] for copies, rates in alike.items() for rate in rates}


def planned_runs(poison_rates: Sequence[float], seeds: int, originals: Originals) -> list[Run]:
    """Return all runs, seed after seed: each arm at each poison rate above 0, and one run without poison."""
    return [
        Run(arm, poison_rate, originals, seed)
        for seed in range(1, seeds + 1)
        for poison_rate in poison_rates
        for arm in (Arm if poison_rate else (None,))
    ]
