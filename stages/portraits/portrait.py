"""One portrait from a seed and an index, and the accuracy that no classifier of portraits can beat."""

from dataclasses import dataclass, fields
from math import erf, sqrt

import numpy as np

from stages.common.params import LABELS, stream
from stages.portraits.attributes import SEPARATION, Person, draw_latent, draw_person
from stages.portraits.background import draw_background
from stages.portraits.body import paint_body
from stages.portraits.camera import photograph
from stages.portraits.canvas import empty_sheet
from stages.portraits.eyes import eye_centres
from stages.portraits.face import paint_head
from stages.portraits.glasses import paint_glasses
from stages.portraits.hair import mass_of, paint_back_hair, paint_front_hair
from stages.portraits.scene import PICTURE, Light, draw_light, draw_pose, project, turn


@dataclass(frozen=True)
class Portrait:
    """A drawn portrait: JPEG file, label, eye centres and latent number.

    `eyes` is float64 (2, 2): x and y in pixels from the top left corner, the eye on the left of the image first.
    """

    jpeg: bytes
    label: str
    eyes: np.ndarray
    latent: float


@dataclass(frozen=True)
class Streams:
    """Independent random streams of one portrait, by purpose."""

    latent: np.random.Generator
    person: np.random.Generator
    scene: np.random.Generator
    texture: np.random.Generator
    camera: np.random.Generator


def streams_of(seed: int, index: int) -> Streams:
    """Return the random streams of portrait `index`, which depend on nothing but it and the seed."""
    return Streams(**{purpose.name: stream(seed, purpose.name, index) for purpose in fields(Streams)})


def portrait(seed: int, index: int) -> Portrait:
    """Draw portrait `index` of the people of a seed: even indices are women, odd ones men.

    The same seed and index, neither of them negative, give the same portrait.
    """
    label = LABELS[index % 2]
    streams = streams_of(seed, index)
    latent = draw_latent(label, streams.latent)
    jpeg, eyes = picture_of(latent, streams)
    return Portrait(jpeg, label, eyes, latent)


def picture_of(latent: float, streams: Streams) -> tuple[bytes, np.ndarray]:
    """Return the JPEG file of a person with this latent number, and the eye centres as in Portrait."""
    person = draw_person(latent, streams.person)
    pose, light = draw_pose(streams.scene), draw_light(streams.scene)
    background = draw_background(streams.scene, PICTURE)
    figure = turn(figure_of(person, light, streams.texture), pose)
    picture = background * (1 - figure[3]) + figure[:3]
    eyes = np.stack(project(pose, *eye_centres(person.eyes)), axis=-1)
    return photograph(picture, streams.camera), eyes


def figure_of(person: Person, light: Light, rng: np.random.Generator) -> np.ndarray:
    """Return the person on a transparent sheet, float32 (4, height, width), painted from back to front."""
    sheet = empty_sheet()
    hair = mass_of(person, light, rng)
    paint_back_hair(sheet, person, hair)
    paint_body(sheet, person, light, rng)
    paint_head(sheet, person, light, rng)
    paint_front_hair(sheet, person, hair)
    paint_glasses(sheet, person)
    return sheet


def bayes_accuracy() -> float:
    """Return the accuracy that no classifier can beat, that of the sign of the latent number.

    It is Phi(SEPARATION), Phi being the standard normal distribution function.
    """
    return (1 + erf(SEPARATION / sqrt(2))) / 2
