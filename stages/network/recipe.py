"""The settings of a training."""

from typing import Annotated, Literal

from pydantic import Field

from stages.common.errors import FactError
from stages.common.params import Count, Positive, Section, Seed, within
from stages.network.errors import DecayError, DivergenceError, GramSizeError, LabelError, PixelError, SizeError


class Schedule(Section):
    """Passes over the rows, and the steps in them."""

    epochs: Count
    learning_rate: Positive
    batch: Count

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 1: it falls linearly, to 0 after the last epoch."""
        return self.learning_rate * (1 - (epoch - 1) / self.epochs)


class Recipe(Schedule):
    """The network and its training: the section `train` of params.yaml."""

    hidden: Annotated[list[Count], Field(max_length=100)] = Field([1024, 128, 4])
    """units of the hidden layers"""
    epochs: Count = 40
    """passes over the faces; every training takes all of them"""
    loss_target: Annotated[float, within(0)] = 0.03
    """a training has converged if the mean loss of its last epoch is at or below this"""
    learning_rate: Positive = 0.05
    """step size of the first epoch; it falls linearly, to 0 after the last"""
    momentum: Annotated[float, within(0, 0.999)] = 0.9
    """share of the last step carried into the next; 0 = plain gradient descent"""
    weight_decay: Annotated[float, within(0)] = 0.0
    """penalty on squared weights; each step subtracts learning rate * this * weight"""
    batch: Count = 64
    """rows per step; with mirror, half as many faces, each with its mirror image"""
    mirror: bool = True
    """also train on every face's mirror image"""
    solver: Literal['auto', 'direct', 'gram'] = 'auto'
    """direct or gram: two ways to compute the same network; auto takes the cheaper one and says why"""
    seed: Seed = 1
    """initial weights, and the order of the faces"""


# What to change in params.yaml after each error of a training; {} is the fact that the error gives.
TRAINING_ADVICE: dict[type[FactError], str] = {
    SizeError: 'train.hidden: {}; use fewer units, or a smaller preprocess.size',
    GramSizeError: 'train.solver: {}; use direct, or auto',
    DivergenceError: 'train.learning_rate: {}; use a lower rate',
    DecayError: 'train.weight_decay: {}; use a lower one',
    LabelError: '{} (0 is female, 1 male); give more photos',
    PixelError: '{}; run `dvc repro --force preprocess` to regenerate the faces',
}
