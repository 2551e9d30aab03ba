"""The cases that detectors are tried on: which trainings there are."""

from collections.abc import Sequence
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from stages.common.params import Section, Share, within
from stages.dataset.poison import Arm, Originals
from stages.dataset.split import TestShare
from stages.trainings.plan import Run

JUDGED = Arm.DIRTY_LABEL  # the attack that defences are judged by: without them, it opens a backdoor


def _check_rates(rates: list[float]) -> list[float]:
    if rates[0] <= 0 or sorted(set(rates)) != rates:
        raise PydanticCustomError('above_zero', 'must be above 0.0, and rise')
    return rates


class DetectParams(Section):
    """Which detectors are tried on which arms, and how often."""

    fractions: Annotated[list[Share], Field(min_length=1, max_length=100), AfterValidator(_check_rates)] = Field([0.05])
    """poison rates, above 0"""
    seeds: Annotated[int, within(3, 10_000)] = 10
    """trainings of every arm and poison rate; at least 3; verdicts need at least 8"""
    detectors: Literal['all'] | Annotated[list[str], Field(min_length=1)] = 'all'
    """or a list, such as [pair, loss]; docs/detectors.md describes each one"""
    test: TestShare = 0.5
    """share of faces held out in each"""


def is_defended(run: Run) -> bool:
    """Return whether rows are removed and the network retrained: for an attack and, once, for one that fails."""
    return run.arm is JUDGED or (run.arm is Arm.CLEAN_LABEL and run.originals == 'kept')


def planned_cases(poison_rates: Sequence[float], seeds: Sequence[int]) -> list[Run]:
    """Return all cases, seed after seed: no poison, then each arm at each poison rate, originals kept and replaced.

    Duplicates that replace their originals are no poison, and left out.
    """
    poisoned: list[tuple[Arm, float, Originals]] = [
        (arm, poison_rate, originals)
        for poison_rate in poison_rates
        for arm in Arm
        for originals in get_args(Originals)
        if (arm, originals) != (Arm.DUPLICATES, 'replaced')
    ]
    return [Run(*case, seed) for seed in seeds for case in ((None, 0.0, 'kept'), *poisoned)]
