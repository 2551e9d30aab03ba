"""The head without hair: ears, skin, features and glasses."""

import numpy as np

from stages.portraits.attributes import Brows, Eyes, Glasses, Mouth, Person, Skin
from stages.portraits.canvas import PIXEL, Grid, blend, bump, channels, coverage, paint, ramp, smoothstep, strands
from stages.portraits.head import outline_of, relief_of, shading_of
from stages.portraits.scene import Light

FACE_WINDOW = Grid(-1.2, 1.2, -1.65, 1.9)
EAR_WINDOWS = {-1: Grid(-1.35, -0.75, -0.25, 0.7), 1: Grid(0.75, 1.35, -0.25, 0.7)}
EYE_WINDOWS = {-1: Grid(-0.88, -0.08, -0.32, 0.32), 1: Grid(0.08, 0.88, -0.32, 0.32)}
BROW_WINDOW = Grid(-1.0, 1.0, -0.66, -0.1)
MOUTH_WINDOW = Grid(-0.6, 0.6, 0.62, 1.5)
GLASSES_WINDOW = Grid(-1.1, 1.1, -0.35, 0.4)
IRIS_RADIUS = 0.088  # in units of the head, like the pupil's
PUPIL_RADIUS = 0.038


def paint_head(sheet: np.ndarray, person: Person, light: Light, rng: np.random.Generator) -> None:
    """Paint ears and face on the sheet."""
    for side, window in EAR_WINDOWS.items():
        paint_ear(sheet, window, side, person, light)
    grid = FACE_WINDOW
    half_width, depth = outline_of(person.head, grid.v)
    edge = grid.u / np.maximum(half_width, 1e-3)
    edge *= edge
    shade, facing = shading_of(relief_of(person, grid, edge, depth, rng), edge, light)
    albedo = albedo_of(person, grid, edge, rng)
    face = lit(albedo, shade * feature_shadows(person, grid), light)
    face += 0.1 * np.clip(facing - 0.88, 0, 0.3)
    for side, window in EYE_WINDOWS.items():
        paint_eye(window.cut(face, grid), window, side, person.eyes, light)
    paint_mouth_line(face, grid, person.mouth, person.skin, light)
    nose = person.nose
    fall = grid.v - nose.base - 0.005 + 0.12 * (grid.across - 0.1)
    face *= 1 - 0.65 * (bump(grid.across - 0.47 * nose.half_width, 0.055) * bump(fall, 0.026))  # nostrils
    slope = np.gradient(half_width[:, 0])[:, None] / PIXEL
    mask = coverage((half_width - grid.across) / np.sqrt(1 + slope * slope), 1.5) * (half_width > 0)
    paint(sheet, grid, np.clip(face, 0, 1), mask)


def paint_ear(sheet: np.ndarray, grid: Grid, side: int, person: Person, light: Light) -> None:
    """Paint one ear on the sheet, an oval with a darker shell; `side` is -1 on the image's left, 1 on its right."""
    outward = grid.u * side - 0.99 * person.head.cheek
    v = grid.v - 0.2
    distance = (outward / 0.125) ** 2 + (v / (0.3 - 0.25 * outward)) ** 2
    shell = bump(outward - 0.02, 0.055) * bump(v + 0.03, 0.16)
    shade = (light.ambient + 0.6 * light.lamp) * (1 - 0.4 * shell) + 0.1 * side * light.right
    paint(sheet, grid, channels(person.skin.colour * [1.03, 0.93, 0.9]) * shade, ramp(distance, 1.1, 0.9))


def lit(albedo: np.ndarray, shade: np.ndarray, light: Light) -> np.ndarray:
    """Return albedo times shade (height, width) times the tint of the light; half shadows are warmer."""
    warmth = 0.1 * shade * (1 - shade)
    return albedo * np.stack([shade + warmth, shade, shade - warmth]) * channels(light.tint)


