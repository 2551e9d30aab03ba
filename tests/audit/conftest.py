import pytest

from tests.network.recipes import recipe as shipped


@pytest.fixture(scope='session')
def recipe():
    """The recipe of params.yaml with a small network and few epochs."""
    return shipped(hidden=[6, 4, 3], epochs=3)
