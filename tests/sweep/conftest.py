from dataclasses import replace

import pytest

from stages.network.recipe import Recipe
from stages.params import load_params


@pytest.fixture(scope='session')
def recipe():
    """The recipe of params.yaml for a small network and few epochs."""
    return replace(Recipe(**load_params().train.model_dump()), hidden=[6, 4, 3], epochs=3)
