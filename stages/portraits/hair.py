"""Hair: the part behind the neck, and the part on skull, forehead and shoulders."""

from math import copysign

import numpy as np
from scipy import ndimage

from stages.portraits.attributes import Hair, Person
from stages.portraits.canvas import PIXEL, Grid, bump, channels, coverage, paint, ramp, smoothstep, strands
from stages.portraits.head import CROWN
from stages.portraits.scene import Light

SHORT_WINDOW = Grid(-1.45, 1.45, -1.8, 0.75)
LONG_WINDOW = Grid(-1.95, 1.95, -2.1, 3.35)
SHORT = 0.65  # hair that ends above this v does not cover the ears


class Mass:
    """A person's hair as a lit solid with random strands: images (height, width) on a grid."""

    def __init__(self, person: Person, light: Light, rng: np.random.Generator):
        self.hair = hair = person.hair
        self.grid = grid = SHORT_WINDOW if hair.length < SHORT and not hair.is_curly else LONG_WINDOW
        self.waves = grid.noise(rng, *(round(side * PIXEL * 2) for side in grid.shape))  # smooth noise
        # About 0 in the middle of the hair, 1 on its outline and greater outside.
        self.level = level_of(person, grid, self.waves)
        self.streaks = comb(hair, grid, self.waves, rng)  # strands, lighter where positive
        across = np.clip(grid.u / 1.2, -1, 1)
        up = 0.9 * ramp(-grid.v, 0.3, 1.7)
        front = np.sqrt(np.clip(1 - across * across - up * up, 0, 1))
        facing = across * light.right - up * light.down + front * light.front
        sheen = 0.3 * bump(grid.v + 1.15 - 0.3 * grid.u * grid.u, 0.16) * (not hair.is_curly)
        self.shade = light.shade(facing) * (1 + 0.2 * self.streaks) * (0.8 + sheen)  # the light on the strands

    def colour(self, brightness: np.ndarray | float) -> np.ndarray:
        """Return the colour of the lit strands, (3, height, width) in 0..1; `brightness` is a factor of the shade."""
        level = self.shade * brightness
        return np.clip(channels(self.hair.colour) * level + 0.035 * (level - 0.5), 0, 1)

    def outline_mask(self) -> np.ndarray:
        """Return the coverage (height, width) of the whole hair, with frayed edges."""
        return coverage(0.45 * (1 - self.level) + 0.008 * self.streaks, 2)

    def ends_mask(self) -> np.ndarray:
        """Return 1 above the uneven ends of the hair and 0 below, (height, width)."""
        return ramp(self.hair.length + 0.08 * self.waves + 0.06 * self.streaks - self.grid.v, -0.04, 0.08)


def side_half_width(person: Person, v: np.ndarray) -> np.ndarray:
    """Return the half width of the hair beside the head at each v, (height, 1), in units of the head."""
    hair, cheek = person.hair, person.head.cheek
    if hair.is_curly:
        return cheek + 0.02 + 0.9 * hair.volume * bump(v + 0.5, 0.9)
    if hair.length > SHORT:
        flare = hair.flare * smoothstep(v, 0.1, 1.4) - 0.22 * smoothstep(v, hair.length - 0.5, hair.length + 0.1)
        return cheek + 0.5 * hair.volume + 0.05 + flare
    return cheek * (1.03 - 0.04 * smoothstep(v, -0.6, 0.0)) + 0.45 * hair.volume * (1 - smoothstep(v, -0.9, 0.05))


def level_of(person: Person, grid: Grid, waves: np.ndarray) -> np.ndarray:
    """Return the level of Mass: a dome over falling sides, roughened by `waves`, all (height, width)."""
    hair = person.hair
    lean = copysign(0.12, hair.part) * ramp(-grid.v, 0.6, 1.6) * (hair.style.combing == 'parted')
    side = np.abs(grid.u + lean) / side_half_width(person, grid.v)
    side = side * side * np.sqrt(side)
    top = ramp(-grid.v, 0.1, hair.volume - CROWN) ** 2.5
    above = np.maximum(CROWN - hair.volume - grid.v, 0) * 3
    return side + top + above + waves * (0.01 + 0.07 * hair.curl)


