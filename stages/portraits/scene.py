"""Where a person is seen: pose of the head, light, and the turn from the frontal sheet to the picture."""

from dataclasses import dataclass
from math import cos, sin

import numpy as np
from PIL import Image

from stages.portraits.canvas import LEFT, PIXELS_PER_UNIT, TOP, bump, smoothstep

PICTURE = 256
MESH = 32


@dataclass(frozen=True)
class Pose:
    """Turn of the head in radians (yaw, pitch, roll), its scale in pixels a unit, and its centre in pixels."""

    yaw: float
    pitch: float
    roll: float
    scale: float
    centre: tuple[float, float]


@dataclass(frozen=True)
class Light:
    """A far lamp and an even ambient light; right, down and front are the unit vector to the lamp from the head."""

    right: float
    down: float
    front: float
    ambient: float
    lamp: float
    tint: np.ndarray

    def shade(self, facing: np.ndarray) -> np.ndarray:
        """Light on a surface whose normal makes this cosine with the direction of the lamp."""
        return self.ambient + self.lamp * np.clip(0.15 + 0.85 * facing, 0, 1.2)

    def on_side(self, u: np.ndarray) -> np.ndarray:
        """Rough light on a wide round thing at u, about 0.7..1.1."""
        return 0.9 + 0.2 * np.clip(u * self.right, -1, 1)


def draw_pose(rng: np.random.Generator) -> Pose:
    """A head that looks about into the camera, about in the middle of the picture."""
    yaw, pitch, roll = (float(np.clip(rng.normal(), -2, 2)) * spread for spread in (0.13, 0.06, 0.075))
    centre = (PICTURE * (0.5 + rng.uniform(-0.05, 0.05)), PICTURE * (0.47 + rng.uniform(-0.04, 0.04)))
    return Pose(yaw, pitch, roll, scale=rng.uniform(49, 62), centre=centre)


def draw_light(rng: np.random.Generator) -> Light:
    """A lamp above and in front of the person, more or less to one side."""
    elevation, azimuth = rng.uniform(0.2, 0.75), float(np.clip(rng.normal(0, 0.5), -1.1, 1.1))
    ambient = rng.uniform(0.36, 0.58)
    lamp = 1.02 - ambient + rng.uniform(-0.06, 0.06)
    tint = np.array([1 + rng.normal(0, 0.025), 1, 1 + rng.normal(0, 0.025)], np.float32)
    level = cos(elevation)
    return Light(sin(azimuth) * level, -sin(elevation), cos(azimuth) * level, ambient, lamp, tint)


def depth(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """How far a point of the head stands out, smooth and in units of the head; sets its shift when the head turns."""
    return 0.8 * bump(u, 1.2) * bump(v, 1.8) + 0.2 * bump(u, 0.3) * bump(v - 0.5, 0.35) - 0.5


def bend(pose: Pose, v: np.ndarray) -> np.ndarray:
    """Roll at height v: the neck takes up most of it, the shoulders stay level."""
    return pose.roll * (1 - 0.75 * smoothstep(v, 1.4, 2.6))


def project(pose: Pose, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where points of the head appear in the picture: x and y in pixels from its corner."""
    out = depth(u, v)
    x = u * np.cos(pose.yaw) + out * np.sin(pose.yaw)
    y = v * np.cos(pose.pitch) + out * np.sin(pose.pitch)
    roll = bend(pose, v)
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    return x * pose.scale + pose.centre[0], y * pose.scale + pose.centre[1]


def unproject(pose: Pose, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points u, v of the head that appear at x, y: the inverse of project, by fixed-point iteration."""
    x, y = (x - pose.centre[0]) / pose.scale, (y - pose.centre[1]) / pose.scale
    u, v = x, y
    for _ in range(4):
        roll, out = bend(pose, v), depth(u, v)
        u = (x * np.cos(roll) + y * np.sin(roll) - out * np.sin(pose.yaw)) / np.cos(pose.yaw)
        v = (y * np.cos(roll) - x * np.sin(roll) - out * np.sin(pose.pitch)) / np.cos(pose.pitch)
    return u, v


def turn(sheet: np.ndarray, pose: Pose) -> np.ndarray:
    """The sheet (4, height, width) as the camera sees it, (4, PICTURE, PICTURE), by one bilinear resampling."""
    knots = (np.arange(MESH, dtype=np.float32) + 0.5) * (PICTURE / MESH)
    u, v = (smooth_map(part) for part in unproject(pose, *np.meshgrid(knots, knots)))
    return sample(sheet, (u - LEFT) * PIXELS_PER_UNIT - 0.5, (v - TOP) * PIXELS_PER_UNIT - 0.5)


def sample(sheet: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """The channels of the sheet at fractional pixel places (height, width), bilinearly; its border goes on for ever."""
    height, width = sheet.shape[1:]
    column, row = np.clip(column, 0, width - 1.01), np.clip(row, 0, height - 1.01)
    left, above = column.astype(np.int32), row.astype(np.int32)
    corner, across, down = above * width + left, (column - left).astype(np.float32), (row - above).astype(np.float32)
    flat = sheet.reshape(len(sheet), -1)
    upper, upper_right, lower, lower_right = (flat.take(corner + step, axis=1) for step in (0, 1, width, width + 1))
    return mix(mix(upper, upper_right, across), mix(lower, lower_right, across), down)


def smooth_map(values: np.ndarray) -> np.ndarray:
    """Values at the knots of a mesh, for every pixel of the picture."""
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize((PICTURE, PICTURE), Image.BICUBIC))


def mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The first image with a share (0..1) of the second."""
    return first + (second - first) * share
