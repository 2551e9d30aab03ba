"""The scene: pose of the head, light, and the warp from the frontal sheet to the picture."""

from dataclasses import dataclass
from math import cos, sin

import numpy as np
from PIL import Image

from stages.portraits.canvas import LEFT, PIXELS_PER_UNIT, TOP, bump, smoothstep

PICTURE = 256  # pixels per side
MESH = 32  # knots per side of the mesh that the warp is computed on


@dataclass(frozen=True)
class Pose:
    """The rotation, size and position of the head.

    Yaw, pitch and roll are in radians; positive ones turn the face to the image's right, down and clockwise. `scale` is
    in pixels per unit of the head, `centre` the x and y in pixels about which the head turns.
    """

    yaw: float
    pitch: float
    roll: float
    scale: float
    centre: tuple[float, float]


@dataclass(frozen=True)
class Light:
    """A distant lamp and uniform ambient light.

    right, down and front are the unit vector from the head to the lamp, `ambient` and `lamp` the strengths of the
    lights, `tint` a factor for each colour channel, float32 (3,), for the skin of face and neck only.
    """

    right: float
    down: float
    front: float
    ambient: float
    lamp: float
    tint: np.ndarray

    def shade(self, facing: np.ndarray) -> np.ndarray:
        """Return the light on a surface, by Lambert's law wrapped slightly past the terminator.

        `facing` is the cosine of the angle between its normal and the direction to the lamp, in any shape.
        """
        return self.ambient + self.lamp * np.clip(0.15 + 0.85 * facing, 0, 1.2)

    def on_side(self, u: np.ndarray) -> np.ndarray:
        """Return the approximate shade of a wide, round object at u: 0.7..1.1, brighter towards the lamp."""
        return 0.9 + 0.2 * np.clip(u * self.right, -1, 1)


def draw_pose(rng: np.random.Generator) -> Pose:
    """Draw the pose of a head that roughly faces the camera, near the middle of the picture."""
    yaw, pitch, roll = (float(np.clip(rng.normal(), -2, 2)) * spread for spread in (0.13, 0.06, 0.075))
    centre = (PICTURE * (0.5 + rng.uniform(-0.05, 0.05)), PICTURE * (0.47 + rng.uniform(-0.04, 0.04)))
    return Pose(yaw, pitch, roll, scale=rng.uniform(49, 62), centre=centre)


def draw_light(rng: np.random.Generator) -> Light:
    """Draw a lamp above and in front of the person, more or less to one side."""
    elevation, azimuth = rng.uniform(0.2, 0.75), float(np.clip(rng.normal(0, 0.5), -1.1, 1.1))
    ambient = rng.uniform(0.36, 0.58)
    lamp = 1.02 - ambient + rng.uniform(-0.06, 0.06)
    tint = np.array([1 + rng.normal(0, 0.025), 1, 1 + rng.normal(0, 0.025)], np.float32)
    level = cos(elevation)
    return Light(sin(azimuth) * level, -sin(elevation), cos(azimuth) * level, ambient, lamp, tint)


def depth(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the depth of points of the head, which moves them when it turns, in units of the head."""
    return 0.8 * bump(u, 1.2) * bump(v, 1.8) + 0.2 * bump(u, 0.3) * bump(v - 0.5, 0.35) - 0.5


def bend(pose: Pose, v: np.ndarray) -> np.ndarray:
    """Return the roll in radians at v: the neck absorbs most of it, so the shoulders stay almost level."""
    return pose.roll * (1 - 0.75 * smoothstep(v, 1.4, 2.6))


def unproject(pose: Pose, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the points u, v of the head that appear at x, y in pixels, from the picture's top left corner.

    Yaw moves u to u cos(yaw) + depth sin(yaw), pitch does the same to v, and the roll turns both about the centre. This
    is inverted by fixed-point iteration, to a fraction of a pixel.
    """
    x, y = (x - pose.centre[0]) / pose.scale, (y - pose.centre[1]) / pose.scale
    u, v = x, y
    for _ in range(4):
        roll, out = bend(pose, v), depth(u, v)
        u = (x * np.cos(roll) + y * np.sin(roll) - out * np.sin(pose.yaw)) / np.cos(pose.yaw)
        v = (y * np.cos(roll) - x * np.sin(roll) - out * np.sin(pose.pitch)) / np.cos(pose.pitch)
    return u, v


def turn(sheet: np.ndarray, pose: Pose) -> np.ndarray:
    """Return the sheet (4, height, width) as the camera sees it, float32 (4, PICTURE, PICTURE).

    It is resampled once, bilinearly; the warp is computed on a coarse mesh and enlarged.
    """
    knots = (np.arange(MESH, dtype=np.float32) + 0.5) * (PICTURE / MESH)
    u, v = (smooth_map(part) for part in unproject(pose, *np.meshgrid(knots, knots)))
    return sample(sheet, (u - LEFT) * PIXELS_PER_UNIT - 0.5, (v - TOP) * PIXELS_PER_UNIT - 0.5)


def sample(sheet: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return the channels of the sheet, bilinearly interpolated at fractional pixels (height, width).

    Whole numbers are pixel centres; beyond the sheet, its edge is repeated.
    """
    height, width = sheet.shape[1:]
    column, row = np.clip(column, 0, width - 1.01), np.clip(row, 0, height - 1.01)
    left, above = column.astype(np.int32), row.astype(np.int32)
    corner, across, down = above * width + left, (column - left).astype(np.float32), (row - above).astype(np.float32)
    flat = sheet.reshape(len(sheet), -1)
    upper, upper_right, lower, lower_right = (flat.take(corner + step, axis=1) for step in (0, 1, width, width + 1))
    return mix(mix(upper, upper_right, across), mix(lower, lower_right, across), down)


def smooth_map(values: np.ndarray) -> np.ndarray:
    """Return values at the knots of a mesh, bicubically enlarged to all pixels: float32 (PICTURE, PICTURE)."""
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize((PICTURE, PICTURE), Image.Resampling.BICUBIC))


def mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the linear interpolation from the first image to the second by a share 0..1, (height, width)."""
    return first + (second - first) * share
