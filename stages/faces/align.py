"""Alignment: one affine resampling puts the eyes and the mouth of every face in the same places of its crop."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from stages.faces.measures import features

# The network learns best with the forehead and little chin, of the frames that were compared on real faces.
PLACES = np.array([(0.31, 0.45), (0.69, 0.45), (0.5, 0.84)])


@dataclass(frozen=True)
class Frame:
    """The layout of a crop."""

    size: int  # pixels per side
    # Of right eye, left eye and mouth: x and y of their centres as shares of the side, float64 (3, 2).
    places: np.ndarray = field(default_factory=lambda: PLACES)


@dataclass(frozen=True)
class Crop:
    """An aligned face."""

    pixels: np.ndarray  # uint8 (size, size)
    landmarks: np.ndarray  # float32 (68, 2), x and y from the crop's corner


def align(grey: np.ndarray, landmarks: np.ndarray, frame: Frame) -> Crop:
    """Crop the face with these `landmarks`, float64 (68, 2), x and y in pixels, from a grey uint8 picture."""
    centres, targets = features(landmarks), frame.places * frame.size
    matrix, shift = affine_map(targets, centres)
    corners = frame.size * np.array([(0, 0), (0, 1), (1, 0), (1, 1)]) @ matrix + shift
    start = np.floor(corners.min(axis=0)).astype(int) - 2
    stop = np.ceil(corners.max(axis=0)).astype(int) + 3
    # Beyond the picture, its edge is repeated.
    columns, rows = (np.arange(*ends) for ends in zip(start, stop, strict=True))
    part = grey.take(rows, axis=0, mode='clip').take(columns, axis=1, mode='clip')
    # Affine resampling reads 4x4 pixels at any scale, so a larger face is averaged down first.
    shrink = max(1, int(np.sqrt(abs(np.linalg.det(matrix)))))
    coefficients = (np.column_stack([matrix.T, shift - start]).ravel() / shrink).tolist()
    region, size = Image.fromarray(part).reduce(shrink), (frame.size, frame.size)
    pixels = np.asarray(region.transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC))
    matrix, shift = affine_map(centres, targets)
    return Crop(pixels, (landmarks @ matrix + shift).astype(np.float32))


def affine_map(sources: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the map p -> p @ matrix + shift from three points (3, 2) to three others; if collinear, one of many."""
    solution, *_ = np.linalg.lstsq(np.column_stack([sources, np.ones(len(sources))]), targets)
    return solution[:2], solution[2]
