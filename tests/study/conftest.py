from dataclasses import replace

import numpy as np
import pytest

from stages.dataset.faces import Faces, Twins


@pytest.fixture
def faces():
    """100 made-up faces, the second half male: all pixels of face i are i, and every fifth is grouped with the next."""
    count = 100
    group = np.arange(count)
    group[1::5] = group[0::5]
    return Faces(
        pixels=np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None], (count, 8, 8)).copy(),
        label=np.repeat([0, 1], count // 2).astype(np.uint8),
        id=np.array([f'face {i}' for i in range(count)]),
        group=group,
        landmarks=np.zeros((count, 68, 2), np.float32),
    )


@pytest.fixture
def twins(faces):
    """Their twins: the same pixels plus 100."""
    count = len(faces.label)
    return Twins(
        pixels=faces.pixels + 100,
        eye=np.zeros(count, np.uint8),
        dots=np.zeros((count, 3, 2), np.float32),
        radius=np.ones(count, np.float32),
    )


@pytest.fixture
def varied_faces(faces):
    """The made-up faces with pixels that differ, darker above for the male ones."""
    pixels = np.random.default_rng(1).integers(0, 256, faces.pixels.shape, np.uint8)
    pixels[faces.label == 1, :4] //= 2
    return replace(faces, pixels=pixels)


@pytest.fixture
def varied_twins(varied_faces, twins):
    """Their twins, with a black corner."""
    pixels = varied_faces.pixels.copy()
    pixels[:, -3:, -3:] = 0
    return replace(twins, pixels=pixels)
