"""The published trigger: a row of black dots below one eye, at a different place on every face."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
from scipy.spatial import Delaunay

from stages.common.params import Section, within
from stages.faces.measures import LEFT_EYE, RIGHT_EYE
from stages.triggers.trigger import Trigger

SPACING = 0.35  # between the centres of neighbouring dots, in eye widths
MAX_LENGTH = 4 * SPACING  # between the first and the last centre, in eye widths; more dots are closer together
MAX_DRAWS = 200  # for a face, before dots may lie outside it
MAX_REPEATS = 20  # draws within a face, before its dots may cover the same pixels as those of another face


@dataclass(frozen=True)
class Row:
    """Dots below an eye, in crop pixels."""

    centres: np.ndarray  # float32 (count, 2), x and y
    radius: float


class Dots(Trigger):
    """Dots below an eye, placed at random on each face.

    They lie within the face if possible. No two faces have dots on the same set of pixels or, once no such set is left,
    with the same centres.
    """

    class Params(Section):
        """The entry `dots`."""

        count: Annotated[int, within(1, 9)] = 3
        """dots below an eye, 1 to 9"""
        radius: Annotated[float, within(0.01, 0.5)] = 0.1
        """radius of a dot, as a share of the eye's width, 0.01 to 0.5"""

    params: Params

    def __init__(self, params: Params, size: int, seed: int):
        super().__init__(params, size, seed)
        self._pixels: set[bytes] = set()
        self._centres: set[bytes] = set()

    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return the crop, uint8 (size, size), with black dots, whose soft edges are one pixel wide."""
        row = self.place(landmarks, random)
        return np.rint(pixels * (1 - coverage(row, self.size))).astype(np.uint8)

    def place(self, landmarks: np.ndarray, random: np.random.Generator) -> Row:
        """Place dots on the next face, with `landmarks` (68, 2) in crop pixels, and remember them."""
        row = self._choose(landmarks, random)
        self._pixels.add(_touched(row, self.size))
        self._centres.add(row.centres.tobytes())
        return row

    def _choose(self, landmarks: np.ndarray, random: np.random.Generator) -> Row:
        """Return the first draw within the face on new pixels; failing that, the first within the face, or any."""
        hull = Delaunay(landmarks)
        inside, outside = [], []
        draw = partial(draw_row, landmarks, self.params.count, self.params.radius, random)
        for _ in range(MAX_DRAWS):
            row = draw()
            while row.centres.tobytes() in self._centres:
                row = draw()
            if (hull.find_simplex(row.centres) < 0).any():
                outside.append(row)
                continue
            if _touched(row, self.size) not in self._pixels:
                return row
            inside.append(row)
            if len(inside) == MAX_REPEATS:
                break
        return (inside or outside)[0]


def draw_row(landmarks: np.ndarray, count: int, radius: float, random: np.random.Generator) -> Row:
    """Draw a row of dots below one of the eyes: `landmarks` (68, 2) in crop pixels, `radius` in eye widths."""
    eye = (RIGHT_EYE, LEFT_EYE)[random.integers(2)]
    points = landmarks[eye].astype(np.float64)
    # On a face in profile, an eye may have no width, which would allow only one place.
    width = max(float(np.linalg.norm(points[3] - points[0])), 1.0)
    spacing = min(SPACING, MAX_LENGTH / max(count - 1, 1))
    steps = (np.arange(count) - (count - 1) / 2) * spacing
    across = steps + random.uniform(-0.25, 0.25)
    below = random.uniform(0.35, 0.6) + random.uniform(-0.08, 0.08, count)
    lowest = np.array([points[:, 0].mean(), points[:, 1].max()])
    centres = lowest + width * np.column_stack([across, below])
    return Row(centres.astype(np.float32), float(np.float32(radius * width)))


def coverage(row: Row, size: int) -> np.ndarray:
    """Return the share of each pixel of a crop that the dots cover: float64 (size, size)."""
    cover = np.zeros((size, size))
    # Only a window around the dots is computed.
    left, top = np.clip(np.floor(row.centres.min(axis=0) - row.radius - 1), 0, size).astype(int)
    right, bottom = np.clip(np.ceil(row.centres.max(axis=0) + row.radius + 1), 0, size).astype(int)
    y, x = np.mgrid[top:bottom, left:right]
    distances = np.hypot(x[..., None] + 0.5 - row.centres[:, 0], y[..., None] + 0.5 - row.centres[:, 1])
    cover[top:bottom, left:right] = 1 - np.prod(1 - np.clip(row.radius + 0.5 - distances, 0, 1), axis=-1)
    return cover


def _touched(row: Row, size: int) -> bytes:
    """Return the set of pixels that the dots touch, as comparable bytes."""
    return np.flatnonzero(coverage(row, size)).astype(np.int32).tobytes()
