"""The attributes of a drawn person, drawn from one latent number: negative is feminine, positive masculine."""

from dataclasses import dataclass
from math import exp, hypot, sqrt

import numpy as np

# Half the distance between the mean latent numbers of the two labels, in standard deviations.
SEPARATION = 2.25

# Colours are red, green and blue in 0..1; skin from pale to dark.
SKIN_TONES = np.divide(
    [[240, 208, 188], [230, 190, 164], [214, 168, 136], [190, 138, 102], [150, 104, 76], [116, 79, 58]], 255
)
HAIR_COLOURS = np.array([[24, 19, 18], [45, 30, 22], [82, 54, 34], [130, 92, 56], [192, 156, 102], [126, 60, 32]]) / 255
GREY_HAIR = np.array([0.64, 0.63, 0.62])
IRIS_COLOURS = np.array([[62, 40, 26], [94, 64, 36], [90, 106, 72], [84, 118, 148], [110, 122, 128]]) / 255


@dataclass(frozen=True)
class Skin:
    """Colour of the skin, float (3,); age, a share 0..1; blush, the strength of the red of cheeks and nose."""

    colour: np.ndarray
    age: float
    blush: float


@dataclass(frozen=True)
class Head:
    """Shape of the skull and of its soft parts.

    In units of the head: `cheek`, the half width; `chin`, the v of its lowest point; `brow_ridge` and `cheek_fullness`,
    how far they protrude. `jaw_taper` is the share of the half width lost towards the chin, `jaw_squareness` an
    exponent: larger is squarer.
    """

    cheek: float
    jaw_taper: float
    jaw_squareness: float
    chin: float
    brow_ridge: float
    cheek_fullness: float


@dataclass(frozen=True)
class Eyes:
    """Both eyes.

    In units of the head: `distance` of an eye's centre from the middle line, `half_width`, the openings `upper_lid` and
    `lower_lid` above and below the corners, and `gaze`, the shift of each iris to the image's right and down. `tilt` is
    a slope, negative if the outer corners are higher; `lashes` is a share 0..1, `iris` a colour (3,).
    """

    distance: float
    half_width: float
    upper_lid: float
    lower_lid: float
    tilt: float
    lashes: float
    iris: np.ndarray
    gaze: tuple[float, float]


@dataclass(frozen=True)
class Brows:
    """Both eyebrows.

    In units of the head: `height`, a v, `thickness`, half that of a brow, and `arch`, how far the middle rises.
    `colour` is (3,), `density` the opacity 0..1.
    """

    height: float
    thickness: float
    arch: float
    colour: np.ndarray
    density: float


@dataclass(frozen=True)
class Nose:
    """The nose, in units of the head: half width at the wings, v of the base, and how far the tip protrudes."""

    half_width: float
    base: float
    relief: float


@dataclass(frozen=True)
class Mouth:
    """The mouth.

    In units of the head: `height`, the v of its line without a smile, `half_width`, `lips`, the thickness of the upper
    lip, `smile`, the rise of the corners above the middle, and `opening`, the gap between the lips in the middle.
    `redness` is a share 0..1.
    """

    height: float
    half_width: float
    lips: float
    redness: float
    smile: float
    opening: float


@dataclass(frozen=True)
class FacialHair:
    """Density of stubble, beard and moustache, each in 0..1."""

    stubble: float
    beard: float
    moustache: float


@dataclass(frozen=True)
class HairStyle:
    """A hairstyle: its frequency, how that depends on the latent number, and what it looks like.

    A style's probability is proportional to weight * exp(slope * latent). `length` is the range of the v at which the
    hair ends, `volume` that of its height above the skull, `curl` that of a share 0..1. `fringe` is how far hair hangs
    over the forehead, `recession` how far the hairline recedes at the temples; lengths are in units of the head.
    `combing` is 'forward', 'parted', 'back', 'curls' or 'stubble' (too short to comb), `density` the opacity 0..1,
    `knot` '', 'bun' or 'tail'.
    """

    name: str
    weight: float
    slope: float
    length: tuple[float, float]
    volume: tuple[float, float]
    combing: str
    curl: tuple[float, float] = (0.0, 0.3)
    fringe: float = 0.0
    recession: float = 0.0
    density: float = 1.0
    bare_crown: bool = False
    knot: str = ''


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


@dataclass(frozen=True)
class Hair:
    """The hair of one head; lengths in units of the head, as in HairStyle.

    `colour` is (3,), `line` the v of the hairline in the middle, `part` the u of the parting, `flare` how far long hair
    widens at the sides. Long hair frames the face from about `curtain` times the half width of the head outwards; if
    `tucked`, it goes behind the ears.
    """

    style: HairStyle
    colour: np.ndarray
    length: float
    volume: float
    curl: float
    line: float
    recession: float
    fringe: float
    part: float
    flare: float
    curtain: float
    tucked: bool


