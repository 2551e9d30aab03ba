"""Bring a face into the frame: its eyes and its mouth always in the same places."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from stages.faces.measures import features


@dataclass(frozen=True)
class Affine:
    """A map of points, p -> p @ matrix + shift."""

    matrix: np.ndarray
    shift: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return where points (n, 2) go."""
        return points @ self.matrix + self.shift


def onto(sources: np.ndarray, targets: np.ndarray) -> Affine:
    """Return the affine map that takes three points (3, 2) to three others; if they lie on a line, one of the many."""
    solution, *_ = np.linalg.lstsq(np.column_stack([sources, np.ones(len(sources))]), targets)
    return Affine(solution[:2], solution[2])


def resample(grey: np.ndarray, into_picture: Affine, size: int) -> np.ndarray:
    """Return the uint8 square (size, size) whose points `into_picture` maps into a grey uint8 picture.

    Beyond the picture its edge is repeated.
    """
    corners = into_picture(size * np.array([(0, 0), (0, 1), (1, 0), (1, 1)]))
    start = np.floor(corners.min(axis=0)).astype(int) - 2
    stop = np.ceil(corners.max(axis=0)).astype(int) + 3
    around = Image.fromarray(_cut(grey, start, stop))
    # The affine resampling reads 4x4 pixels whatever the scale: a larger face is first averaged down.
    shrink = max(1, int(np.sqrt(abs(np.linalg.det(into_picture.matrix)))))
    matrix, shift = into_picture.matrix.T / shrink, (into_picture.shift - start) / shrink
    coefficients = (*matrix[0], shift[0], *matrix[1], shift[1])
    reduced = around.reduce(shrink)
    return np.asarray(reduced.transform((size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC))


def _cut(grey: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Return the pixels from corner `start` to corner `stop`, both (x, y), the edge repeated where they lie outside."""
    limit = np.array(grey.shape[::-1])
    inner_start, inner_stop = np.clip(start, 0, limit - 1), np.clip(stop, 1, limit)
    (left, top), (right, bottom) = inner_start - start, stop - inner_stop
    inner = grey[inner_start[1] : inner_stop[1], inner_start[0] : inner_stop[0]]
    return np.pad(inner, ((top, bottom), (left, right)), mode='edge')


# Of the frames that were tried on real faces, the network learns best from one with the forehead and little chin.
PLACES = np.array([(0.31, 0.45), (0.69, 0.45), (0.5, 0.84)])


@dataclass(frozen=True)
class Frame:
    """Where a face lies in its crop.

    size: pixels a side. places: float64 (3, 2), where the centres of right eye, left eye and mouth lie, x and y as
    shares of the side.
    """

    size: int
    places: np.ndarray = field(default_factory=lambda: PLACES)


@dataclass(frozen=True)
class Crop:
    """A face in its frame: `pixels` uint8 (size, size); `landmarks` float32 (68, 2), x and y from the crop's corner."""

    pixels: np.ndarray
    landmarks: np.ndarray


def align(grey: np.ndarray, landmarks: np.ndarray, frame: Frame) -> Crop:
    """Cut a face out of a grey picture by one affine resampling.

    `grey` is uint8 (height, width), `landmarks` float64 (68, 2), x and y in its pixels.
    """
    targets = frame.places * frame.size
    pixels = resample(grey, onto(targets, features(landmarks)), frame.size)
    return Crop(pixels, onto(features(landmarks), targets)(landmarks).astype(np.float32))
