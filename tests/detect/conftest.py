from dataclasses import replace

import pytest

from tests.network.recipes import recipe as shipped


@pytest.fixture(scope='session')
def recipe():
    """The recipe of params.yaml with a small network and few epochs."""
    return shipped(hidden=[6, 4, 3], epochs=3)


@pytest.fixture
def varied_faces(varied_faces):
    """The varied faces with less contrast, so that a trigger stands out."""
    return replace(varied_faces, pixels=varied_faces.pixels // 4 + 90)


@pytest.fixture
def varied_triggered(varied_faces, triggered):
    """The varied faces with three dark pixels as the trigger."""
    pixels = varied_faces.pixels.copy()
    pixels[:, 4, 3:6] = 50
    return replace(triggered, pixels=pixels)