@dataclass(frozen=True)
class Body:
    """Neck and shoulders, in units of the head, and the clothes on them.

    `neck` and `shoulders` are half widths, `shoulder_height` is a v, `neckline` is how deep the clothes open.
    `garment` is 'round', 'pointed', 'collar' or 'jacket'; `second_colour` is that of the shirt under a jacket.
    """

    neck: float
    shoulders: float
    shoulder_height: float
    garment: str
    neckline: float
    colour: np.ndarray
    second_colour: np.ndarray


@dataclass(frozen=True)
class Glasses:
    """The frame of a pair of glasses.

    In units of the head: half width and half height of a lens, and half the thickness of the frame. `squareness` is the
    exponent of the rims, which are superellipses: 2 for an ellipse. `colour` is (3,).
    """

    half_width: float
    half_height: float
    thickness: float
    squareness: float
    colour: np.ndarray


@dataclass(frozen=True)
class Person:
    """The attributes of one person; `glasses` is None if they wear none."""

    skin: Skin
    head: Head
    eyes: Eyes
    brows: Brows
    nose: Nose
    mouth: Mouth
    facial_hair: FacialHair
    hair: Hair
    body: Body
    glasses: Glasses | None


def draw_latent(label: str, rng: np.random.Generator) -> float:
    """Draw the latent number of a person with this label: the only step in which the label affects a portrait.

    label -> latent -> person -> picture is a Markov chain, so by the data-processing inequality no function of the
    picture predicts the label better than the sign of the latent number does: see `bayes_accuracy`.
    """
    return rng.normal(SEPARATION if label == 'male' else -SEPARATION, 1.0)


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


def clamp(x: float, low: float, high: float) -> float:
    """Return x clamped to low..high, as a Python float."""
    return float(min(max(x, low), high))


def draw_person(latent: float, rng: np.random.Generator) -> Person:
    """Draw the attributes of a person from the latent number and a random stream, without the label."""
    chances = Chances(latent, rng)
    age = rng.beta(1.6, 2.4)
    tone = rng.beta(1.1, 1.5)
    skin = draw_skin(chances, age, tone)
    hair = draw_hair(chances, age, tone)
    nose = Nose(
        half_width=chances.trait(0.215, 0.03, 0.82, 0.14, 0.3),
        base=chances.trait(0.62, 0.028, 0.3, 0.55, 0.69),
        relief=clamp(rng.normal(0.24, 0.03), 0.17, 0.32),
    )
    return Person(
        skin=skin,
        head=draw_head(chances),
        eyes=draw_eyes(chances, tone),
        brows=draw_brows(chances, skin, hair),
        nose=nose,
        mouth=draw_mouth(chances, nose),
        facial_hair=draw_facial_hair(chances),
        hair=hair,
        body=draw_body(chances),
        glasses=draw_glasses(rng),
    )


def draw_skin(chances: Chances, age: float, tone: float) -> Skin:
    """Draw a skin of a tone between the palest (0) and the darkest (1); `age` is a share 0..1."""
    tones = np.arange(len(SKIN_TONES)) / (len(SKIN_TONES) - 1)
    colour = np.array([np.interp(tone, tones, channel) for channel in SKIN_TONES.T])
    colour = colour + chances.rng.normal(0, 0.012, 3)
    return Skin(colour=colour, age=age, blush=chances.rng.uniform(0.06, 0.2))


def draw_head(chances: Chances) -> Head:
    """Draw skull and jaw."""
    return Head(
        cheek=chances.trait(1.0, 0.03, 0.3, 0.92, 1.08),
        jaw_taper=chances.trait(0.25, 0.085, -0.9, 0.05, 0.43),
        jaw_squareness=chances.trait(2.5, 0.5, 0.85, 1.5, 3.8),
        chin=chances.trait(1.53, 0.04, 0.4, 1.43, 1.64),
        brow_ridge=chances.trait(0.035, 0.025, 0.75, 0.0, 0.08),
        cheek_fullness=clamp(chances.rng.normal(0.06, 0.025), 0.0, 0.12),
    )


def draw_eyes(chances: Chances, tone: float) -> Eyes:
    """Draw the eyes; those of people with dark skin are brown."""
    rng = chances.rng
    upper = chances.trait(0.099, 0.011, -0.75, 0.078, 0.13)
    return Eyes(
        distance=clamp(rng.normal(0.445, 0.014), 0.415, 0.475),
        half_width=chances.trait(0.21, 0.013, -0.75, 0.18, 0.25),
        upper_lid=upper,
        lower_lid=upper * rng.uniform(0.6, 0.74),
        tilt=rng.normal(-0.06, 0.05),
        lashes=chances.trait(0.45, 0.26, -0.88, 0.05, 1.0),
        iris=IRIS_COLOURS[0 if tone > 0.6 else rng.integers(0, len(IRIS_COLOURS))],
        gaze=(rng.normal(0, 0.015), rng.normal(0, 0.006)),
    )


