"""The recipe that the shipped params make."""

from stages.common.params import load_params
from stages.network.recipe import Recipe
from stages.train import Params


def recipe(**changes: object) -> Recipe:
    """Return the recipe of params.yaml with some of its fields changed, unchecked."""
    return load_params(Params).train.model_copy(update=changes)
