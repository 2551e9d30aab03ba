"""What a detector is: a file of this room that defines a subclass of Detector is one more of detect.detectors."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

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
