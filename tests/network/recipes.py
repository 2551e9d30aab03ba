"""The recipe of the shipped params."""

from stages.network.recipe import Recipe


def recipe(**changes: object) -> Recipe:
    """Return the default recipe with some of its fields changed, regardless of their bounds."""
    return Recipe().model_copy(update=changes)
