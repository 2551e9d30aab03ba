"""What decides a training, beside its rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Passes over the rows, and the steps in them.

    epochs: at most. loss_target: training stops after the epoch whose mean loss is at or below it. learning_rate: of
    the first epoch; rate_decay: its factor after each epoch. batch: rows a step.
    """

    epochs: int
    loss_target: float
    learning_rate: float
    rate_decay: float
    batch: int


@dataclass(frozen=True)
class Recipe(Schedule):
    """A network and its training.

    hidden: units of the hidden layers, the lowest first. momentum: share of the last step that is carried into the
    next. weight_decay: penalty on squared weights, biases left out. mirror: whether the mirror image of every face is a
    row, too. solver: auto, direct or gram. seed: of the initial weights and of the order of the rows.
    """

    hidden: list[int]
    momentum: float
    weight_decay: float
    mirror: bool
    solver: str
    seed: int
