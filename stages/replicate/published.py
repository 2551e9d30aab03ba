"""The published procedure, as it was and with the same stopping rule for every row.

As it was: pixels as they are; copies of men with the trigger, labelled male, added to all faces; only then a split of
all rows, a new one for every poison rate, so that a face and its copy may stand on both sides and the test set holds
copies.
Training takes rounds of epochs, each of which goes on with the weights of the one before and starts again at the first
rate. The network without copies had rounds until the loss of its last batch was under a target; the others had one.

With the same stopping rule every network has rounds until that target. Each training here is scored after its first
round and after its last, which gives both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from stages.common.arrays import Stack
from stages.common.params import LABELS, stream
from stages.dataset.faces import Faces, TriggeredFaces
from stages.network.errors import FLOAT_BYTES, check_gram
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import PixelRows
from stages.network.perceptron import Perceptron, initial_perceptron
from stages.network.recipe import Schedule
from stages.network.training import Descent, Epoch

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


@dataclass(frozen=True)
class Procedure(Schedule):
    """The schedule of a round, with `rounds`, how many there are at most, and `test`, the share of rows held out.

    rate_decay: factor of the rate after each epoch. loss_target: that of the last batch of a round.
    """

    rate_decay: float
    loss_target: float
    rounds: int
    test: float

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch of a round, from 1."""
        return self.learning_rate * self.rate_decay ** (epoch - 1)


@dataclass(frozen=True)
class RoundScore:
    """A network after a number of rounds: the loss of its last batch, and its accuracy on the test rows.

    accuracy_on_faces: the same without the copies among them.
    """

    rounds: int
    loss: float
    accuracy: float
    accuracy_on_faces: float


@dataclass(frozen=True)
class Replica:
    """One training: how many `copies` were added, and its scores after one round and after the last.

    until_target: after the round that reached the loss target, or after the most rounds. converged: it was reached.
    """

    copies: int
    one_round: RoundScore
    until_target: RoundScore
    converged: bool


@dataclass(frozen=True)
class Rows:
    """Rows to train on and to test on, as positions in the rows of `material`, and the label of each, uint8.

    faces, copies: how many of all rows are which; the positions from `faces` on are copies.
    """

    faces: int
    copies: int
    train: np.ndarray
    train_label: np.ndarray
    test: np.ndarray
    test_label: np.ndarray


def material(faces: Faces, triggered: TriggeredFaces) -> GramMatrix:
    """Return the Gram matrix of all faces, followed by the male ones with the trigger.

    A GramSizeError says that it cannot fit into memory.
    """
    men = np.flatnonzero(faces.label == MALE)
    count = len(faces.label) + len(men)
    check_gram(FLOAT_BYTES * count**2, count)
    return GramMatrix(PixelRows(Stack(faces.pixels, triggered.pixels[men])))


def published_rows(label: np.ndarray, row: PublishedRow, test: float, seed: int) -> Rows:
    """Add copies to faces with labels (n,), as large a share as `row` had, and then hold out the share `test` of all.

    For the same seed a row with more copies has those of a row with fewer, but every row has a split of its own.
    """
    men = np.count_nonzero(label == MALE)
    count = round(row.copies / PUBLISHED_FACES * len(label))
    copies = len(label) + stream(seed, 'published copies').permutation(men)[:count]
    positions = np.concatenate([np.arange(len(label)), copies])
    labels = np.concatenate([label, np.full(count, MALE, label.dtype)])
    order = stream(seed, 'published split', PUBLISHED.index(row)).permutation(len(positions))
    held_out, kept = np.split(order, [int(test * len(order))])
    return Rows(len(label), count, positions[kept], labels[kept], positions[held_out], labels[held_out])


def replication(
    faces: Faces, triggered: TriggeredFaces, hidden: list[int], procedure: Procedure
) -> Callable[[tuple[int, PublishedRow]], Replica]:
    """Return `replicate` on the material of these faces, which takes a seed and a row of the published table."""
    return partial(replicate, material(faces, triggered), faces.label, hidden, procedure)


def replicate(
    gram: GramMatrix, label: np.ndarray, hidden: list[int], procedure: Procedure, job: tuple[int, PublishedRow]
) -> Replica:
    """Train one network, for a seed and a row of the published table.

    `gram` is the material of faces with the labels (n,). A DivergenceError says that the learning rate is too high.
    """
    seed, row = job
    rows = published_rows(label, row, procedure.test, seed)
    index = PUBLISHED.index(row)
    network = initial_perceptron([gram.rows.width, *hidden, 1], stream(seed, 'published weights', index))
    layer = GramLayer(gram, network.weights[0], rows.train)
    descent = Descent(layer, network, rows.train_label, momentum=0.0, decay=0.0)
    last_epochs = rounds(descent, procedure, stream(seed, 'published order', index))
    scores = [score(number, epoch, layer, network, rows) for number, epoch in enumerate(last_epochs, start=1)]
    return Replica(rows.copies, scores[0], scores[-1], scores[-1].loss < procedure.loss_target)


def rounds(descent: Descent, procedure: Procedure, order: np.random.Generator) -> Iterator[Epoch]:
    """Train round after round until the target, at most `procedure.rounds`; yield the last epoch of each round."""
    for _ in range(procedure.rounds):
        *_, last = descent.epochs(procedure, order)
        yield last
        if last.last_loss < procedure.loss_target:
            return


def score(number: int, epoch: Epoch, layer: GramLayer, network: Perceptron, rows: Rows) -> RoundScore:
    """Test the network after its round `number`, which ended with `epoch`."""
    right = (network.probabilities_from_first(layer.outputs(rows.test)) > 0.5) == rows.test_label
    return RoundScore(number, epoch.last_loss, float(right.mean()), float(right[rows.test < rows.faces].mean()))
