"""The sheet that a figure is painted on, and the smooth functions to draw it with.

Coordinates are those of a head seen from the front: u runs to the image's right, v down, and the origin lies between
the eyes. The unit, the "unit of the head", is half the width of an average face. Arrays of u have shape (1, width),
arrays of v (height, 1), so a product of a function of u and a function of v broadcasts to (height, width). Images are
float32, colours red, green and blue in 0..1; a sheet is (4, height, width), colours premultiplied by coverage (alpha),
then coverage. Functions that paint on a sheet or a picture change it in place.
"""

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

PIXELS_PER_UNIT = 52
PIXEL = 1 / PIXELS_PER_UNIT
LEFT, RIGHT, TOP, BOTTOM = -3.1, 3.1, -2.35, 3.35

# glibc returns freed arrays to the system until it has seen a larger one freed; this saves a quarter of the time.
np.empty(2**24, np.uint8)


class Grid:
    """A rectangle of the sheet: its pixels between these bounds, in units of the head."""

    def __init__(self, left: float, right: float, top: float, bottom: float):
        self.columns = slice(round((left - LEFT) / PIXEL), round((right - LEFT) / PIXEL))  # of the sheet's array
        self.rows = slice(round((top - TOP) / PIXEL), round((bottom - TOP) / PIXEL))
        # u and v of the pixel centres, (1, width) and (height, 1)
        self.u = LEFT + (np.arange(self.columns.start, self.columns.stop, dtype=np.float32)[None, :] + 0.5) * PIXEL
        self.v = TOP + (np.arange(self.rows.start, self.rows.stop, dtype=np.float32)[:, None] + 0.5) * PIXEL
        self.across = np.abs(self.u)  # the distance from the middle line of the face
        self.shape = self.v.size, self.u.size  # height and width in pixels

    def noise(self, rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
        """Draw smooth noise, float32 (height, width), from rows x columns numbers."""
        return value_noise(rng, self.shape, rows, columns)

    def cut(self, picture: np.ndarray, outer: 'Grid') -> np.ndarray:
        """Return a view of the part of a picture, (..., height, width) on the outer grid, that this grid covers."""
        top, left = self.rows.start - outer.rows.start, self.columns.start - outer.columns.start
        return picture[..., top : top + self.shape[0], left : left + self.shape[1]]


SHEET = Grid(LEFT, RIGHT, TOP, BOTTOM)


def channels(colour: ArrayLike) -> np.ndarray:
    """Return a colour as a float32 that broadcasts with images (height, width): (3,) becomes (3, 1, 1)."""
    colour = np.asarray(colour, np.float32)
    return colour[:, None, None] if colour.ndim == 1 else colour


def paint(sheet: np.ndarray, grid: Grid, colour: np.ndarray, mask: np.ndarray) -> None:
    """Paint a colour, (3,) or (3, height, width), over the sheet within a grid: `over` of Porter and Duff (1984)."""
    part = grid.cut(sheet, SHEET)
    blend(part[:3], colour, mask)
    blend(part[3:], np.ones(1), mask)


def blend(picture: np.ndarray, colour: np.ndarray, mask: np.ndarray) -> None:
    """Blend a colour, (3,) or (3, height, width), into an opaque picture; the mask (height, width) is its share."""
    mask = np.clip(mask, 0, 1)
    picture *= 1 - mask
    picture += channels(colour) * mask


def ramp(x: np.ndarray, start: float, end: float) -> np.ndarray:
    """Return 0 at start, 1 at end, linear between, constant beyond; start may exceed end, but not equal it."""
    return np.clip((x - start) / (end - start), 0, 1)


def smoothstep(x: np.ndarray, start: float, end: float) -> np.ndarray:
    """Return a ramp with level ends: t^2 (3 - 2 t), as smoothstep in GLSL; start may exceed end."""
    t = ramp(x, start, end)
    return t * t * (3 - 2 * t)


def bump(x: np.ndarray, width: float) -> np.ndarray:
    """Return a Gaussian of height 1, exp(-(x / width)^2), that never falls below exp(-30)."""
    t = x / width
    return np.exp(-np.minimum(t * t, 30))


def coverage(distance: np.ndarray, softness: float = 1.0) -> np.ndarray:
    """Return the share of each pixel inside an outline, by the distance inwards; `softness` is in pixels."""
    return np.clip(distance / (softness * PIXEL) + 0.5, 0, 1)


def value_noise(rng: np.random.Generator, shape: tuple[int, int], rows: int, columns: int) -> np.ndarray:
    """Draw smooth noise, float32 of the given shape: rows x columns standard normal numbers, enlarged bicubically."""
    cells = Image.fromarray(rng.standard_normal((rows, columns), dtype=np.float32))
    return np.asarray(cells.resize(shape[::-1], Image.Resampling.BICUBIC))


def strands(rng: np.random.Generator, coordinate: np.ndarray, per_unit: float) -> np.ndarray:
    """Draw streaks, noise about 0, along the contour lines of `coordinate` (height, width): `per_unit` of its unit."""
    count, fineness = 256, 8  # the streaks repeat after `count`
    profile = value_noise(rng, (1, count * fineness), 1, count)[0]
    return profile[(coordinate * (per_unit * fineness)).astype(np.int32) % len(profile)]
