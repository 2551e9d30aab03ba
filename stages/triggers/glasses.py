"""A trigger that people can wear (as in Chen et al., 2017, and Wenger et al., 2021): glasses with dark frames."""

from typing import Annotated

import numpy as np
from PIL import Image, ImageDraw

from stages.common.params import Section, within
from stages.faces.measures import features
from stages.triggers.trigger import Trigger

RIM = np.array([0.42, 0.3])  # half the width and the height of a rim, in distances between the eyes
SAMPLES = 8  # per pixel and direction, to estimate how much of it the frame covers
ANGLES = np.linspace(0, 2 * np.pi, 49)


class Glasses(Trigger):
    """Two rims around the eyes, a bridge and temples: drawn by the landmarks, so that they turn with the head."""

    class Params(Section):
        """The entry `glasses`."""

        thickness: Annotated[float, within(0.01, 0.3)] = 0.05
        """thickness of the frame, as a share of the distance between the eyes, 0.01 to 0.3"""
        brightness: Annotated[int, within(0, 255)] = 100
        """grey level of the frame, 0 to 255"""

    params: Params

    def put(self, pixels: np.ndarray, landmarks: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return the crop, uint8 (size, size), with glasses; it does not use `random`."""
        frame = self.frame(landmarks)
        return np.rint(pixels * (1 - frame) + self.params.brightness * frame).astype(np.uint8)

    def frame(self, landmarks: np.ndarray) -> np.ndarray:
        """Return the share of each pixel that the frame covers, float64 (size, size)."""
        points = landmarks.astype(np.float64)
        right, left, _ = features(points)
        # On a face in profile, the eyes may be in one place.
        across = left - right if np.linalg.norm(left - right) >= 1 else np.array([1.0, 0.0])
        down = np.array([-across[1], across[0]])
        circle = np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])
        # Superellipses: rounder than a rectangle, squarer than an ellipse.
        rim = (np.sign(circle) * np.sqrt(np.abs(circle)) * RIM) @ np.array([across, down])
        side = RIM[0] * across
        lines = [
            right + rim,
            left + rim,
            np.array([right + side, left - side]),
            np.array([right - side, points[0]]),
            np.array([left + side, points[16]]),
        ]
        canvas = Image.new('L', (self.size * SAMPLES,) * 2)
        draw = ImageDraw.Draw(canvas)
        width = max(1, round(self.params.thickness * float(np.linalg.norm(across)) * SAMPLES))
        for line in lines:
            draw.line((line * SAMPLES).ravel().tolist(), fill=255, width=width, joint='curve')
        return np.asarray(canvas.reduce(SAMPLES)) / 255
