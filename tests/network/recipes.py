"""The recipe that the shipped params make."""

from stages.network.recipe import Recipe


def recipe(**changes: object) -> Recipe:
    """Return the default recipe with some of its fields changed, whatever their bounds."""
    return Recipe().model_copy(update=changes)
