"""The recipe that the shipped params make."""

from dataclasses import replace

from stages.network.recipe import Recipe
from stages.params import load_params


def recipe(**changes: object) -> Recipe:
    """Return the recipe of params.yaml with some of its fields changed."""
    return replace(Recipe(**load_params().train.model_dump()), **changes)
