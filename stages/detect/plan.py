"""The cases that detectors are tried on: which trainings there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.dataset.poison import Arm
from stages.trainings.plan import Run, Setting

JUDGED = Arm.DIRTY_LABEL  # the attack that defences are judged by: without them, it opens a backdoor


@dataclass(frozen=True)
class Case(Run):
    """A training of the study, with copies that are added or, if it `replaces`, take the place of their originals."""

    replaces: bool

    @property
    def originals(self) -> str:
        """Return what becomes of the originals, as adv.originals has it."""
        return 'replaced' if self.replaces else 'kept'

    @property
    def defended(self) -> bool:
        """Whether rows are removed and the network retrained: of an attack, and of one that fails, once is enough."""
        return self.arm is JUDGED or (self.arm is Arm.CLEAN_LABEL and not self.replaces)

    def setting(self, test: float, target: str) -> Setting:
        """Return the setting of the study in which this is a run."""
        return Setting(test, target, self.replaces)


def planned_cases(fractions: Sequence[float], seeds: Sequence[int]) -> list[Case]:
    """Return all cases, seed after seed: no poison, then each arm at each poison rate, originals kept and replaced.

    Duplicates that replace their originals are no poison, and left out.
    """
    return [
        Case(arm, fraction, seed, replaces)
        for seed in seeds
        for arm, fraction, replaces in [
            (None, 0.0, False),
            *(
                (arm, fraction, replaces)
                for fraction in fractions
                for arm in Arm
                for replaces in (False, True)
                if (arm, replaces) != (Arm.DUPLICATES, True)
            ),
        ]
    ]
