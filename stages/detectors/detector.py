"""The base class of detectors: every file here that defines a subclass can be named in detect.detectors."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from stages.common.errors import StudyError
from stages.common.params import subclasses_in
from stages.detectors.evidence import Evidence


class Detector(ABC):
    """A way to rank rows by suspicion, named in detect.detectors by its file."""

    title: ClassVar[str]  # its name in tables
    needs_network: ClassVar[bool] = False  # whether it reads activations or losses

    @abstractmethod
    def scores(self, evidence: Evidence) -> np.ndarray:
        """Return how suspicious each row is, float (n,): higher is more."""

    @abstractmethod
    def flags(self, evidence: Evidence, scores: np.ndarray) -> np.ndarray:
        """Return which rows are probably poisoned, bool (n,): by `scores` and a threshold set without known poison."""


def detector_names(chosen: str | Sequence[str]) -> list[str]:
    """Return the detectors that detect.detectors chooses, or all for 'all'; a StudyError names an unknown one."""
    known = list(subclasses_in('stages.detectors', Detector))
    if chosen == 'all':
        return known
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise StudyError(f'detect.detectors: no detector {unknown[0]!r}; use `all`, or some of {", ".join(known)}')
    return [name for name in known if name in chosen]


def chosen_detectors(names: Sequence[str]) -> dict[str, Detector]:
    """Return new detectors with these names."""
    classes = subclasses_in('stages.detectors', Detector)
    return {name: classes[name]() for name in names}


def titles() -> dict[str, str]:
    """Return the title of each detector by its name."""
    return {name: detector.title for name, detector in subclasses_in('stages.detectors', Detector).items()}
