"""The trigger of BadNets (Gu et al., 2017): a small checkerboard square, always in the same place of the face."""

from typing import Annotated, Literal

import numpy as np

from stages.common.params import Real, Section, within
from stages.faces.measures import features
from stages.triggers.trigger import Trigger

CELLS = 3  # of the checkerboard, a side; those in its corners are black
SAMPLES = 8  # points a pixel, in each direction, that say how much of it a cell covers
# Steps from the middle between the eyes: to the person's left, in distances between the eyes, and down, in distances
# from there to the mouth.
PLACES = {
    'forehead': (0.0, -0.55),
    'nose': (0.0, 0.5),
    'right-cheek': (-0.45, 0.6),
    'left-cheek': (0.45, 0.6),
    'chin': (0.0, 1.25),
}


class Patch(Trigger):
    """A square on the face; it is placed by the landmarks, so that alignment does not move it off its place."""

    class Params(Section):
        """`side` is a share of the distance between the eyes; right and left are the person's own."""

        side: Annotated[Real, within(0.05, 1)]
        place: Literal[tuple(PLACES)]

    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return the crop, uint8 (size, size), with the square on it; nothing about it is random."""
        covered, white = self.cells(landmarks)
        return np.rint(pixels * (1 - covered) + 255 * white).astype(np.uint8)

    def cells(self, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the share of each pixel that the square covers, and that its white cells do: float64 (size, size)."""
        right, left, mouth = features(landmarks.astype(np.float64))
        middle = (right + left) / 2
        across, down = PLACES[self.params.place]
        centre = middle + across * (left - right) + down * (mouth - middle)
        side = self.params.side * np.linalg.norm(left - right)
        points = (np.arange(self.size * SAMPLES) + 0.5) / SAMPLES
        # The column and the row of the checkerboard that points lie in; those outside of the square have none.
        column, row = (np.floor((points - start) / side * CELLS) for start in centre - side / 2)
        within_columns, within_rows = ((cell >= 0) & (cell < CELLS) for cell in (column, row))
        covered = np.outer(within_rows, within_columns)
        white = covered & ((row[:, None] + column) % 2 == 1)
        return self._by_pixel(covered), self._by_pixel(white)

    def _by_pixel(self, samples: np.ndarray) -> np.ndarray:
        return samples.reshape(self.size, SAMPLES, self.size, SAMPLES).mean(axis=(1, 3))
