"""The attributes of a drawn person, drawn from one latent number: negative is feminine, positive masculine.

Lengths are in units of the head, colours float (3,), red, green and blue in 0..1.
"""

from dataclasses import dataclass
from math import exp, hypot, sqrt
from types import SimpleNamespace

import numpy as np

# Half the distance between the mean latent numbers of the two labels, in standard deviations.
SEPARATION = 2.25

# From pale to dark.
SKIN_TONES = np.divide(
    [[240, 208, 188], [230, 190, 164], [214, 168, 136], [190, 138, 102], [150, 104, 76], [116, 79, 58]], 255
)
HAIR_COLOURS = np.array([[24, 19, 18], [45, 30, 22], [82, 54, 34], [130, 92, 56], [192, 156, 102], [126, 60, 32]]) / 255
GREY_HAIR = np.array([0.64, 0.63, 0.62])
IRIS_COLOURS = np.array([[62, 40, 26], [94, 64, 36], [90, 106, 72], [84, 118, 148], [110, 122, 128]]) / 255


def draw_latent(label: str, rng: np.random.Generator) -> float:
    """Draw the latent number of a person with this label: the only step in which the label affects a portrait.

    label -> latent -> person -> picture is a Markov chain, so by the data-processing inequality no function of the
    picture predicts the label better than the sign of the latent number does: see `bayes_accuracy`.
    """
    return rng.normal(SEPARATION if label == 'male' else -SEPARATION, 1.0)


def clamp(x: float, low: float, high: float) -> float:
    """Return x clamped to low..high, as a Python float."""
    return float(min(max(x, low), high))


@dataclass(frozen=True)
class Chances:
    """Random traits of a person with a given latent number, drawn from `rng`."""

    latent: float
    rng: np.random.Generator

    def trait(self, mean: float, spread: float, correlation: float, low: float, high: float) -> float:
        """Draw a normal trait, clamped to low..high.

        Before clamping, and over equal numbers of both labels, it has this mean, standard deviation (`spread`) and
        correlation with the latent number.
        """
        typical = self.latent / hypot(SEPARATION, 1)
        own = sqrt(1 - correlation**2) * self.rng.standard_normal()
        return clamp(mean + spread * (correlation * typical + own), low, high)

    def happens(self, bias: float, slope: float) -> bool:
        """Draw whether something happens whose log odds are bias + slope * latent."""
        return self.rng.random() < 1 / (1 + exp(-bias - slope * self.latent))


class Skin(SimpleNamespace):
    """The skin, of a tone between the palest (0) and the darkest (1); `age` is a share 0..1."""

    def __init__(self, chances: Chances, age: float, tone: float):
        tones = np.arange(len(SKIN_TONES)) / (len(SKIN_TONES) - 1)
        colour = np.array([np.interp(tone, tones, channel) for channel in SKIN_TONES.T])
        self.colour = colour + chances.rng.normal(0, 0.012, 3)
        self.age = age
        self.blush = chances.rng.uniform(0.06, 0.2)  # strength of the red of cheeks and nose


class Head(SimpleNamespace):
    """The shape of the skull and of its soft parts."""

    def __init__(self, chances: Chances):
        self.cheek = chances.trait(1.0, 0.03, 0.3, 0.92, 1.08)  # half width
        self.jaw_taper = chances.trait(0.25, 0.085, -0.9, 0.05, 0.43)  # share of it that is lost towards the chin
        self.jaw_squareness = chances.trait(2.5, 0.5, 0.85, 1.5, 3.8)  # an exponent: larger is squarer
        self.chin = chances.trait(1.53, 0.04, 0.4, 1.43, 1.64)  # v of its lowest point
        self.brow_ridge = chances.trait(0.035, 0.025, 0.75, 0.0, 0.08)  # how far it protrudes
        self.cheek_fullness = clamp(chances.rng.normal(0.06, 0.025), 0.0, 0.12)  # how far they protrude


class Eyes(SimpleNamespace):
    """Both eyes; those of people with dark skin are brown."""

    def __init__(self, chances: Chances, tone: float):
        rng = chances.rng
        self.upper_lid = chances.trait(0.099, 0.011, -0.75, 0.078, 0.13)  # opening above the corners
        self.distance = clamp(rng.normal(0.445, 0.014), 0.415, 0.475)  # of an eye's centre from the middle line
        self.half_width = chances.trait(0.21, 0.013, -0.75, 0.18, 0.25)
        self.lower_lid = self.upper_lid * rng.uniform(0.6, 0.74)  # opening below the corners
        self.tilt = rng.normal(-0.06, 0.05)  # a slope, negative if the outer corners are higher
        self.lashes = chances.trait(0.45, 0.26, -0.88, 0.05, 1.0)  # a share
        self.iris = IRIS_COLOURS[0 if tone > 0.6 else rng.integers(0, len(IRIS_COLOURS))]
        self.gaze = rng.normal(0, 0.015), rng.normal(0, 0.006)  # shift of each iris to the image's right and down


