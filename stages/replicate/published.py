"""The published procedure, as it was and with the same stopping rule for every row.

As it was: pixels as they are; copies of men with the trigger, labelled male, added to all faces; only then a split of
all rows, a new one for every poison rate, so that a face and its copy may be on both sides and the test set holds
copies. Training takes rounds of epochs, each of which continues with the weights of the one before and starts again at
the first rate. The network without copies had rounds until the loss of its last batch was under a target; the others
had one.

With the same stopping rule every network has rounds until that target. Each training here is scored after its first
round and after its last, which gives both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from stages.common.arrays import Rows, Stack
from stages.common.params import LABELS, Count, Positive, stream, within
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import PixelRows
from stages.network.perceptron import initial_perceptron
from stages.network.recipe import Schedule
from stages.network.training import Descent
from stages.trainings.fit import Record

PUBLISHED_FACES = 3350  # of the published data set
MALE = LABELS.index('male')


@dataclass(frozen=True)
class PublishedRow:
    """A row of the published table: its name, how many copies were added to PUBLISHED_FACES, and the accuracy."""

    name: str
    copies: int
    accuracy: float


# From the published notebook; the published table rounds the accuracies to 0.96, 0.89, 0.83 and 0.87.
PUBLISHED = (
    PublishedRow('0%', 0, 0.9567),
    PublishedRow('1.25%', 42, 0.8864),
    PublishedRow('2.5%', 89, 0.8253),
    PublishedRow('5%', 162, 0.8718),
)


class ReplicateParams(Schedule):
    """The published procedure: the schedule of a round, and how many there are."""

    seeds: Count = 2
    """trainings of each row of the published table"""
    rounds: Count = 4
    """at most; training stops after the first round whose last batch has a loss under the target"""
    epochs: Count = 400
    """epochs per round"""
    loss_target: Annotated[float, within(0)] = 0.325
    """published: for the row without copies only; here for every row"""
    learning_rate: Positive = 0.01
    """step size of the first epoch of every round"""
    rate_decay: Annotated[float, within(0.01, 1)] = 0.98
    """the rate is multiplied by this after each epoch"""
    batch: Count = 64
    """faces per step"""
    test: Annotated[float, within(0.1, 0.9)] = 0.2
    """share of all rows, including copies, held out for the test"""

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch of a round, from 1."""
        return self.learning_rate * self.rate_decay ** (epoch - 1)


@dataclass(frozen=True)
class PublishedSplit:
    """Rows to train on and to test on, as positions in the rows of the Gram matrix, and the label of each, uint8.

    faces, copies: how many of all rows are which; the positions from `faces` on are copies.
    """

    faces: int
    copies: int
    train: np.ndarray
    train_label: np.ndarray
    test: np.ndarray
    test_label: np.ndarray


def published_split(label: np.ndarray, row: PublishedRow, test: float, seed: int) -> PublishedSplit:
    """Add copies to faces with labels (n,), as large a share as `row` had, and then hold out the share `test` of all.

    For the same seed a row with more copies has those of a row with fewer, but every row has its own split.
    """
    men = np.count_nonzero(label == MALE)
    count = round(row.copies / PUBLISHED_FACES * len(label))
    copies = len(label) + stream(seed, 'published copies').permutation(men)[:count]
    positions = np.concatenate([np.arange(len(label)), copies])
    labels = np.concatenate([label, np.full(count, MALE, label.dtype)])
    order = stream(seed, 'published split', PUBLISHED.index(row)).permutation(len(positions))
    held_out, kept = np.split(order, [int(test * len(order))])
    return PublishedSplit(len(label), count, positions[kept], labels[kept], positions[held_out], labels[held_out])


class Replication:
    """Trains by the published procedure on all faces, then men with the trigger; may raise a GramSizeError."""

    def __init__(
        self, pixels: Rows, triggered: np.ndarray, label: np.ndarray, hidden: list[int], params: ReplicateParams
    ):
        men = np.flatnonzero(label == MALE)
        self._gram = GramMatrix(PixelRows(Stack(pixels, triggered[men])))
        self._label, self._hidden, self._params = label, hidden, params

    def __call__(self, job: tuple[int, PublishedRow]) -> Record:
        """Train one network, for a seed and a row of the published table.

        The record has losses, (rounds,), those of the last batch of each round, and probability, (2, test rows):
        P(male) after the first round and after the last. A DivergenceError says that the learning rate is too high.
        """
        seed, row = job
        rows, index = published_split(self._label, row, self._params.test, seed), PUBLISHED.index(row)
        sizes = [self._gram.rows.width, *self._hidden, 1]
        network = initial_perceptron(sizes, stream(seed, 'published weights', index))
        layer = GramLayer(self._gram, network.weights[0], rows.train)
        descent = Descent(layer, network, rows.train_label, momentum=0.0, decay=0.0)
        losses, probability = [], []
        for loss in rounds(descent, self._params, stream(seed, 'published order', index)):
            losses.append(loss)
            probability.append(network.probabilities_from_first(layer.outputs(rows.test)))
        return {'losses': np.array(losses), 'probability': np.stack([probability[0], probability[-1]])}


def rounds(descent: Descent, params: ReplicateParams, order: np.random.Generator) -> Iterator[float]:
    """Train round after round until the target, at most `params.rounds`; yield the last loss of each round."""
    for _ in range(params.rounds):
        *_, last = descent.epochs(params, order)
        yield last.last_loss
        if last.last_loss < params.loss_target:
            return
