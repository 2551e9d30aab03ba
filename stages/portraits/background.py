"""The background: a soft gradient, sometimes with blotches, discs of light or rectangles on it."""

import numpy as np
from PIL import Image

from stages.portraits.canvas import blend, ramp, smoothstep, value_noise

COARSE = 64  # pixels a side before the background is enlarged


def draw_background(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw a background, float32 (3, size, size) in 0..1: a coarse picture enlarged, so that it is out of focus."""
    x = (np.arange(COARSE, dtype=np.float32)[None, :] + 0.5) / COARSE
    y = x.T
    picture = gradient(rng, x, y)
    kind = rng.integers(0, 4)
    if kind == 1:
        picture += 0.06 * value_noise(rng, (COARSE, COARSE), 6, 6)
    elif kind == 2:
        add_discs(rng, picture, x, y)
    elif kind == 3:
        add_rectangles(rng, picture, x, y)
    levels = (np.clip(np.moveaxis(picture, 0, -1), 0, 1) * 255).astype(np.uint8)
    enlarged = Image.fromarray(np.ascontiguousarray(levels)).resize((size, size), Image.Resampling.BICUBIC)
    return np.moveaxis(np.asarray(enlarged), -1, 0) * np.float32(1 / 255)


def gradient(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Draw a gradient between two muted colours in a random direction, float32 (3, height, width).

    x (1, width) and y (height, 1) are shares of the picture, 0..1, here and in the functions below.
    """
    first, second = (muted_colour(rng) for _ in range(2))
    angle = rng.uniform(0, 2 * np.pi)
    share = ramp(x * np.cos(angle) + y * np.sin(angle), -0.7, 1.2) * rng.uniform(0.1, 0.9)
    return (first[:, None, None] * (1 - share) + second[:, None, None] * share).astype(np.float32)


def muted_colour(rng: np.random.Generator) -> np.ndarray:
    """Draw a colour, float64 (3,) in 0..1, of reduced saturation."""
    colour = rng.uniform(0.08, 0.95, 3) * 0.6 + rng.uniform(0, 0.4)
    return colour.mean() + (colour - colour.mean()) * rng.uniform(0.1, 0.8)


def add_discs(rng: np.random.Generator, picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Blend out-of-focus lights into `picture` (3, height, width), in place."""
    for _ in range(rng.integers(4, 14)):
        distance = np.hypot(x - rng.uniform(), y - rng.uniform())
        disc = smoothstep(distance, rng.uniform(0.04, 0.16), 0.03)
        blend(picture, rng.uniform(0.2, 1, 3), disc * rng.uniform(0.1, 0.4))


def add_rectangles(rng: np.random.Generator, picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Blend rectangles with soft edges into `picture` (3, height, width), in place: furniture, frames, windows."""
    blur = rng.uniform(0.01, 0.04)
    for _ in range(rng.integers(2, 6)):
        (left, right), (top, bottom) = np.sort(rng.uniform(-0.2, 1.2, (2, 2)), axis=1)
        columns = ramp(x - left, -blur, blur) * ramp(right - x, -blur, blur)
        rows = ramp(y - top, -blur, blur) * ramp(bottom - y, -blur, blur)
        blend(picture, muted_colour(rng), columns * rows * rng.uniform(0.2, 0.7))
