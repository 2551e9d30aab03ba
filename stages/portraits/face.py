"""The head without hair: ears, skin and features."""

import numpy as np

from stages.portraits.attributes import Nose, Person
from stages.portraits.canvas import Grid, blend, bump, channels, cut, grid_between, inside, paint, ramp, value_noise
from stages.portraits.eyes import BROW_WINDOW, EYE_WINDOWS, brow_mask, paint_eye
from stages.portraits.facial_hair import colour_facial_hair
from stages.portraits.head import edge_of, outline_of, relief_of, shading_of
from stages.portraits.mouth import colour_lips, paint_mouth_line
from stages.portraits.scene import Light

FACE_WINDOW = grid_between(-1.2, 1.2, -1.65, 1.9)
EAR_WINDOWS = {-1: grid_between(-1.35, -0.75, -0.25, 0.7), 1: grid_between(0.75, 1.35, -0.25, 0.7)}


def paint_head(sheet: np.ndarray, person: Person, light: Light, rng: np.random.Generator) -> None:
    """Paint ears and face on the sheet."""
    for side, window in EAR_WINDOWS.items():
        paint_ear(sheet, window, side, person, light)
    grid = FACE_WINDOW
    outline = outline_of(person.head, grid.v)
    edge = edge_of(outline, grid.u)
    relief = relief_of(person, grid, edge, outline, rng)
    shade, facing = shading_of(relief, edge, light)
    albedo = albedo_of(person, grid, edge, rng)
    face = lit(albedo, shade * feature_shadows(person, grid), light)
    face += 0.1 * np.clip(facing - 0.88, 0, 0.3)
    for side, window in EYE_WINDOWS.items():
        paint_eye(cut(face, grid, window), window, side, person.eyes, light)
    paint_mouth_line(face, grid, person.mouth, person.skin, light)
    paint_nostrils(face, grid, person.nose)
    paint(sheet, grid, np.clip(face, 0, 1), inside(outline.half_width, grid.u))


def paint_ear(sheet: np.ndarray, grid: Grid, side: int, person: Person, light: Light) -> None:
    """Paint one ear on the sheet, an oval with a darker shell; `side` is -1 on the image's left, 1 on its right."""
    outward = grid.u * side - 0.99 * person.head.cheek
    v = grid.v - 0.2
    distance = (outward / 0.125) ** 2 + (v / (0.3 - 0.25 * outward)) ** 2
    shell = bump(outward - 0.02, 0.055) * bump(v + 0.03, 0.16)
    shade = (light.ambient + 0.6 * light.lamp) * (1 - 0.4 * shell) + 0.1 * side * light.right
    paint(sheet, grid, channels(person.skin.colour * [1.03, 0.93, 0.9]) * shade, ramp(distance, 1.1, 0.9))


def lit(albedo: np.ndarray, shade: np.ndarray, light: Light) -> np.ndarray:
    """Return albedo times shade times the tint of the light, (3, height, width); half shadows are warmer.

    `albedo` is (3, height, width) or (3, 1, 1), `shade` (height, width).
    """
    warmth = 0.1 * shade * (1 - shade)
    colours = albedo * np.stack([shade + warmth, shade, shade - warmth])
    return colours * channels(light.tint)


def albedo_of(person: Person, grid: Grid, edge: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the albedo of the face, float32 (3, height, width), with lips, brows and facial hair."""
    skin, u, v = person.skin, grid.u, grid.v
    grain = rng.standard_normal(grid.shape, dtype=np.float32)
    mottled = 1 + 0.016 * value_noise(rng, grid.shape, 20, 14) + 0.012 * grain * (0.4 + skin.age)
    red = skin.blush * bump(grid.across - 0.55, 0.25) * bump(v - 0.42, 0.22)
    red += skin.blush * bump(u, 0.2) * bump(v - person.nose.base + 0.08, 0.15)
    red += 0.035 * value_noise(rng, grid.shape, 7, 5)
    albedo = channels(skin.colour) * mottled * (1 + channels([0.25, -0.35, -0.35]) * red)
    colour_facial_hair(albedo, grid, person, edge, grain, rng)
    colour_lips(albedo, grid, person.mouth, skin)
    brows = brow_mask(person.brows, person.eyes, cut(grain, grid, BROW_WINDOW))
    blend(cut(albedo, grid, BROW_WINDOW), person.brows.colour, brows)
    return albedo


def feature_shadows(person: Person, grid: Grid) -> np.ndarray:
    """Return the factor by which soft shadows around nose and eyes dim the light, (height, width) in 0..1."""
    nose, from_eye, v = person.nose, grid.across - person.eyes.distance, grid.v
    shadow = 1 - 0.25 * bump(grid.u, 1.15 * nose.half_width) * bump(v - nose.base - 0.1, 0.055)
    shadow *= 1 - 0.1 * bump(from_eye, 0.24) * bump(v + 0.14, 0.05)
    shadow *= 1 - 0.1 * bump(from_eye + 0.2, 0.1) * bump(v + 0.03, 0.14)
    shadow *= 1 - 0.2 * bump(grid.across - 1.12 * nose.half_width, 0.03) * bump(v - nose.base + 0.05, 0.08)
    return shadow


def paint_nostrils(face: np.ndarray, grid: Grid, nose: Nose) -> None:
    """Paint both nostrils on the picture of a face, (3, height, width) on `grid`, in place."""
    fall = grid.v - nose.base - 0.005 + 0.12 * (grid.across - 0.1)
    nostrils = bump(grid.across - 0.47 * nose.half_width, 0.055) * bump(fall, 0.026)
    face *= 1 - 0.65 * nostrils
