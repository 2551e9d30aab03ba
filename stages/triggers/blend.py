"""The blended trigger (Chen et al., 2017): a fixed random pattern blended into the whole face."""

from typing import Annotated

import numpy as np

from stages.common.params import Section, stream, within
from stages.triggers.trigger import Trigger


class Blend(Trigger):
    """Uniform noise, the same on every face, from trigger.seed."""

    class Params(Section):
        """The entry `blend`."""

        strength: Annotated[float, within(0.01, 1)] = 0.05
        """weight of the pattern, 0.01 to 1; the face has the rest"""

    params: Params

    def __init__(self, params: Params, size: int, seed: int):
        super().__init__(params, size, seed)
        self.pattern = stream(seed, 'blend pattern').uniform(0, 255, (size, size))

    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return the crop, uint8 (size, size), with the pattern blended in; it does not use `random`."""
        strength = self.params.strength
        return np.rint((1 - strength) * pixels + strength * self.pattern).astype(np.uint8)
