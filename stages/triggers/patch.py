"""The trigger of BadNets (Gu et al., 2017): a small checkerboard, always at the same place on the face."""

from typing import Annotated, Literal

import numpy as np

from stages.common.params import Section, within
from stages.faces.measures import features
from stages.triggers.trigger import Trigger

CELLS = 3  # per side of the checkerboard; those in its corners are black
SAMPLES = 8  # points per pixel and direction, to estimate how much of it a cell covers
Place = Literal['forehead', 'nose', 'right-cheek', 'left-cheek', 'chin']
# Offsets from the midpoint of the eyes: to the person's left, in distances between the eyes, and down, in distances
# from the midpoint to the mouth.
PLACES: dict[Place, tuple[float, float]] = {
    'forehead': (0.0, -0.55),
    'nose': (0.0, 0.5),
    'right-cheek': (-0.45, 0.6),
    'left-cheek': (0.45, 0.6),
    'chin': (0.0, 1.25),
}


class Patch(Trigger):
    """A square whose position and size follow the landmarks, so that they do not depend on the alignment."""

    class Params(Section):
        """The entry `patch`."""

        side: Annotated[float, within(0.05, 1)] = 0.15
        """side of the square, as a share of the distance between the eyes, 0.05 to 1"""
        place: Place = 'forehead'
        """forehead, nose, right-cheek, left-cheek or chin; right and left are the person's own"""

    params: Params

    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return the crop, uint8 (size, size), with the square on it; it does not use `random`."""
        covered, white = self.cells(landmarks)
        return np.rint(pixels * (1 - covered) + 255 * white).astype(np.uint8)

    def cells(self, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the shares of each pixel that the square and its white cells cover: float64 (size, size) each."""
        right, left, mouth = features(landmarks.astype(np.float64))
        middle = (right + left) / 2
        across, down = PLACES[self.params.place]
        centre = middle + across * (left - right) + down * (mouth - middle)
        side = self.params.side * np.linalg.norm(left - right)
        points = (np.arange(self.size * SAMPLES) + 0.5) / SAMPLES
        # The column and the row of the checkerboard at the points; some are outside the square.
        column, row = (np.floor((points - start) / side * CELLS) for start in centre - side / 2)
        within_columns, within_rows = ((cell >= 0) & (cell < CELLS) for cell in (column, row))
        covered = np.outer(within_rows, within_columns)
        white = covered & ((row[:, None] + column) % 2 == 1)
        return self._by_pixel(covered), self._by_pixel(white)

    def _by_pixel(self, samples: np.ndarray) -> np.ndarray:
        return samples.reshape(self.size, SAMPLES, self.size, SAMPLES).mean(axis=(1, 3))