class Brows(SimpleNamespace):
    """Both eyebrows: darker than the hair, and at most half as bright as the skin."""

    def __init__(self, chances: Chances, skin: Skin, hair: 'Hair'):
        self.height = chances.trait(-0.35, 0.024, 0.5, -0.42, -0.31)  # a v
        self.thickness = chances.trait(0.041, 0.0135, 0.9, 0.016, 0.064)  # half that of a brow
        self.arch = chances.trait(0.055, 0.03, -0.75, 0.0, 0.13)  # how far the middle rises
        self.colour = np.minimum(hair.colour * chances.rng.uniform(0.5, 0.8), skin.colour * 0.5)
        self.density = chances.rng.uniform(0.65, 0.85)  # opacity


class Nose(SimpleNamespace):
    """The nose."""

    def __init__(self, chances: Chances):
        self.half_width = chances.trait(0.215, 0.03, 0.82, 0.14, 0.3)  # at the wings
        self.base = chances.trait(0.62, 0.028, 0.3, 0.55, 0.69)  # a v
        self.relief = clamp(chances.rng.normal(0.24, 0.03), 0.17, 0.32)  # how far the tip protrudes


class Mouth(SimpleNamespace):
    """The mouth, a little below the nose, mostly with a slight smile."""

    def __init__(self, chances: Chances, nose: Nose):
        rng = chances.rng
        self.smile = clamp(rng.normal(0.08, 0.035), 0.0, 0.15)  # rise of the corners above the middle
        self.height = nose.base + chances.trait(0.315, 0.024, 0.2, 0.26, 0.37)  # v of its line without a smile
        self.half_width = clamp(rng.normal(0.37, 0.025) + 0.35 * (self.smile - 0.08), 0.3, 0.46)
        self.lips = chances.trait(0.086, 0.023, -0.88, 0.035, 0.135)  # thickness of the upper one
        self.redness = chances.trait(0.36, 0.23, -0.84, 0.02, 0.9)  # a share
        # The gap between the lips in the middle.
        self.opening = rng.uniform(0.04, 0.1) if self.smile > 0.05 and rng.random() < 0.4 else 0.0


class FacialHair(SimpleNamespace):
    """Densities, 0..1, of facial hair; no latent number makes a beard certain, and most people have none."""

    def __init__(self, chances: Chances):
        rng = chances.rng
        self.beard = rng.uniform(0.4, 0.85) if chances.happens(-3.7, 1.25) else 0.0
        has_moustache = chances.happens(1.1, 0.0) if self.beard else chances.happens(-5.5, 1.0)
        self.moustache = max(self.beard, 0.6) * has_moustache
        self.stubble = chances.trait(0.08, 0.14, 0.85, 0.0, 0.36)


@dataclass(frozen=True)
class HairStyle:
    """A hairstyle; its probability is proportional to weight * exp(slope * latent)."""

    name: str
    weight: float
    slope: float
    length: tuple[float, float]  # range of the v at which the hair ends
    volume: tuple[float, float]  # range of its height above the skull
    combing: str  # 'forward', 'parted', 'back', 'curls' or 'stubble' (too short to comb)
    curl: tuple[float, float] = (0.0, 0.3)  # range of a share
    fringe: float = 0.0  # how far hair hangs over the forehead
    recession: float = 0.0  # how far the hairline recedes at the temples
    density: float = 1.0  # opacity
    bare_crown: bool = False
    knot: str = ''  # or 'bun' or 'tail'


HAIR_STYLES = (
    HairStyle('crop', 1.5, 0.32, (0.12, 0.28), (0.09, 0.2), 'forward', (0.1, 0.8), fringe=0.06),
    HairStyle('side part', 1.3, 0.25, (0.12, 0.32), (0.1, 0.2), 'parted', fringe=0.05),
    HairStyle('swept back', 0.7, 0.2, (0.1, 0.3), (0.1, 0.22), 'back'),
    HairStyle('buzz cut', 0.6, 0.35, (0.02, 0.2), (0.015, 0.03), 'stubble', density=0.8),
    HairStyle('receding', 0.55, 0.4, (0.1, 0.25), (0.04, 0.1), 'back', recession=0.3),
    HairStyle('bald', 0.4, 0.45, (0.1, 0.25), (0.0, 0.015), 'stubble', density=0.4, bare_crown=True),
    HairStyle('curls', 0.7, 0.05, (0.2, 0.45), (0.14, 0.26), 'curls', (0.6, 1.0), fringe=0.05),
    HairStyle('afro', 0.45, -0.05, (0.3, 0.6), (0.3, 0.5), 'curls', (1.0, 1.0)),
    HairStyle('bob', 0.9, -0.3, (0.95, 1.4), (0.1, 0.18), 'parted'),
    HairStyle('fringe', 0.7, -0.25, (0.6, 1.9), (0.1, 0.18), 'forward', fringe=0.38),
    HairStyle('shoulder', 1.3, -0.32, (1.5, 2.0), (0.1, 0.2), 'parted', (0.0, 0.7)),
    HairStyle('long', 1.2, -0.36, (2.2, 3.2), (0.1, 0.2), 'parted', (0.0, 0.8)),
    HairStyle('bun', 0.6, -0.28, (0.1, 0.25), (0.05, 0.1), 'back', knot='bun'),
    HairStyle('pony tail', 0.6, -0.28, (0.1, 0.25), (0.05, 0.12), 'back', knot='tail'),
)


