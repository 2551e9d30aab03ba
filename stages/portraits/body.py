"""Neck, shoulders and clothes."""

import numpy as np

from stages.portraits.attributes import Body, Person
from stages.portraits.canvas import Grid, bump, channels, coverage, paint, ramp, smoothstep
from stages.portraits.face import lit
from stages.portraits.scene import Light

NECK_WINDOW = Grid(-1.5, 1.5, 0.7, 3.35)
CLOTHES_WINDOW = Grid(-3.1, 3.1, 1.5, 3.35)


def paint_neck(sheet: np.ndarray, person: Person, light: Light, rng: np.random.Generator) -> None:
    """Paint neck and chest on the sheet: a column in the jaw's shadow, with sinews and the hollow of the throat."""
    grid, body, v = NECK_WINDOW, person.body, NECK_WINDOW.v
    half_width = body.neck - 0.03 * bump(v - 1.75, 0.35) + 0.75 * ramp(v, body.shoulder_height - 0.42, 2.6) ** 2
    across = grid.u / half_width
    roundness = np.sqrt(np.clip(1 - across * across, 0, 1))
    facing = roundness * light.front + across * light.right
    sinew_at = 0.12 + 0.3 * ramp(body.shoulder_height + 0.25 - v, 0, 0.9)
    relief = 0.1 * bump(grid.across - sinew_at, 0.07) * ramp(v, 1.5, 2.1)
    relief = relief - 0.16 * bump(grid.u, 0.1) * bump(v - body.shoulder_height - 0.22, 0.1)
    jaw = person.head.chin + 0.16 - 0.55 * grid.u * grid.u
    shadow = 0.45 * (1 - smoothstep(v - jaw - 0.2 * light.right * grid.u, -0.1, 0.3))
    shade = light.shade(facing) * (0.95 + relief) * (1 - shadow) * (1 + 0.02 * grid.noise(rng, 8, 8))
    skin = np.clip(lit(channels(person.skin.colour), shade, light), 0, 1)
    paint(sheet, grid, skin, coverage(half_width - grid.across, 2))


def paint_clothes(sheet: np.ndarray, body: Body, light: Light, rng: np.random.Generator) -> None:
    """Paint the garment on the sheet, with a seam or a collar along its neckline."""
    grid = CLOTHES_WINDOW
    across, v = grid.across, grid.v
    # The shoulders slope gently, then down the upper arms; the neckline lies below them.
    arm = smoothstep(across, body.shoulders - 0.4, body.shoulders + 0.4)
    shoulder = body.shoulder_height - 0.22 + 0.3 * ramp(across, 0.5, body.shoulders) + 0.9 * arm**2
    opening = ramp(across, body.neck + 0.18, 0)
    if body.garment == 'round':
        neckline = (0.35 * body.neckline + 0.12) * np.sqrt(opening * (2 - opening))
    else:
        neckline = (body.neckline + 0.25) * opening
    below = v - shoulder - neckline
    folds = grid.noise(rng, 3, 9)
    side = 0.9 + 0.2 * np.clip(grid.u * light.right, -1, 1)  # brighter towards the lamp
    shade = side * (0.72 + 0.06 * folds + 0.1 * ramp(v, 2, 3)) * (1 - 0.2 * bump(below, 0.05))
    colour = channels(body.colour) * shade
    if body.garment == 'jacket':
        shirt = smoothstep(0.3 + 0.28 * (3.0 - v) - across, -0.02, 0.02)
        colour = colour + (channels(body.second_colour) * shade - colour) * shirt
    paint(sheet, grid, colour, coverage(below, 2))
    if body.garment in ('collar', 'jacket'):
        cloth = body.second_colour if body.garment == 'jacket' else 1.1 * body.colour
        edge = shade * 1.12 - 0.15 * bump(below - 0.18, 0.05)
        # The collar is a band that narrows outwards.
        end = body.neck + 0.25
        upper, lower = 0.1 * ramp(across, end, body.neck - 0.1), 0.05 + 0.13 * ramp(across, end, body.neck)
        collar = coverage(below + upper) * coverage(lower - below) * coverage(end - across) * coverage(across - 0.04)
        paint(sheet, grid, np.clip(channels(cloth) * edge, 0, 1), collar)