def comb(hair: Hair, grid: Grid, waves: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the streaks of Mass, (height, width), along the strands; `waves`, in the same shape, bends them."""
    u, v = grid.u, grid.v
    if hair.is_curly:
        swirls = grid.noise(rng, *(round(side * PIXEL * 6) for side in grid.shape))
        return 0.65 * strands(rng, np.hypot(u, v) + 0.12 * swirls, 16) - 0.5 * np.abs(swirls)
    if hair.style.combing == 'stubble':
        return 0.4 * rng.standard_normal(grid.shape, dtype=np.float32)
    if hair.style.combing == 'parted':
        along = np.hypot(u - hair.part, 0.7 * np.minimum(v, 0))
    elif hair.style.combing == 'back':
        along = np.arctan2(u, 0.3 - np.minimum(v, 0))
    else:
        along = 2 * np.arctan2(u - 0.3 * hair.part, np.maximum(v, -1.8) + 2.6)
    along = along + waves * (0.015 + 0.1 * hair.curl)
    return 0.65 * strands(rng, along, 26) + 0.4 * strands(rng, along, 9)


def paint_back_hair(sheet: np.ndarray, person: Person, mass: Mass) -> None:
    """Paint the hair behind neck and shoulders on the sheet, in shadow."""
    hair, grid = person.hair, mass.grid
    if hair.style.knot:
        paint_knot(sheet, person)
    if hair.length > SHORT or hair.is_curly:
        shadow = 0.85 - 0.3 * smoothstep(grid.v, 0.2, 1.2) * bump(grid.u, 1.0)
        paint(sheet, grid, mass.colour(shadow), mass.outline_mask() * mass.ends_mask())


def paint_knot(sheet: np.ndarray, person: Person) -> None:
    """Paint a bun above the head, or a tail that falls beside the neck, on the sheet."""
    hair, grid = person.hair, LONG_WINDOW
    if hair.style.knot == 'bun':
        distance = np.hypot(grid.u - 0.3 * hair.part, 1.1 * (grid.v - CROWN + 0.1))
        mask, along = coverage(0.42 - distance, 2), 0.5 * distance
    else:
        middle = copysign(1, hair.part) * (0.8 + 0.25 * bump(grid.v - 0.9, 0.8))
        width = 0.3 * smoothstep(grid.v, -0.9, 0.2) * smoothstep(2.0 - grid.v, 0, 0.9)
        mask, along = coverage(width - np.abs(grid.u - middle), 3) * (width > 0), (grid.u - middle) * 0.5
    shade = 0.75 * (1 + 0.2 * np.sin(60 * along))
    paint(sheet, grid, channels(hair.colour) * shade, mask)


def edge_of(hair: Hair, cheek: float, grid: Grid) -> np.ndarray:
    """Return the v of the edge of the hair at each u, float32 (1, width): long hair falls from the parting."""
    across, line = grid.across / cheek, hair.line
    if hair.length > SHORT:
        side = 0.95 if hair.tucked else hair.curtain
        fall = 0.12 * np.abs(grid.u - hair.part) ** 1.5
        return line + fall + 4 * ramp(across, side - 0.55, side + 0.12) ** 4
    heights = [line, line, line + 0.08 - hair.recession, line + 0.3 - 0.7 * hair.recession, -0.5, -0.05, hair.length]
    edge = np.interp(across[0], [0, 0.3, 0.52, 0.7, 0.8, 0.88, 0.94], heights)
    return ndimage.gaussian_filter1d(edge, 3).astype(np.float32)[None, :]


def paint_front_hair(sheet: np.ndarray, person: Person, mass: Mass) -> None:
    """Paint the hair on the skull, over the forehead and in front of the shoulders, on the sheet."""
    hair, grid = person.hair, mass.grid
    edge = edge_of(hair, person.head.cheek, grid)
    edge = edge + hair.fringe * ramp(grid.across, 0.95, 0.7) + 0.035 * mass.streaks + 0.03 * mass.waves
    shadow = 0.22 * ramp(edge - grid.v, -0.16, 0.05) * ramp(grid.v, 0.5, 0.0) * hair.style.density
    sheet[:3, grid.rows, grid.columns] *= 1 - shadow
    soft = 0.03 + 0.1 * (hair.style.combing == 'stubble')
    mask = ramp(edge - grid.v, -soft, soft)
    if hair.length > SHORT:
        mask = mask * (ramp(grid.v, 0.0, -0.2) if hair.tucked else mass.ends_mask())
    if hair.style.combing == 'parted':
        mask = mask * (1 - 0.25 * bump(grid.u - hair.part, 0.02) * (grid.v < hair.line))
    if hair.style.bare_crown:
        mask = mask * smoothstep(grid.across, 0.6, 0.95) * smoothstep(grid.v, -1.0, -0.5)
    paint(sheet, grid, mass.colour(1.0), mask * mass.outline_mask() * hair.style.density)