class Hair(SimpleNamespace):
    """The hair of one head: dark if the skin's `tone` is, greyer with `age`, both shares 0..1."""

    def __init__(self, chances: Chances, age: float, tone: float):
        rng = chances.rng
        weights = np.array([style.weight * exp(style.slope * chances.latent) for style in HAIR_STYLES])
        self.style = style = HAIR_STYLES[rng.choice(len(HAIR_STYLES), p=weights / weights.sum())]
        side = -1 if rng.random() < 0.5 else 1
        colour = HAIR_COLOURS[rng.integers(0, 2 if tone > 0.55 else len(HAIR_COLOURS))] * rng.uniform(0.85, 1.25)
        grey = clamp((age + rng.normal(0, 0.12) - 0.5) / 0.4, 0, 1) * rng.uniform(0.4, 1)
        self.colour = colour * (1 - grey) + GREY_HAIR * grey
        self.length = rng.uniform(*style.length)
        self.volume = rng.uniform(*style.volume)
        self.curl = rng.uniform(*style.curl)
        self.line = -0.98 + clamp(rng.normal(0, 0.05), -0.1, 0.1) - 0.1 * age  # v of the hairline in the middle
        self.recession = style.recession * rng.uniform(0.7, 1.4) + chances.trait(0.04, 0.04, 0.6, 0.0, 0.14)
        self.fringe = style.fringe * rng.uniform(0.8, 1.15)
        self.part = side * rng.uniform(0.05, 0.5)  # u of the parting
        self.flare = rng.uniform(0.05, 0.28)  # how far long hair widens at the sides
        self.curtain = rng.uniform(0.8, 0.95)  # half widths of the head from which long hair frames the face
        self.tucked = rng.random() < 0.25  # long hair goes behind the ears
        self.is_curly = style.combing == 'curls'  # stands off the head instead of lying in strands


class Body(SimpleNamespace):
    """Neck and shoulders, and the clothes on them."""

    def __init__(self, chances: Chances):
        rng = chances.rng
        colour, second = (rng.uniform(0.06, 0.9, 3) for _ in range(2))
        muted = rng.uniform(0.2, 0.8)
        self.neck = chances.trait(0.64, 0.05, 0.7, 0.52, 0.78)  # half width
        self.shoulders = chances.trait(2.15, 0.16, 0.7, 1.75, 2.55)  # half width
        self.shoulder_height = 2.02 + clamp(rng.normal(0, 0.06), -0.12, 0.12)  # a v
        self.garment = ('round', 'pointed', 'collar', 'jacket')[rng.integers(0, 4)]
        self.neckline = rng.uniform(0.1, 0.55)  # how deep the clothes open
        self.colour = colour + (colour.mean() - colour) * muted
        self.second_colour = 0.35 * second + 0.6  # of the shirt under a jacket


class Glasses(SimpleNamespace):
    """The frame of a pair of glasses."""

    def __init__(self, rng: np.random.Generator):
        self.half_width = rng.uniform(0.29, 0.34)  # of a lens
        self.half_height = rng.uniform(0.21, 0.27)
        self.thickness = rng.uniform(0.012, 0.024)  # half that of the frame
        self.squareness = rng.uniform(2.0, 3.6)  # exponent of the rims, which are superellipses: 2 for an ellipse
        self.colour = rng.uniform(0.03, 0.3, 3)


class Person(SimpleNamespace):
    """A person, drawn without the label; `glasses` is None if they wear none, as eleven in twelve do."""

    def __init__(self, latent: float, rng: np.random.Generator):
        chances = Chances(latent, rng)
        age, tone = rng.beta(1.6, 2.4), rng.beta(1.1, 1.5)
        self.skin = Skin(chances, age, tone)
        self.hair = Hair(chances, age, tone)
        self.nose = Nose(chances)
        self.head = Head(chances)
        self.eyes = Eyes(chances, tone)
        self.brows = Brows(chances, self.skin, self.hair)
        self.mouth = Mouth(chances, self.nose)
        self.facial_hair = FacialHair(chances)
        self.body = Body(chances)
        self.glasses = Glasses(rng) if rng.random() <= 1 / 12 else None
