"""What a detector is: a file of this room that defines a subclass of Detector is one more of detect.detectors."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from stages.common.errors import StudyError
from stages.common.params import kinds
from stages.detectors.evidence import Evidence


class Detector(ABC):
    """A way to rank rows by suspicion; its file's name is its name in detect.detectors."""

    title: ClassVar[str]  # what it goes by in tables

    @abstractmethod
    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return how suspect each row is, float (n,): the higher, the more."""

    @abstractmethod
    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Return which rows it takes for poisoned, bool (n,), by its `scores` and a threshold that knows no poison."""


ALL = 'all'


def detector_names(chosen: str | Sequence[str]) -> list[str]:
    """Return the names that detect.detectors names, 'all' being all; a StudyError says what is wrong."""
    known = list(kinds('stages.detectors', Detector))
    if chosen == ALL:
        return known
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise StudyError(f'detect.detectors: no detector {unknown[0]!r}; use `all`, or some of {", ".join(known)}')
    return [name for name in known if name in chosen]


def chosen_detectors(names: Sequence[str]) -> dict[str, Detector]:
    """Return the detectors of these names, made anew."""
    found = kinds('stages.detectors', Detector)
    return {name: found[name]() for name in names}


def titles() -> dict[str, str]:
    """Return what each detector goes by in tables, by its name."""
    return {name: found.title for name, found in kinds('stages.detectors', Detector).items()}
