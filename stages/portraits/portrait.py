"""One portrait from a seed and an index, and the best possible accuracy of a classifier of portraits."""

from dataclasses import dataclass
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np

from stages.common.params import LABELS, stream
from stages.portraits.attributes import SEPARATION, Person, draw_latent
from stages.portraits.body import paint_clothes, paint_neck
from stages.portraits.canvas import SHEET
from stages.portraits.face import paint_glasses, paint_head
from stages.portraits.hair import Mass, paint_back_hair, paint_front_hair
from stages.portraits.scene import Light, Pose, draw_background, photograph, turn


@dataclass(frozen=True)
class Portrait:
    """A drawn portrait: its JPEG file and its label."""

    jpeg: bytes
    label: str


def streams_of(seed: int, index: int) -> SimpleNamespace:
    """Return the independent random streams of portrait `index`, by purpose."""
    purposes = ('latent', 'person', 'scene', 'texture', 'camera')
    return SimpleNamespace(**{purpose: stream(seed, purpose, index) for purpose in purposes})


def portrait(seed: int, index: int) -> Portrait:
    """Draw portrait `index` of a seed, both 0 or more: even indices are women, odd ones men."""
    label = LABELS[index % 2]
    streams = streams_of(seed, index)
    return Portrait(picture_of(draw_latent(label, streams.latent), streams), label)


def picture_of(latent: float, streams: SimpleNamespace) -> bytes:
    """Return the JPEG file of a person with this latent number."""
    person = Person(latent, streams.person)
    pose, light, background = Pose(streams.scene), Light(streams.scene), draw_background(streams.scene)
    figure = turn(figure_of(person, light, streams.texture), pose)
    return photograph(background * (1 - figure[3]) + figure[:3], streams.camera)


def figure_of(person: Person, light: Light, rng: np.random.Generator) -> np.ndarray:
    """Return the person on a transparent sheet, float32 (4, height, width), painted from back to front."""
    sheet = np.zeros((4, *SHEET.shape), np.float32)
    hair = Mass(person, light, rng)
    paint_back_hair(sheet, person, hair)
    paint_neck(sheet, person, light, rng)
    paint_clothes(sheet, person.body, light, rng)
    paint_head(sheet, person, light, rng)
    paint_front_hair(sheet, person, hair)
    if person.glasses:
        paint_glasses(sheet, person.glasses, person.eyes)
    return sheet


def bayes_accuracy() -> float:
    """Return the accuracy of the sign of the latent number."""
    return NormalDist().cdf(SEPARATION)
