"""Eyes and eyebrows."""

import numpy as np

from stages.portraits.attributes import Brows, Eyes
from stages.portraits.canvas import PIXEL, Grid, blend, bump, channels, coverage, grid_between, ramp, smoothstep
from stages.portraits.scene import Light

EYE_WINDOWS = {-1: grid_between(-0.88, -0.08, -0.32, 0.32), 1: grid_between(0.08, 0.88, -0.32, 0.32)}
BROW_WINDOW = grid_between(-1.0, 1.0, -0.66, -0.1)
IRIS_RADIUS = 0.088  # in units of the head, like the pupil's
PUPIL_RADIUS = 0.038


def lids_at(eyes: Eyes, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the v of the rims of the upper and the lower lid, without the tilt.

    `share` is the position along the eye in half widths, from -1 at the inner corner to 1 at the outer one.
    """
    opening = np.clip(1 - share * share, 0, 1)
    return -eyes.upper_lid * opening**0.6 * (1 - 0.12 * share), eyes.lower_lid * opening**0.8 * (1 + 0.15 * share)


def paint_eye(picture: np.ndarray, grid: Grid, side: int, eyes: Eyes, light: Light) -> None:
    """Paint one eye, with its lashes and the crease of its lid, on its part of a face, in place.

    `picture` is (3, height, width) on `grid`; `side` is -1 for the eye on the image's left, 1 for the other.
    """
    outward = grid.u * side - eyes.distance
    v = grid.v - eyes.tilt * outward
    share = outward / eyes.half_width
    upper, lower = lids_at(eyes, share)
    opening = np.clip(1 - share * share, 0, 1)
    slit = coverage(v - upper, 1.5) * coverage(lower - v, 1.5) * (np.abs(share) < 1)
    blend(picture, eyeball(outward, v, upper, side, eyes, light), slit)
    corner = bump(share + 0.9, 0.16) * bump(v - 0.01, 0.03)
    blend(picture, np.array([0.62, 0.4, 0.36]), 0.45 * slit * corner)
    upper_lashes = bump(v - upper + 0.006, 0.016 + 0.014 * eyes.lashes) * smoothstep(opening, 0, 0.15)
    lower_lashes = bump(v - lower, 0.013) * smoothstep(opening, 0, 0.2)
    lashes = (0.5 + 0.4 * eyes.lashes) * upper_lashes + (0.14 + 0.2 * eyes.lashes) * lower_lashes
    blend(picture, picture * 0.16, np.minimum(lashes, 0.95))
    crease = bump(v - 1.1 * upper + 0.055, 0.018) * smoothstep(opening, 0.05, 0.5)
    picture *= 1 - 0.3 * crease


def eyeball(outward: np.ndarray, v: np.ndarray, upper: np.ndarray, side: int, eyes: Eyes, light: Light) -> np.ndarray:
    """Return white, iris, pupil and the reflection of the lamp, (3, height, width), shaded by the upper lid.

    In units of the head: `outward` (1, width) is the distance from the eye's centre towards the ear, v is without the
    tilt, `upper` (1, width) the v of the upper lid. Only pixels between the lids are meaningful.
    """
    right, down = outward - side * eyes.gaze[0], v + 0.012 - eyes.gaze[1]
    distance = np.hypot(right, down)
    shade = (light.ambient + 0.5 * light.lamp) * (1 - 0.5 * bump(v - upper, 0.035))
    ball = channels([1.0, 0.965, 0.94]) * (shade * (0.86 - 0.3 * (outward / eyes.half_width) ** 2))
    brightness = (0.7 + 0.45 * ramp(v, -0.05, 0.08)) * (1 - 0.55 * smoothstep(distance, 0.06, IRIS_RADIUS))
    blend(ball, channels(eyes.iris) * (shade * brightness), coverage(IRIS_RADIUS - distance, 2))
    ball *= 1 - 0.93 * coverage(PUPIL_RADIUS - distance, 2)
    to_lamp = side * (0.03 if light.right > 0 else -0.03)
    ball += 0.8 * bump(right - to_lamp, PIXEL) * bump(down + 0.035, PIXEL)
    return ball


def brow_mask(brows: Brows, eyes: Eyes, hairs: np.ndarray) -> np.ndarray:
    """Return the opacity of both eyebrows on BROW_WINDOW; `hairs` is noise of the same shape for single hairs."""
    along = BROW_WINDOW.across - eyes.distance
    share = (along - 0.07) / 0.34
    inner_end = np.minimum(share, 0)
    middle = brows.height + 0.03 - brows.arch * (1 - share * share + 0.4 * inner_end * inner_end)
    thickness = brows.thickness * (1 - 0.55 * ramp(along, 0.02, 0.36))
    thickness = thickness * smoothstep(along, -0.34, -0.2) * (1 - smoothstep(along, 0.24, 0.38))
    mask = ramp(thickness - np.abs(BROW_WINDOW.v - middle) + 0.006 * hairs, -0.022, 0.026)
    return mask * smoothstep(thickness, 0.004, 0.012) * brows.density
