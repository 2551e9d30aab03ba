"""What decides a training, beside its rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Passes over the rows, and the steps in them.

    learning_rate: of the first epoch. batch: rows a step.
    """

    epochs: int
    learning_rate: float
    batch: int

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, from 1: it falls in a straight line, to 0 after the last."""
        return self.learning_rate * (1 - (epoch - 1) / self.epochs)


@dataclass(frozen=True)
class Recipe(Schedule):
    """A network and its training.

    loss_target: training has converged if the mean loss of the last epoch is at or below it. hidden: units of the
    hidden layers, the lowest first. momentum: share of the last step that is carried into the
    next. weight_decay: penalty on squared weights, biases left out. mirror: whether the mirror image of every face is a
    row, too. solver: auto, direct or gram. seed: of the initial weights and of the order of the rows.
    """

    loss_target: float
    hidden: list[int]
    momentum: float
    weight_decay: float
    mirror: bool
    solver: str
    seed: int
