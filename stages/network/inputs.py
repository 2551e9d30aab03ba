"""Pixels become what the network reads."""

import numpy as np


def standardise(pixels: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Return every face as a row with mean 0 and deviation 1: light and contrast are no part of the question.

    uint8 (n, height, width) -> dtype (n, height * width). An even face becomes zeros.
    """
    rows = pixels.reshape(len(pixels), -1).astype(dtype)
    rows -= rows.mean(axis=1, keepdims=True)
    deviation = rows.std(axis=1, keepdims=True)
    rows /= np.where(deviation > 0, deviation, 1)
    return rows


def with_mirrored(pixels: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return faces and labels twice: as they are, then mirrored."""
    return np.concatenate([pixels, pixels[:, :, ::-1]]), np.concatenate([label, label])
