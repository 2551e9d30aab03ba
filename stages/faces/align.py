"""Bring a face into the frame: its eyes and its mouth always in the same places."""

from dataclasses import dataclass, field

import numpy as np

from stages.faces.landmarks import features
from stages.faces.resample import onto, resample

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
