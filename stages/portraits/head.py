"""The shape of a head: outline, relief and shading."""

import numpy as np
from scipy import ndimage

from stages.portraits.attributes import Head, Mouth, Nose, Person
from stages.portraits.canvas import PIXEL, Grid, bump, ramp, smoothstep
from stages.portraits.scene import Light

CROWN = -1.5  # v of the top of the skull


def outline_of(head: Head, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the half width of the head and its depth on the middle line at each v, both (height, 1)."""
    skull = 1 - ramp(-v, 0.2, -CROWN) ** 2.5
    chin = 1 - ramp(v, 0.1, head.chin) ** (head.jaw_squareness + 1)
    narrowing = 1 - head.jaw_taper * smoothstep(v, 0.2, 1.4) - 0.06 * bump(v + 0.28, 0.22)
    temple = 1 + 0.03 * bump(v + 0.75, 0.45)
    half_width = head.cheek * narrowing * temple * (skull * chin) ** 0.45
    return half_width, 0.95 * np.sqrt(skull * chin)


def relief_of(person: Person, grid: Grid, edge: np.ndarray, depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the face as a height field (height, width), in units of the head; `edge` is (u / half width)^2."""
    relief = depth * np.sqrt(np.clip(1 - edge, 0, 1) + 1e-4)
    relief += upper_face_relief(person, grid)
    relief += nose_relief(person.nose, grid)
    relief += mouth_relief(person.mouth, person.nose, grid)
    relief += 0.09 * bump(grid.u, 0.28) * bump(grid.v - person.head.chin + 0.2, 0.15)
    relief -= age_relief(person, grid, rng)
    relief += 0.007 * grid.noise(rng, 8, 6)
    return relief


def upper_face_relief(person: Person, grid: Grid) -> np.ndarray:
    """Return the relief (height, width) of eye sockets, eyeballs, brow ridge and cheeks."""
    head, from_eye, v = person.head, grid.across - person.eyes.distance, grid.v
    relief = -0.09 * bump(from_eye + 0.06, 0.27) * bump(v + 0.05, 0.17)
    relief += 0.085 * bump(from_eye, 0.18) * bump(v, 0.12)
    relief += (head.brow_ridge + 0.03) * bump(grid.across - 0.4, 0.36) * bump(v - person.brows.height, 0.09)
    relief += head.cheek_fullness * bump(grid.across - 0.54, 0.27) * bump(v - 0.48, 0.24)
    return relief


def nose_relief(nose: Nose, grid: Grid) -> np.ndarray:
    """Return the relief (height, width) of the nose: a ridge, rising and widening towards the tip, and the wings."""
    u, v = grid.u, grid.v
    down = ramp(v, -0.28, nose.base - 0.06) ** 1.5
    width = 0.13 + (0.74 * nose.half_width - 0.13) * down
    ridge = nose.relief * (0.2 + 0.8 * down) * smoothstep(v, -0.45, -0.1)
    ridge = ridge * (1 - smoothstep(v, nose.base - 0.03, nose.base + 0.1))
    wings = 0.42 * nose.relief * bump(grid.across - 0.78 * nose.half_width, 0.075) * bump(v - nose.base + 0.06, 0.085)
    return ridge * bump(u * (1 / width), 1) + wings


def mouth_relief(mouth: Mouth, nose: Nose, grid: Grid) -> np.ndarray:
    """Return the relief (height, width) of teeth, lips, philtrum, the hollow below the lips, and dimples."""
    u, v = grid.u, grid.v
    along = np.sqrt(np.clip(1 - (u / mouth.half_width) ** 2, 0, 1))
    relief = 0.1 * bump(u, 0.45) * bump(v - mouth.height, 0.26)
    relief += 0.06 * along * bump(v - mouth.height + 0.5 * mouth.lips, 0.75 * mouth.lips)
    relief += 0.085 * along * bump(v - mouth.height - 0.75 * mouth.lips, 0.85 * mouth.lips)
    relief -= 0.035 * bump(u, 0.05) * bump(v - (mouth.height + nose.base) / 2, 0.1)
    relief -= 0.06 * bump(u, 0.28) * bump(v - mouth.height - 0.27, 0.085)
    relief -= 0.03 * bump(grid.across - mouth.half_width - 0.03, 0.05) * bump(v - mouth.height + mouth.smile, 0.06)
    return relief


def age_relief(person: Person, grid: Grid, rng: np.random.Generator) -> np.ndarray:
    """Return the depth (height, width) of folds beside nose and mouth, bags under the eyes and forehead lines."""
    age, mouth, nose, v = person.skin.age, person.mouth, person.nose, grid.v
    fold_at = nose.half_width + 0.07 + 0.3 * ramp(v, nose.base - 0.05, mouth.height + 0.2)
    reach = smoothstep(v, nose.base - 0.15, nose.base) * (1 - smoothstep(v, mouth.height, mouth.height + 0.25))
    depth = (0.012 + 0.045 * age) * bump(grid.across - fold_at, 0.05) * reach
    depth += 0.03 * age * bump(grid.across - person.eyes.distance, 0.17) * bump(v - 0.2, 0.03)
    lines = np.sin((v + 0.06 * grid.u * grid.u) * rng.uniform(36, 50))
    depth += 0.01 * max(age - 0.4, 0) * lines * bump(grid.u, 0.55) * bump(v + 0.72, 0.2)
    return depth


def shading_of(relief: np.ndarray, edge: np.ndarray, light: Light) -> tuple[np.ndarray, np.ndarray]:
    """Return the shade of a height field, darker in hollows and at the outline, and the cosine of normals and lamp."""
    down, right = np.gradient(ndimage.gaussian_filter(relief, 1.0, truncate=3), np.float32(PIXEL))
    facing = (light.front - right * light.right - down * light.down) / np.sqrt(1 + right * right + down * down)
    hollow = relief - ndimage.uniform_filter(relief, 17)
    shade = light.shade(facing) * np.clip(1 + 1.5 * hollow * (edge < 0.8), 0.72, 1.12)
    return shade * (1 - 0.28 * smoothstep(edge, 0.66, 1.0)), facing