def albedo_of(person: Person, grid: Grid, edge: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the albedo of the face, float32 (3, height, width), with lips, brows and facial hair."""
    skin, u, v = person.skin, grid.u, grid.v
    grain = rng.standard_normal(grid.shape, dtype=np.float32)
    mottled = 1 + 0.016 * grid.noise(rng, 20, 14) + 0.012 * grain * (0.4 + skin.age)
    red = skin.blush * bump(grid.across - 0.55, 0.25) * bump(v - 0.42, 0.22)
    red += skin.blush * bump(u, 0.2) * bump(v - person.nose.base + 0.08, 0.15)
    red += 0.035 * grid.noise(rng, 7, 5)
    albedo = channels(skin.colour) * mottled * (1 + channels([0.25, -0.35, -0.35]) * red)
    colour_facial_hair(albedo, grid, person, edge, grain, rng)
    colour_lips(albedo, grid, person.mouth, skin)
    brows = brow_mask(person.brows, person.eyes, BROW_WINDOW.cut(grain, grid))
    blend(BROW_WINDOW.cut(albedo, grid), person.brows.colour, brows)
    return albedo


def feature_shadows(person: Person, grid: Grid) -> np.ndarray:
    """Return the factor by which soft shadows around nose and eyes dim the light, (height, width) in 0..1."""
    nose, from_eye, v = person.nose, grid.across - person.eyes.distance, grid.v
    shadow = 1 - 0.25 * bump(grid.u, 1.15 * nose.half_width) * bump(v - nose.base - 0.1, 0.055)
    shadow *= 1 - 0.1 * bump(from_eye, 0.24) * bump(v + 0.14, 0.05)
    shadow *= 1 - 0.1 * bump(from_eye + 0.2, 0.1) * bump(v + 0.03, 0.14)
    shadow *= 1 - 0.2 * bump(grid.across - 1.12 * nose.half_width, 0.03) * bump(v - nose.base + 0.05, 0.08)
    return shadow


def lids_at(eyes: Eyes, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the v of the rims of both lids, without tilt, at `share`: -1 at the inner corner, 1 at the outer one."""
    opening = np.clip(1 - share * share, 0, 1)
    return -eyes.upper_lid * opening**0.6 * (1 - 0.12 * share), eyes.lower_lid * opening**0.8 * (1 + 0.15 * share)


def paint_eye(picture: np.ndarray, grid: Grid, side: int, eyes: Eyes, light: Light) -> None:
    """Paint one eye, with its lashes and the crease of its lid; `picture` is the part of a face on `grid`."""
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
    """Return white, iris, pupil and gleam, (3, height, width), shaded by the upper lid, whose rim is at v = `upper`."""
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


def from_mouth_line(mouth: Mouth, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return how far pixels are below the line of the mouth, and where along it: 1 in its middle, 0 past its ends."""
    square = (grid.u / mouth.half_width) ** 2
    line = mouth.height + 0.3 * mouth.smile - mouth.smile * square - 0.01 * bump(grid.across - 0.09, 0.06)
    return grid.v - line, np.clip(1 - square, 0, 1)


def colour_lips(albedo: np.ndarray, grid: Grid, mouth: Mouth, skin: Skin) -> None:
    """Blend both lips into the albedo of a face."""
    part = MOUTH_WINDOW.cut(albedo, grid)
    below, along = from_mouth_line(mouth, MOUTH_WINDOW)
    bow = 0.25 * mouth.lips * bump(MOUTH_WINDOW.u, 0.045)
    upper = mouth.lips * along**0.75 - bow
    lower = (1.25 * mouth.lips) * along**0.6 + mouth.opening * along
    mask = coverage(below + upper, 2.5) * coverage(lower - below, 3) * (along > 0)
    natural = skin.colour * [0.88, 0.66, 0.63]
    painted = np.array([0.66, 0.22, 0.24]) * (0.45 + 0.75 * skin.colour.mean())
    blend(part, natural + (painted - natural) * mouth.redness, 0.85 * mask)


def paint_mouth_line(face: np.ndarray, grid: Grid, mouth: Mouth, skin: Skin, light: Light) -> None:
    """Paint the line between the lips or the teeth, and gleam and shadow of the lower lip."""
    part = MOUTH_WINDOW.cut(face, grid)
    below, along = from_mouth_line(mouth, MOUTH_WINDOW)
    opening = mouth.opening * along
    if mouth.opening:
        gap = coverage(below, 2) * coverage(opening - below, 2) * (along > 0)
        blend(part, np.array([0.25, 0.09, 0.09]), gap)
        teeth = channels([0.9, 0.88, 0.84]) * ((light.ambient + 0.4 * light.lamp) * (0.6 + 0.4 * along))
        blend(part, teeth, 0.95 * gap * coverage(0.8 * opening - below, 2) * ramp(along, 0.1, 0.5))
    line = bump(below, 0.018) * along**0.35 * (0.4 if mouth.opening else 0.9)
    blend(part, skin.colour * [0.26, 0.15, 0.14], line)
    gleam = bump(below - 0.6 * mouth.lips - opening, 0.3 * mouth.lips) * bump(MOUTH_WINDOW.u, 0.5 * mouth.half_width)
    part += 0.12 * mouth.redness * gleam
    part *= 1 - 0.2 * bump(MOUTH_WINDOW.u, 0.65 * mouth.half_width) * bump(below - 1.95 * mouth.lips - opening, 0.06)


def colour_facial_hair(
    albedo: np.ndarray, grid: Grid, person: Person, edge: np.ndarray, grain: np.ndarray, rng: np.random.Generator
) -> None:
    """Blend stubble, beard and moustache into the albedo of a face.

    `grain` is noise for hairs, `edge` that of `relief_of`, both (height, width).
    """
    growth, mouth, base, v = person.facial_hair, person.mouth, person.nose.base, grid.v
    if not (growth.stubble or growth.beard or growth.moustache):
        return
    jaw = smoothstep(v + 0.25 * grid.across, base + 0.22, base + 0.42) * smoothstep(edge, 0.15, 0.5)
    chin = smoothstep(v, mouth.height + 0.14, mouth.height + 0.3)
    sideburns = smoothstep(grid.across, 0.72, 0.86) * smoothstep(v, 0.25, 0.7)
    lips = bump(grid.u, 1.05 * mouth.half_width) * bump(v - mouth.height - 0.03, 1.5 * mouth.lips + 0.05)
    beard = np.minimum(jaw + chin + sideburns, 1) * (1 - 0.95 * lips)
    middle = mouth.height - 1.1 * mouth.lips - 0.05 - 0.4 * mouth.smile * (grid.u / mouth.half_width) ** 2
    moustache = bump(grid.u, 0.85 * mouth.half_width) * bump(v - middle, 0.065)
    moustache = moustache * (1 - 0.5 * bump(grid.u, 0.05))  # thinner at the philtrum
    shadow = np.array([0.22, 0.21, 0.22]) * (0.4 + person.skin.colour.mean())
    blend(albedo, shadow, np.minimum((beard + moustache) * growth.stubble * (1 + 0.25 * grain), 0.6))
    if growth.beard or growth.moustache:
        streaks = strands(rng, grid.u + 0.15 * grid.v, 22)
        colour = channels(person.hair.colour) * (0.85 + 0.1 * streaks + 0.07 * grain)
        blend(albedo, colour, beard * growth.beard * (1 + 0.15 * grain) + 1.25 * moustache * growth.moustache)


def paint_glasses(sheet: np.ndarray, glasses: Glasses, eyes: Eyes) -> None:
    """Paint rims, bridge and temples on the sheet."""
    across, v, middle = GLASSES_WINDOW.across, GLASSES_WINDOW.v, eyes.distance + 0.01
    power = glasses.squareness
    ring = np.abs((across - middle) / glasses.half_width) ** power + np.abs((v - 0.03) / glasses.half_height) ** power
    radius = (glasses.half_width + glasses.half_height) / 2
    rim = coverage(glasses.thickness - np.abs(ring ** (1 / power) - 1) * radius)
    bridge = coverage(glasses.thickness - np.abs(v + 0.02 - 0.2 * across**2)) * (across < middle - glasses.half_width)
    temples = coverage(glasses.thickness - np.abs(v + 0.04)) * (across > middle + glasses.half_width) * (across < 1.02)
    paint(sheet, GLASSES_WINDOW, glasses.colour, 0.85 * np.maximum(rim, np.maximum(bridge, temples)))
