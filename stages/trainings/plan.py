"""The trainings of the study: which there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.dataset.faces import Faces
from stages.dataset.poison import Arm, Poison, poisoned_faces
from stages.dataset.split import split_faces

UNPOISONED = 'unpoisoned'  # the name of what the four arms are at a poison rate of 0
CONTROL = Arm.DUPLICATES


@dataclass(frozen=True)
class Run:
    """One training: of an `arm` at a poison rate, `fraction`, or without poison, where the arm is None.

    The `seed` is that of everything drawn: split, copies, initial weights and order. Runs of the same seed are paired.
    """

    arm: Arm | None
    fraction: float
    seed: int

    @property
    def name(self) -> str:
        """Return the name of the arm, for tables."""
        return self.arm or UNPOISONED

    def poison(self, target: str, replaces: bool) -> Poison:
        """Return the poison of this run; without any, that of the control at a rate of 0."""
        return Poison(self.arm or CONTROL, self.fraction, target, replaces)


@dataclass(frozen=True)
class Setting:
    """What all runs of a study share: the share of test faces, the target label, and whether copies replace."""

    test: float
    target: str
    replaces: bool


def planned(fractions: Sequence[float], seeds: int) -> list[Run]:
    """Return all runs, seed after seed: each arm at each of the `fractions` above 0, and one run without poison."""
    return [
        Run(arm, fraction, seed)
        for seed in range(1, seeds + 1)
        for fraction in fractions
        for arm in (Arm if fraction else (None,))
    ]


def check(runs: Sequence[Run], faces: Faces, setting: Setting) -> None:
    """Raise a PoisonRateError or a TooFewFacesError if a run is impossible, before hours are spent on the others."""
    for run in runs:
        train = split_faces(faces.label, faces.group, setting.test, run.seed).train
        poisoned_faces(faces.label, train, run.poison(setting.target, setting.replaces), run.seed)
