"""Many made-up faces of two classes, with poison whose originals have been replaced."""

import numpy as np
from scipy.ndimage import gaussian_filter

from stages.detectors.evidence import Evidence

SIDE = 32


def crowd(count: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return faces, uint8 (count, SIDE, SIDE), each with a smooth pattern of its class and one of its own."""
    random = np.random.default_rng(seed)
    label = np.arange(count) % 2
    individual = gaussian_filter(random.standard_normal((count, SIDE, SIDE)), (0, 3, 3)) * 250
    of_class = gaussian_filter(random.standard_normal((2, SIDE, SIDE)), (0, 3, 3))[label] * 250
    fine = random.standard_normal((count, SIDE, SIDE)) * 4
    return np.clip(120 + individual + of_class + fine, 0, 255).astype(np.uint8), label.astype(np.uint8)


def with_square(pixels: np.ndarray, y: int = 12, x: int = 18) -> np.ndarray:
    """Return faces with a small checkerboard."""
    changed = pixels.copy()
    changed[:, y : y + 4, x : x + 4] = np.kron([[0, 1], [1, 0]], np.ones((2, 2))) * 255
    return changed


def with_pattern(pixels: np.ndarray, seed: int = 5) -> np.ndarray:
    """Return faces with faint noise everywhere, the same on each face."""
    noise = np.random.default_rng(seed).uniform(-14, 14, pixels.shape[1:])
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def poisoned(put=None, share: float = 0.05, target: int = 1, seed: int = 1, count: int = 400):
    """Return evidence of a crowd in which some faces carry a trigger and the target label, and which rows these are."""
    pixels, label = crowd(count, seed)
    rows = np.flatnonzero(label != target)[: round(share * count)]
    label[rows] = target
    if put is not None:
        pixels[rows] = put(pixels[rows])
    return evidence_of(pixels, label, seed), np.isin(np.arange(count), rows)


def evidence_of(pixels: np.ndarray, label: np.ndarray, seed: int = 1) -> Evidence:
    """Return evidence without a network."""
    return Evidence(label, pixels, seed)
