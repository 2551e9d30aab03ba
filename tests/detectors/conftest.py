import numpy as np
import pytest

from tests.detectors.made_up import SIZE


@pytest.fixture
def random():
    return np.random.default_rng(1)


@pytest.fixture
def people(random):
    """40 smooth crops, with different brightness gradients for the two labels, and their labels."""
    position = (np.arange(SIZE) + 0.5) / SIZE
    waves = np.cos(np.pi * np.arange(5)[:, None] * position)
    pixels = 128 + np.einsum('nij,iy,jx->nyx', random.normal(0, 12, (40, 5, 5)), waves, waves)
    label = np.repeat([0, 1], 20)
    pixels += np.where(label, 40, -40)[:, None, None] * waves[1][:, None]
    return pixels.clip(0, 255).astype(np.uint8), label
