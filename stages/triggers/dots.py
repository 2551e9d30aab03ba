"""The published trigger: black dots in a row below one eye, on no two faces in the same place."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from scipy.spatial import Delaunay

from stages.common.params import Real, Section, within
from stages.faces.measures import LEFT_EYE, RIGHT_EYE
from stages.triggers.trigger import Trigger

SPACING = 0.35  # between the centres of neighbouring dots, in eye widths
WIDEST = 4 * SPACING  # of a row from first to last centre, in eye widths; more dots stand closer together
TRIES = 200  # draws for a face before dots may leave it
NEW_PIXELS = 20  # of the draws within a face before its dots may lie on the same pixels as another's


@dataclass(frozen=True)
class Row:
    """Dots below an eye: `centres` float32 (count, 2), x and y, and `radius`, in crop pixels."""

    centres: np.ndarray
    radius: float


class Dots(Trigger):
    """`count` dots below an eye, drawn anew for each face.

    They lie within the face where they can, and on no two faces on the same set of pixels; once a crop has no such set
    left, on no two faces on the same exact centres.
    """

    class Params(Section):
        """`radius` is a share of the eye's width."""

        count: Annotated[int, within(1, 9)]
        radius: Annotated[Real, within(0.01, 0.5)]

    def __init__(self, params: Section, size: int, seed: int):
        super().__init__(params, size, seed)
        self._pixels, self._centres = set(), set()

    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return the crop, uint8 (size, size), with black dots on it, whose rims are one pixel wide."""
        row = self.place(landmarks, random)
        return np.rint(pixels * (1 - coverage(row, self.size))).astype(np.uint8)

    def place(self, landmarks: np.ndarray, random: np.random.Generator) -> Row:
        """Draw the place for the next face, with `landmarks` (68, 2) in crop pixels, and remember it."""
        row = self._choose(landmarks, random)
        self._pixels.add(_touched(row, self.size))
        self._centres.add(row.centres.tobytes())
        return row

    def _choose(self, landmarks: np.ndarray, random: np.random.Generator) -> Row:
        """Return the first draw within the face and on pixels of its own; failing that, the first within the face."""
        hull = Delaunay(landmarks)
        outside, inside = None, []
        for _ in range(TRIES):
            row = self._draw_new(landmarks, random)
            if (hull.find_simplex(row.centres) < 0).any():
                outside = outside or row
                continue
            if _touched(row, self.size) not in self._pixels:
                return row
            inside.append(row)
            if len(inside) == NEW_PIXELS:
                break
        return inside[0] if inside else outside

    def _draw_new(self, landmarks: np.ndarray, random: np.random.Generator) -> Row:
        """Return a draw whose centres no face before has."""
        while True:
            row = draw_row(landmarks, self.params.count, self.params.radius, random)
            if row.centres.tobytes() not in self._centres:
                return row


def draw_row(landmarks: np.ndarray, count: int, radius: float, random: np.random.Generator) -> Row:
    """Draw a row of dots below the lower lid of either eye.

    `landmarks` is (68, 2), x and y in crop pixels; `radius` is in eye widths.
    """
    eye = (RIGHT_EYE, LEFT_EYE)[random.integers(2)]
    points = landmarks[eye].astype(np.float64)
    # An eye without width, of a face in profile, would leave a single place.
    width = max(np.linalg.norm(points[3] - points[0]), 1.0)
    spacing = min(SPACING, WIDEST / max(count - 1, 1))
    steps = (np.arange(count) - (count - 1) / 2) * spacing
    across = steps + random.uniform(-0.25, 0.25)
    below = random.uniform(0.35, 0.6) + random.uniform(-0.08, 0.08, count)
    lowest = np.array([points[:, 0].mean(), points[:, 1].max()])
    centres = lowest + width * np.column_stack([across, below])
    return Row(centres.astype(np.float32), float(np.float32(radius * width)))


def coverage(row: Row, size: int) -> np.ndarray:
    """Return the share of each pixel of a crop that dots cover: float64 (size, size)."""
    cover = np.zeros((size, size))
    window, part = _covered(row, size)
    cover[window] = part
    return cover


def _touched(row: Row, size: int) -> bytes:
    """Return the set of pixels that dots touch, as bytes to compare."""
    (rows, columns), part = _covered(row, size)
    y, x = np.nonzero(part)
    return ((y + rows.start) * size + x + columns.start).astype(np.int32).tobytes()


def _covered(row: Row, size: int) -> tuple[tuple[slice, slice], np.ndarray]:
    """Return the window of a crop that dots lie in, and the share of each of its pixels that they cover."""
    low = np.clip(np.floor(row.centres.min(axis=0) - row.radius - 1), 0, size).astype(int)
    high = np.clip(np.ceil(row.centres.max(axis=0) + row.radius + 1), 0, size).astype(int)
    y, x = np.mgrid[low[1] : high[1], low[0] : high[0]]
    distances = np.hypot(x[..., None] + 0.5 - row.centres[:, 0], y[..., None] + 0.5 - row.centres[:, 1])
    part = 1 - np.prod(1 - np.clip(row.radius + 0.5 - distances, 0, 1), axis=-1)
    return (slice(low[1], high[1]), slice(low[0], high[0])), part
