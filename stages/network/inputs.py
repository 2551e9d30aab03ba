"""Pixels become what the network reads."""

import numpy as np

WIDTH = 0.3  # deviation of the window, as a share of the crop's side


def window(size: int) -> np.ndarray:
    """Return the weight of each pixel of a (size, size) crop: a Gaussian, since its rim holds hair and background."""
    places = (np.arange(size) + 0.5) / size - 0.5
    profile = np.exp(-0.5 * (places / WIDTH) ** 2)
    return np.outer(profile, profile)


def standardise(pixels: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Return every face as a row, standardised by itself, since light and contrast are no part of the question.

    uint8 (n, size, size) -> dtype (n, size * size). Each face gets mean 0 and deviation 1, both weighted by the window,
    and is then multiplied by it. An even face becomes zeros.
    """
    weights = window(pixels.shape[-1]).ravel().astype(dtype)
    shares = weights / weights.sum()
    rows = pixels.reshape(len(pixels), -1).astype(dtype)
    rows -= (rows @ shares)[:, None]
    deviation = np.sqrt((rows * rows) @ shares)[:, None]
    rows *= weights
    # Rounding leaves an even face a deviation of some 1e-5; a single pixel that differs by 1 makes 1e-2.
    rows /= np.where(deviation > 1e-3, deviation, np.inf)
    return rows


def with_mirrored(pixels: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return faces and labels twice: as they are, then mirrored."""
    return np.concatenate([pixels, pixels[:, :, ::-1]]), np.concatenate([label, label])
