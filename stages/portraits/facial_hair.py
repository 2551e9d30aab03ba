"""Stubble, beard and moustache, as colour of the skin."""

import numpy as np

from stages.portraits.attributes import Person
from stages.portraits.canvas import Grid, blend, bump, channels, smoothstep, strands


def beard_region(person: Person, grid: Grid, edge: np.ndarray) -> np.ndarray:
    """Return where a full beard without moustache grows, (height, width) in 0..1; `edge` is that of `edge_of`."""
    mouth, v = person.mouth, grid.v
    base = person.nose.base
    jaw = smoothstep(v + 0.25 * grid.across, base + 0.22, base + 0.42) * smoothstep(edge, 0.15, 0.5)
    chin = smoothstep(v, mouth.height + 0.14, mouth.height + 0.3)
    sideburns = smoothstep(grid.across, 0.72, 0.86) * smoothstep(v, 0.25, 0.7)
    lips = bump(grid.u, 1.05 * mouth.half_width) * bump(v - mouth.height - 0.03, 1.5 * mouth.lips + 0.05)
    return np.minimum(jaw + chin + sideburns, 1) * (1 - 0.95 * lips)


def moustache_region(person: Person, grid: Grid) -> np.ndarray:
    """Return where a moustache grows, (height, width) in 0..1: the upper lip, thinner at the philtrum."""
    mouth = person.mouth
    middle = mouth.height - 1.1 * mouth.lips - 0.05 - 0.4 * mouth.smile * (grid.u / mouth.half_width) ** 2
    lip = bump(grid.u, 0.85 * mouth.half_width) * bump(grid.v - middle, 0.065)
    return lip * (1 - 0.5 * bump(grid.u, 0.05))


def colour_facial_hair(
    albedo: np.ndarray, grid: Grid, person: Person, edge: np.ndarray, grain: np.ndarray, rng: np.random.Generator
) -> None:
    """Blend stubble, beard and moustache into the albedo of a face, (3, height, width) on `grid`, in place.

    `grain` (height, width) is noise for single hairs.
    """
    growth = person.facial_hair
    if not (growth.stubble or growth.beard or growth.moustache):
        return
    beard, moustache = beard_region(person, grid, edge), moustache_region(person, grid)
    shadow = np.array([0.22, 0.21, 0.22]) * (0.4 + person.skin.colour.mean())
    blend(albedo, shadow, np.minimum((beard + moustache) * growth.stubble * (1 + 0.25 * grain), 0.6))
    if growth.beard or growth.moustache:
        streaks = strands(rng, grid.u + 0.15 * grid.v, 22)
        colour = channels(person.hair.colour) * (0.85 + 0.1 * streaks + 0.07 * grain)
        blend(albedo, colour, beard * growth.beard * (1 + 0.15 * grain) + 1.25 * moustache * growth.moustache)
