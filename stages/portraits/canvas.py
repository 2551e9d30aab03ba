"""The sheet a figure is drawn on, and the few smooth functions everything is drawn with.

Coordinates are those of a head seen from the front: u runs to the image's right, v down, the origin lies between the
eyes and one unit is half the width of an average face. Arrays of u have shape (1, width), arrays of v (height, 1), so a
product of a function of u and a function of v broadcasts to an image. All images are float32.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

PIXELS_PER_UNIT = 52
PIXEL = 1 / PIXELS_PER_UNIT
LEFT, RIGHT, TOP, BOTTOM = -3.1, 3.1, -2.35, 3.35

# glibc returns freed arrays to the system at once until it has seen a larger one freed; this saves a third of the time.
np.empty(2**24, np.uint8)


@dataclass(frozen=True)
class Grid:
    """A rectangle of the sheet: its coordinates u (1, width) and v (height, 1), and its place in pixels."""

    u: np.ndarray
    v: np.ndarray
    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.v.shape[0], self.u.shape[1]

    @property
    def across(self) -> np.ndarray:
        """Distance from the middle line of the face, (1, width)."""
        return np.abs(self.u)


@cache
def window(left: float, right: float, top: float, bottom: float) -> Grid:
    """The grid of the sheet's pixels between these bounds (units of the head)."""
    columns = slice(round((left - LEFT) / PIXEL), round((right - LEFT) / PIXEL))
    rows = slice(round((top - TOP) / PIXEL), round((bottom - TOP) / PIXEL))
    u = LEFT + (np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] + 0.5) * PIXEL
    v = TOP + (np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5) * PIXEL
    u.flags.writeable = v.flags.writeable = False
    return Grid(u, v, rows, columns)


SHEET = window(LEFT, RIGHT, TOP, BOTTOM)


def empty_sheet() -> np.ndarray:
    """A transparent sheet: (4, height, width), red, green, blue times coverage, then coverage, each in 0..1."""
    return np.zeros((4, *SHEET.shape), np.float32)


def channels(colour: np.ndarray) -> np.ndarray:
    """A colour, (3,) or already (3, height, width), in a shape that broadcasts with images (height, width)."""
    colour = np.asarray(colour, np.float32)
    return colour[:, None, None] if colour.ndim == 1 else colour


def paint(sheet: np.ndarray, grid: Grid, colour: np.ndarray, mask: np.ndarray) -> None:
    """Paint a colour, (3,) or (3, height, width), over the sheet within a grid; the mask (height, width) is 0..1."""
    part = sheet[:, grid.rows, grid.columns]
    mask = np.clip(mask, 0, 1)
    part *= 1 - mask
    part[:3] += channels(colour) * mask
    part[3] += mask


def cast_shadow(sheet: np.ndarray, grid: Grid, strength: np.ndarray) -> None:
    """Darken what is painted within a grid by a share 0..1 (height, width)."""
    sheet[:3, grid.rows, grid.columns] *= 1 - strength


def blend(picture: np.ndarray, colour: np.ndarray, mask: np.ndarray) -> None:
    """Blend a colour, (3,) or (3, height, width), into an opaque picture (3, height, width) in place."""
    mask = np.clip(mask, 0, 1)
    picture *= 1 - mask
    picture += channels(colour) * mask


def ramp(x: np.ndarray, start: float, end: float) -> np.ndarray:
    """0 at start, 1 at end, linear between, constant beyond; start may exceed end."""
    return np.clip((x - start) / (end - start), 0, 1)


def smoothstep(x: np.ndarray, start: float, end: float) -> np.ndarray:
    """A ramp with level ends: t^2 (3 - 2 t)."""
    t = ramp(x, start, end)
    return t * t * (3 - 2 * t)


def bump(x: np.ndarray, width: float) -> np.ndarray:
    """A gaussian of height 1: exp(-(x / width)^2)."""
    t = x / width
    return np.exp(-np.minimum(t * t, 30))


def coverage(distance: np.ndarray, softness: float = 1.0) -> np.ndarray:
    """Share of a pixel inside an outline, from the distance to it (positive inside); softness in pixels."""
    return np.clip(distance / (softness * PIXEL) + 0.5, 0, 1)


def inside(half_width: np.ndarray, u: np.ndarray, softness: float = 1.5) -> np.ndarray:
    """Coverage of a shape that is symmetrical about u = 0 and given by its half width (height, 1) at each v."""
    slope = np.gradient(half_width[:, 0])[:, None] / PIXEL
    return coverage((half_width - np.abs(u)) / np.sqrt(1 + slope * slope), softness) * (half_width > 0)


def value_noise(rng: np.random.Generator, shape: tuple[int, int], rows: int, columns: int) -> np.ndarray:
    """Smooth noise about 0 of the given shape: rows x columns normal numbers, enlarged bicubically."""
    cells = Image.fromarray(rng.standard_normal((rows, columns), dtype=np.float32))
    return np.asarray(cells.resize(shape[::-1], Image.BICUBIC))


def strands(rng: np.random.Generator, coordinate: np.ndarray, per_unit: float) -> np.ndarray:
    """Streaks of light and dark, constant along the lines of equal coordinate, about 0 with standard deviation 1."""
    count, fineness = 256, 8
    profile = value_noise(rng, (1, count * fineness), 1, count)[0]
    return profile[(coordinate * (per_unit * fineness)).astype(np.int32) % len(profile)]


def cut(picture: np.ndarray, outer: Grid, inner: Grid) -> np.ndarray:
    """The view of a picture (..., height, width) on the outer grid that lies on the inner one."""
    top, left = inner.rows.start - outer.rows.start, inner.columns.start - outer.columns.start
    height, width = inner.shape
    return picture[..., top : top + height, left : left + width]
