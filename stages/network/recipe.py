"""The settings of a training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """The number of epochs, the learning rate of the first one, and the rows per batch."""

    epochs: int
    learning_rate: float
    batch: int

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 1: it falls linearly, to 0 after the last epoch."""
        return self.learning_rate * (1 - (epoch - 1) / self.epochs)


@dataclass(frozen=True)
class Recipe(Schedule):
    """A network and its training.

    loss_target: training has converged if the mean loss of the last epoch is at or below it. hidden: units of the
    hidden layers, the lowest first. momentum: share of the previous step that is added to the next. weight_decay:
    penalty on squared weights, not on biases. mirror: whether to train on the mirror image of every face, too. solver:
    auto, direct or gram. seed: of the initial weights and the order of the rows.
    """

    loss_target: float
    hidden: list[int]
    momentum: float
    weight_decay: float
    mirror: bool
    solver: str
    seed: int
