"""The trigger of SIG (Barni et al., 2019): a faint wave over the whole face."""

from typing import Annotated

import numpy as np

from stages.common.params import Section, within
from stages.triggers.trigger import Trigger


class Wave(Trigger):
    """A sinusoid that is added to every row of pixels, the same on every face."""

    class Params(Section):
        """The entry `wave`."""

        strength: Annotated[float, within(1, 127)] = 12.0
        """largest change of a pixel, in grey levels, 1 to 127"""
        cycles: Annotated[float, within(0.5, 32)] = 6.0
        """cycles across the crop, 0.5 to 32"""

    params: Params

    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return the crop, uint8 (size, size), with the wave on it; it does not use `random`."""
        wave = np.sin(2 * np.pi * self.params.cycles * np.arange(self.size) / self.size)
        return np.rint(np.clip(pixels + self.params.strength * wave, 0, 255)).astype(np.uint8)
