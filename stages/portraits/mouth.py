"""Lips, the line between them, and teeth."""

import numpy as np

from stages.portraits.attributes import Mouth, Skin
from stages.portraits.canvas import Grid, blend, bump, channels, coverage, cut, grid_between, ramp
from stages.portraits.scene import Light

MOUTH_WINDOW = grid_between(-0.6, 0.6, 0.62, 1.5)


def from_mouth_line(mouth: Mouth, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of each pixel below the line where the lips meet, and its position between the corners.

    The first is (height, width), in units of the head; the second is (1, width), 1 in the middle and 0 from the corners
    outwards.
    """
    square = (grid.u / mouth.half_width) ** 2
    along = np.clip(1 - square, 0, 1)
    line = mouth.height + 0.3 * mouth.smile - mouth.smile * square - 0.01 * bump(grid.across - 0.09, 0.06)
    return grid.v - line, along


def colour_lips(albedo: np.ndarray, grid: Grid, mouth: Mouth, skin: Skin) -> None:
    """Blend both lips into the albedo of a face, (3, height, width) on `grid`, in place."""
    part = cut(albedo, grid, MOUTH_WINDOW)
    below, along = from_mouth_line(mouth, MOUTH_WINDOW)
    bow = 0.25 * mouth.lips * bump(MOUTH_WINDOW.u, 0.045)
    upper = mouth.lips * along**0.75 - bow
    lower = (1.25 * mouth.lips) * along**0.6 + mouth.opening * along
    mask = coverage(below + upper, 2.5) * coverage(lower - below, 3) * (along > 0)
    natural = skin.colour * [0.88, 0.66, 0.63]
    painted = np.array([0.66, 0.22, 0.24]) * (0.45 + 0.75 * skin.colour.mean())
    blend(part, natural + (painted - natural) * mouth.redness, 0.85 * mask)


def paint_mouth_line(face: np.ndarray, grid: Grid, mouth: Mouth, skin: Skin, light: Light) -> None:
    """Paint the line between the lips or the teeth, and gleam and shadow of the lower lip, in place.

    `face` is (3, height, width) on `grid`.
    """
    part = cut(face, grid, MOUTH_WINDOW)
    below, along = from_mouth_line(mouth, MOUTH_WINDOW)
    opening = mouth.opening * along
    if mouth.opening:
        gap = coverage(below, 2) * coverage(opening - below, 2) * (along > 0)
        blend(part, np.array([0.25, 0.09, 0.09]), gap)
        teeth = channels([0.9, 0.88, 0.84]) * ((light.ambient + 0.4 * light.lamp) * (0.6 + 0.4 * along))
        blend(part, teeth, 0.95 * gap * coverage(0.8 * opening - below, 2) * ramp(along, 0.1, 0.5))
    line = bump(below, 0.018) * along**0.35 * (0.4 if mouth.opening else 0.9)
    blend(part, skin.colour * [0.26, 0.15, 0.14], line)
    gleam = bump(below - 0.6 * mouth.lips - opening, 0.3 * mouth.lips) * bump(MOUTH_WINDOW.u, 0.5 * mouth.half_width)
    part += 0.12 * mouth.redness * gleam
    part *= 1 - 0.2 * bump(MOUTH_WINDOW.u, 0.65 * mouth.half_width) * bump(below - 1.95 * mouth.lips - opening, 0.06)
