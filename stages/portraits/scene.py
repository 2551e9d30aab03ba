"""The scene: background, light, pose of the head, and the camera."""

import io
from math import cos, sin

import numpy as np
from PIL import Image, ImageFilter

from stages.portraits.canvas import LEFT, PIXELS_PER_UNIT, TOP, blend, bump, ramp, smoothstep, value_noise

PICTURE = 256  # pixels per side
MESH = 32  # knots per side of the mesh that the warp is computed on
COARSE = 64  # pixels per side before the background is enlarged


class Pose:
    """A head that roughly faces the camera, near the middle of the picture."""

    def __init__(self, rng: np.random.Generator):
        # In radians: to the image's right, down, clockwise.
        self.yaw, self.pitch, self.roll = (np.clip(rng.normal(size=3), -2, 2) * (0.13, 0.06, 0.075)).tolist()
        # x and y in pixels about which the head turns
        self.centre = PICTURE * (0.5 + rng.uniform(-0.05, 0.05)), PICTURE * (0.47 + rng.uniform(-0.04, 0.04))
        self.scale = rng.uniform(49, 62)  # pixels per unit of the head


class Light:
    """A distant lamp, above and in front of the person, more or less to one side, and uniform ambient light."""

    def __init__(self, rng: np.random.Generator):
        elevation, azimuth = rng.uniform(0.2, 0.75), float(np.clip(rng.normal(0, 0.5), -1.1, 1.1))
        level = cos(elevation)
        # The unit vector from the head to the lamp.
        self.right, self.down, self.front = sin(azimuth) * level, -sin(elevation), cos(azimuth) * level
        self.ambient = rng.uniform(0.36, 0.58)  # strengths of the lights
        self.lamp = 1.02 - self.ambient + rng.uniform(-0.06, 0.06)
        # A factor for each colour channel, for the skin of face and neck only.
        self.tint = np.array([1 + rng.normal(0, 0.025), 1, 1 + rng.normal(0, 0.025)], np.float32)

    def shade(self, facing: np.ndarray) -> np.ndarray:
        """Return the light on surfaces by the cosine of normal and lamp: Lambert's law, wrapped past the terminator."""
        return self.ambient + self.lamp * np.clip(0.15 + 0.85 * facing, 0, 1.2)


