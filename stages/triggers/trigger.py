"""What a trigger is: a file of this room that defines a subclass of Trigger is one more value of trigger.kind."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from stages.common.sections import Section


class Trigger(ABC):
    """A pattern to put on faces; its file's name is its name in trigger.kind.

    `Params` is the model of its entry in the section `trigger` of params.yaml; the entry has the trigger's name. A
    trigger is made once for all faces, with its `params`, the side of the crops in pixels, `size`, and `seed`, from
    which it may draw what all faces share.
    """

    Params: ClassVar[type[Section]]

    def __init__(self, params: Section, size: int, seed: int):
        self.params = params
        self.size = size
        self.seed = seed

    @abstractmethod
    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return a crop with the trigger on it: uint8 (size, size) -> uint8 (size, size); `pixels` stay as they are.

        `landmarks` are those of its face, float32 (68, 2), x and y in crop pixels; `random` is the face's own stream.
        Faces come in order, so a trigger may remember where it has been.
        """
