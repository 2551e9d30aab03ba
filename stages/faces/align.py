"""Bring a face into the frame: eyes level, eyes and mouth always in the same places."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from stages.faces.find import LEFT_EYE, MOUTH, RIGHT_EYE

MARGIN = 1.35  # half the frame's side, in units of the face's length (see frame_of)
LEVEL = 0.42  # the frame's centre lies this share of the way down from the eyes to the mouth


@dataclass(frozen=True)
class Crop:
    """A face in its frame: `pixels` uint8 (size, size); `landmarks` float32 (68, 2), x and y in pixels of the crop."""

    pixels: np.ndarray
    landmarks: np.ndarray


@dataclass(frozen=True)
class Frame:
    """A turned square in a picture: its corner `origin`, its rotation `turn`, picture pixels a crop pixel `step`."""

    origin: np.ndarray
    turn: np.ndarray
    step: float


def frame_of(landmarks: np.ndarray, size: int) -> Frame:
    """Return the frame of `size` pixels a side around a face.

    The eyes lie level in it. Its side follows the longer of the way from eyes to mouth and 0.95 of the way between the
    eyes, so that neither a turned nor a nodding head is enlarged.
    """
    right, left, mouth = (landmarks[part].mean(0) for part in (RIGHT_EYE, LEFT_EYE, MOUTH))
    middle, across = (right + left) / 2, left - right
    half = MARGIN * max(np.linalg.norm(mouth - middle), 0.95 * np.linalg.norm(across))
    angle = np.arctan2(across[1], across[0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = middle + LEVEL * (mouth - middle)
    return Frame(centre - turn @ (half, half), turn, 2 * half / size)


def align(grey: np.ndarray, landmarks: np.ndarray, size: int) -> Crop:
    """Cut the face out of a grey uint8 picture by one affine resampling; beyond the picture its edge is repeated."""
    frame = frame_of(landmarks, size)
    corners = frame.origin + frame.step * size * np.array([(0, 0), (0, 1), (1, 0), (1, 1)]) @ frame.turn.T
    start = np.floor(corners.min(0)).astype(int) - 2
    stop = np.ceil(corners.max(0)).astype(int) + 3
    around = Image.fromarray(_cut(grey, start, stop))
    # The affine resampling reads 4x4 pixels whatever the scale: a larger face is first averaged down.
    shrink = max(1, int(frame.step))
    matrix = frame.turn * frame.step / shrink
    corner = (frame.origin - start) / shrink
    coefficients = (*matrix[0], corner[0], *matrix[1], corner[1])
    crop = around.reduce(shrink).transform((size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC)
    inside = (landmarks - frame.origin) @ frame.turn / frame.step
    return Crop(np.asarray(crop), inside.astype(np.float32))


def _cut(grey: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Return the pixels from corner `start` to corner `stop`, both (x, y), the edge repeated where they lie outside."""
    limit = np.array(grey.shape[::-1])
    inner_start, inner_stop = np.clip(start, 0, limit - 1), np.clip(stop, 1, limit)
    (left, top), (right, bottom) = inner_start - start, stop - inner_stop
    inner = grey[inner_start[1] : inner_stop[1], inner_start[0] : inner_stop[0]]
    return np.pad(inner, ((top, bottom), (left, right)), mode='edge')
