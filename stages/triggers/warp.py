"""The trigger of WaNet (Nguyen and Tran, 2021): a small smooth displacement of the whole face."""

from typing import Annotated

import numpy as np
from scipy.ndimage import map_coordinates, zoom

from stages.common.params import Section, stream, within
from stages.triggers.trigger import Trigger


class Warp(Trigger):
    """Random displacements on a coarse grid, from trigger.seed, with smooth ones between them: equal on every face."""

    class Params(Section):
        """The entry `warp`."""

        strength: Annotated[float, within(0.001, 0.2)] = 0.015
        """mean displacement along each axis, as a share of the crop's side, 0.001 to 0.2"""
        grid: Annotated[int, within(2, 16)] = 4
        """points per side of the coarse grid, 2 to 16"""

    params: Params

    def __init__(self, params: Params, size: int, seed: int):
        super().__init__(params, size, seed)
        coarse = stream(seed, 'warp displacements').uniform(-1, 1, (2, params.grid, params.grid))
        smooth = np.stack([zoom(axis, size / params.grid, order=3, grid_mode=True, mode='nearest') for axis in coarse])
        shift = smooth / np.abs(coarse).mean() * params.strength * size
        self.places = np.clip(np.mgrid[:size, :size] + shift, 0, size - 1)

    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return the displaced crop, uint8 (size, size); it does not use `random`."""
        return np.rint(map_coordinates(pixels.astype(np.float64), self.places, order=1)).astype(np.uint8)
