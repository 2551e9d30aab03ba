"""Glasses."""

import numpy as np

from stages.portraits.attributes import Person
from stages.portraits.canvas import coverage, grid_between, paint

GLASSES_WINDOW = grid_between(-1.1, 1.1, -0.35, 0.4)


def paint_glasses(sheet: np.ndarray, person: Person) -> None:
    """Paint rims, bridge and temples on the sheet, if the person wears glasses."""
    glasses = person.glasses
    if glasses is None:
        return
    grid = GLASSES_WINDOW
    across, v, middle = grid.across, grid.v, person.eyes.distance + 0.01
    power = glasses.squareness
    ring = np.abs((across - middle) / glasses.half_width) ** power + np.abs((v - 0.03) / glasses.half_height) ** power
    radius = (glasses.half_width + glasses.half_height) / 2
    rim = coverage(glasses.thickness - np.abs(ring ** (1 / power) - 1) * radius)
    bridge = coverage(glasses.thickness - np.abs(v + 0.02 - 0.2 * across**2)) * (across < middle - glasses.half_width)
    temples = coverage(glasses.thickness - np.abs(v + 0.04)) * (across > middle + glasses.half_width) * (across < 1.02)
    paint(sheet, grid, glasses.colour, 0.85 * np.maximum(rim, np.maximum(bridge, temples)))