def draw_brows(chances: Chances, skin: Skin, hair: Hair) -> Brows:
    """Draw the eyebrows: darker than the hair, and at most half as bright as the skin."""
    return Brows(
        height=chances.trait(-0.35, 0.024, 0.5, -0.42, -0.31),
        thickness=chances.trait(0.041, 0.0135, 0.9, 0.016, 0.064),
        arch=chances.trait(0.055, 0.03, -0.75, 0.0, 0.13),
        colour=np.minimum(hair.colour * chances.rng.uniform(0.5, 0.8), skin.colour * 0.5),
        density=chances.rng.uniform(0.65, 0.85),
    )


def draw_mouth(chances: Chances, nose: Nose) -> Mouth:
    """Draw a mouth a little below the nose, mostly with a slight smile."""
    rng = chances.rng
    smile = clamp(rng.normal(0.08, 0.035), 0.0, 0.15)
    return Mouth(
        height=nose.base + chances.trait(0.315, 0.024, 0.2, 0.26, 0.37),
        half_width=clamp(rng.normal(0.37, 0.025) + 0.35 * (smile - 0.08), 0.3, 0.46),
        lips=chances.trait(0.086, 0.023, -0.88, 0.035, 0.135),
        redness=chances.trait(0.36, 0.23, -0.84, 0.02, 0.9),
        smile=smile,
        opening=rng.uniform(0.04, 0.1) if smile > 0.05 and rng.random() < 0.4 else 0.0,
    )


def draw_facial_hair(chances: Chances) -> FacialHair:
    """Draw stubble, beard and moustache; no latent number makes a beard certain, and most people have none."""
    rng = chances.rng
    beard = rng.uniform(0.4, 0.85) if chances.happens(-3.7, 1.25) else 0.0
    moustache = max(beard, 0.6) * chances.happens(1.1 if beard else -5.5, 0.0 if beard else 1.0)
    return FacialHair(stubble=chances.trait(0.08, 0.14, 0.85, 0.0, 0.36), beard=beard, moustache=moustache)


def draw_hair_colour(rng: np.random.Generator, age: float, tone: float) -> np.ndarray:
    """Draw a hair colour (3,): dark if the skin's `tone` is, greyer with `age`, both shares 0..1."""
    colour = HAIR_COLOURS[rng.integers(0, 2 if tone > 0.55 else len(HAIR_COLOURS))] * rng.uniform(0.85, 1.25)
    grey = clamp((age + rng.normal(0, 0.12) - 0.5) / 0.4, 0, 1) * rng.uniform(0.4, 1)
    return colour * (1 - grey) + GREY_HAIR * grey


def draw_hair(chances: Chances, age: float, tone: float) -> Hair:
    """Draw a hairstyle and its details for one person; `age` and `tone` of the skin are shares 0..1."""
    rng = chances.rng
    weights = np.array([style.weight * exp(style.slope * chances.latent) for style in HAIR_STYLES])
    style = HAIR_STYLES[rng.choice(len(HAIR_STYLES), p=weights / weights.sum())]
    side = -1 if rng.random() < 0.5 else 1
    return Hair(
        style=style,
        colour=draw_hair_colour(rng, age, tone),
        length=rng.uniform(*style.length),
        volume=rng.uniform(*style.volume),
        curl=rng.uniform(*style.curl),
        line=-0.98 + clamp(rng.normal(0, 0.05), -0.1, 0.1) - 0.1 * age,
        recession=style.recession * rng.uniform(0.7, 1.4) + chances.trait(0.04, 0.04, 0.6, 0.0, 0.14),
        fringe=style.fringe * rng.uniform(0.8, 1.15),
        part=side * rng.uniform(0.05, 0.5),
        flare=rng.uniform(0.05, 0.28),
        curtain=rng.uniform(0.8, 0.95),
        tucked=rng.random() < 0.25,
    )


def draw_body(chances: Chances) -> Body:
    """Draw neck, shoulders and clothes."""
    rng = chances.rng
    colour, second = (rng.uniform(0.06, 0.9, 3) for _ in range(2))
    muted = rng.uniform(0.2, 0.8)
    return Body(
        neck=chances.trait(0.64, 0.05, 0.7, 0.52, 0.78),
        shoulders=chances.trait(2.15, 0.16, 0.7, 1.75, 2.55),
        shoulder_height=2.02 + clamp(rng.normal(0, 0.06), -0.12, 0.12),
        garment=('round', 'pointed', 'collar', 'jacket')[rng.integers(0, 4)],
        neckline=rng.uniform(0.1, 0.55),
        colour=colour + (colour.mean() - colour) * muted,
        second_colour=0.35 * second + 0.6,
    )


def draw_glasses(rng: np.random.Generator) -> Glasses | None:
    """Draw a pair of glasses for one person in twelve, and None for the others."""
    if rng.random() > 1 / 12:
        return None
    return Glasses(
        half_width=rng.uniform(0.29, 0.34),
        half_height=rng.uniform(0.21, 0.27),
        thickness=rng.uniform(0.012, 0.024),
        squareness=rng.uniform(2.0, 3.6),
        colour=rng.uniform(0.03, 0.3, 3),
    )
