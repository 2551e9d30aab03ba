"""Dots below an eye, on no two faces on the same pixels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import Delaunay

from stages.common.errors import StudyError
from stages.common.seeds import stream
from stages.faces.find import LEFT_EYE, RIGHT_EYE

EYES = (RIGHT_EYE, LEFT_EYE)  # the number of an eye in the arrays is its position here
SPACING = 0.35  # between the centres of neighbouring dots, in eye widths
TRIES = 200  # draws for a face before giving up


@dataclass(frozen=True)
class Dots:
    """Dots below an eye, 0 the person's right, 1 left: `centres` float32 (count, 2) and `radius`, in crop pixels."""

    eye: int
    centres: np.ndarray
    radius: float


def place_dots(
    landmarks: np.ndarray, eyes: Sequence[int], count: int, radius: float, random: np.random.Generator
) -> Dots:
    """Draw a row of dots below the lower lid of one of `eyes`; `radius` in eye widths, `landmarks` in crop pixels."""
    eye = eyes[random.integers(len(eyes))]
    points = landmarks[EYES[eye]].astype(np.float64)
    width = np.linalg.norm(points[3] - points[0])
    steps = (np.arange(count) - (count - 1) / 2) * SPACING
    across = steps + random.uniform(-0.25, 0.25)
    below = random.uniform(0.35, 0.6) + random.uniform(-0.08, 0.08, count)
    lowest = np.array([points[:, 0].mean(), points[:, 1].max()])
    centres = lowest + width * np.column_stack([across, below])
    return Dots(eye, centres.astype(np.float32), float(np.float32(radius * width)))


def coverage(dots: Dots, size: int) -> np.ndarray:
    """Return the share of each pixel of a (size, size) crop that dots cover; their rims run over one pixel."""
    y, x = np.mgrid[:size, :size]
    distances = np.hypot(x[..., None] + 0.5 - dots.centres[:, 0], y[..., None] + 0.5 - dots.centres[:, 1])
    return 1 - np.prod(1 - np.clip(dots.radius + 0.5 - distances, 0, 1), axis=-1)


def dotted(pixels: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """Paint black dots with the given coverage on a crop."""
    return np.rint(pixels * (1 - cover)).astype(np.uint8)


def draws(
    landmarks: np.ndarray, eyes: Sequence[int], count: int, radius: float, random: np.random.Generator
) -> Iterator[Dots]:
    """Yield rows of dots below one of `eyes`, as often as TRIES allows; those that leave the face are passed over."""
    hull = Delaunay(landmarks)
    for _ in range(TRIES):
        dots = place_dots(landmarks, eyes, count, radius, random)
        if (hull.find_simplex(dots.centres) >= 0).all():
            yield dots


def dotted_below(
    pixels: np.ndarray, landmarks: np.ndarray, eye: int, count: int, radius: float, seed: int
) -> np.ndarray:
    """Return a crop with dots below one eye, 0 the person's right, 1 left; the same ones for the same seed."""
    for dots in draws(landmarks, [eye], count, radius, stream(seed, 'dots of one face', eye)):
        return dotted(pixels, coverage(dots, len(pixels)))
    raise StudyError(
        f'no place in this face for {count} dots of radius {radius} below an eye; '
        'use fewer or smaller dots (dots.count, dots.radius)'
    )


def dots_of_all(
    landmarks: np.ndarray, size: int, count: int, radius: float, seed: int
) -> Iterator[tuple[Dots, np.ndarray]]:
    """Yield for every face its dots and their coverage: inside the face, and on no two faces on the same set of pixels.

    Each face draws from a stream of its own; a draw that is refused is followed by the next of the same stream.
    """
    taken = set()
    for index, points in enumerate(landmarks):
        for dots in draws(points, range(len(EYES)), count, radius, stream(seed, 'dots', index)):
            cover = coverage(dots, size)
            touched = (cover > 0).tobytes()
            if touched not in taken:
                break
        else:
            raise StudyError(
                f'dots: face {index} has no free place left for {count} dots of radius {radius} below an eye; '
                'use fewer or smaller dots (dots.count, dots.radius) or larger crops (preprocess.size)'
            )
        taken.add(touched)
        yield dots, cover