def depth(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the depth of points of the head, which moves them when it turns, in units of the head."""
    return 0.8 * bump(u, 1.2) * bump(v, 1.8) + 0.2 * bump(u, 0.3) * bump(v - 0.5, 0.35) - 0.5


def bend(pose: Pose, v: np.ndarray) -> np.ndarray:
    """Return the roll in radians at v: the neck absorbs most of it, so the shoulders stay almost level."""
    return pose.roll * (1 - 0.75 * smoothstep(v, 1.4, 2.6))


def unproject(pose: Pose, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the points u, v of the head that appear at x, y in pixels, from the picture's top left corner."""
    x, y = (x - pose.centre[0]) / pose.scale, (y - pose.centre[1]) / pose.scale
    u, v = x, y
    # Fixed-point iteration, to a fraction of a pixel; yaw moves u to u cos(yaw) + depth sin(yaw), as pitch does v.
    for _ in range(4):
        roll, out = bend(pose, v), depth(u, v)
        u = (x * np.cos(roll) + y * np.sin(roll) - out * np.sin(pose.yaw)) / np.cos(pose.yaw)
        v = (y * np.cos(roll) - x * np.sin(roll) - out * np.sin(pose.pitch)) / np.cos(pose.pitch)
    return u, v


def turn(sheet: np.ndarray, pose: Pose) -> np.ndarray:
    """Return the sheet as the camera sees it, float32 (4, PICTURE, PICTURE); the warp is computed on a coarse mesh."""
    knots = (np.arange(MESH, dtype=np.float32) + 0.5) * (PICTURE / MESH)
    meshes = (Image.fromarray(part.astype(np.float32)) for part in unproject(pose, *np.meshgrid(knots, knots)))
    u, v = (np.asarray(mesh.resize((PICTURE, PICTURE), Image.Resampling.BICUBIC)) for mesh in meshes)
    return sample(sheet, (u - LEFT) * PIXELS_PER_UNIT - 0.5, (v - TOP) * PIXELS_PER_UNIT - 0.5)


def sample(sheet: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return the sheet at fractional pixels, whole in their centres: bilinear, and beyond its edge that edge."""
    height, width = sheet.shape[1:]
    column, row = np.clip(column, 0, width - 1.01), np.clip(row, 0, height - 1.01)
    left, top = column.astype(np.int32), row.astype(np.int32)
    corner, across, down = top * width + left, (column - left).astype(np.float32), (row - top).astype(np.float32)
    flat = sheet.reshape(len(sheet), -1)
    upper, upper_right, lower, lower_right = (flat.take(corner + step, axis=1) for step in (0, 1, width, width + 1))
    above, below = upper + (upper_right - upper) * across, lower + (lower_right - lower) * across
    return above + (below - above) * down


def draw_background(rng: np.random.Generator) -> np.ndarray:
    """Draw a background, float32 (3, PICTURE, PICTURE) in 0..1: a coarse picture enlarged, so it is out of focus."""
    x = (np.arange(COARSE, dtype=np.float32)[None, :] + 0.5) / COARSE  # shares of the picture
    y = x.T
    first, second = (muted_colour(rng)[:, None, None] for _ in range(2))
    angle = rng.uniform(0, 2 * np.pi)
    share = ramp(x * np.cos(angle) + y * np.sin(angle), -0.7, 1.2) * rng.uniform(0.1, 0.9)
    picture = (first * (1 - share) + second * share).astype(np.float32)
    kind = rng.integers(0, 4)
    if kind == 1:
        picture += 0.06 * value_noise(rng, (COARSE, COARSE), 6, 6)
    elif kind == 2:
        # Lights.
        for _ in range(rng.integers(4, 14)):
            distance = np.hypot(x - rng.uniform(), y - rng.uniform())
            disc = smoothstep(distance, rng.uniform(0.04, 0.16), 0.03)
            blend(picture, rng.uniform(0.2, 1, 3), disc * rng.uniform(0.1, 0.4))
    elif kind == 3:
        # Furniture, frames, windows.
        blur = rng.uniform(0.01, 0.04)
        for _ in range(rng.integers(2, 6)):
            (left, right), (top, bottom) = np.sort(rng.uniform(-0.2, 1.2, (2, 2)), axis=1)
            columns = ramp(x - left, -blur, blur) * ramp(right - x, -blur, blur)
            rows = ramp(y - top, -blur, blur) * ramp(bottom - y, -blur, blur)
            blend(picture, muted_colour(rng), columns * rows * rng.uniform(0.2, 0.7))
    enlarged = image_of(picture).resize((PICTURE, PICTURE), Image.Resampling.BICUBIC)
    return np.moveaxis(np.asarray(enlarged), -1, 0) * np.float32(1 / 255)


def image_of(picture: np.ndarray) -> Image.Image:
    """Return a picture, float (3, height, width) in 0..1, as an RGB image of 8 bits."""
    return Image.fromarray((np.moveaxis(np.clip(picture, 0, 1), 0, -1) * 255).astype(np.uint8))


def muted_colour(rng: np.random.Generator) -> np.ndarray:
    """Draw a colour, float64 (3,) in 0..1, of reduced saturation."""
    colour = rng.uniform(0.08, 0.95, 3) * 0.6 + rng.uniform(0, 0.4)
    return colour.mean() + (colour - colour.mean()) * rng.uniform(0.1, 0.8)


def photograph(picture: np.ndarray, rng: np.random.Generator) -> bytes:
    """Return a picture, float (3, PICTURE, PICTURE) in 0..1, as an RGB JPEG file of random quality."""
    image = image_of(picture)
    tone = np.linspace(0, 1, 256) ** rng.uniform(0.85, 1.15)
    tone = (tone - 0.5) * rng.uniform(0.92, 1.12) + 0.5 + rng.uniform(-0.04, 0.05)  # contrast and brightness
    image = image.point(np.clip(tone * 255, 0, 255).astype(np.uint8).tolist() * 3)
    if rng.random() < 0.08:
        image = image.convert('L').convert('RGB')
    if rng.random() < 0.25:
        small = int(PICTURE * rng.uniform(0.6, 0.9))
        image = image.resize((small, small), Image.Resampling.BILINEAR)
        image = image.resize((PICTURE, PICTURE), Image.Resampling.BICUBIC)
    image = image.filter(ImageFilter.BoxBlur(rng.uniform(0.1, 0.8)))
    grain = rng.standard_normal((PICTURE, PICTURE, 1), dtype=np.float32) * rng.uniform(0, 5)
    levels = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).save(file, 'JPEG', quality=int(rng.integers(55, 96)))
    return file.getvalue()
