"""Training: minibatch gradient descent on the binary cross-entropy, until one common stopping rule is met."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from tqdm import tqdm

from stages.common.errors import StudyError
from stages.common.seeds import stream
from stages.network.perceptron import Perceptron, sigmoid
from stages.params import TrainParams


class FirstLayer(Protocol):
    """What training asks of the first layer; a solver is a way to do it. `batch` is positions of rows."""

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return the layer's output before bias and sigmoid: (batch, h)."""

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float) -> None:
        """Make one step from the loss's gradient by that output, (batch, h)."""

    def weights(self) -> np.ndarray:
        """Return the weights (d, h) as they stand."""


@dataclass(frozen=True)
class Epoch:
    """One pass over the rows: its number from 1, its rate, and mean loss and accuracy as its batches saw them."""

    epoch: int
    rate: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Training:
    """A trained network and how it got there; `converged` says that the loss target was reached."""

    network: Perceptron
    history: list[Epoch]
    converged: bool


class Descent:
    """Gradient descent with momentum on a network whose first layer is left to a solver.

    velocity = momentum * velocity - rate * gradient; weights += velocity (Sutskever et al., 2013). The gradient is that
    of the mean binary cross-entropy of the batch.
    """

    def __init__(self, first: FirstLayer, network: Perceptron, label: np.ndarray, momentum: float):
        dtype = network.biases[0].dtype
        self._first = first
        self._network = network
        self._label = label.astype(dtype)
        self._momentum = momentum
        # The first layer's weights are the solver's; everything else is stepped here.
        self._upper = [*network.weights[1:], *network.biases]
        self._velocities = [np.zeros_like(part) for part in self._upper]

    def step(self, batch: np.ndarray, rate: float) -> np.ndarray:
        """Take one step on the rows at `batch`; return their logits (the output before its sigmoid) from before it."""
        activations, logits = self._forward(batch)
        delta, gradients = self._backward(activations, sigmoid(logits), self._label[batch])
        self._first.update(batch, delta, rate, self._momentum)
        for part, velocity, gradient in zip(self._upper, self._velocities, gradients, strict=True):
            velocity *= self._momentum
            velocity -= rate * gradient
            part += velocity
        return logits

    def _forward(self, batch: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the hidden layers' activations, the lowest first, and the logits (batch,)."""
        weights, biases = self._network.weights, self._network.biases
        z = self._first.forward(batch) + biases[0]
        activations = []
        for above, bias in zip(weights[1:], biases[1:], strict=True):
            activations.append(sigmoid(z))
            z = activations[-1] @ above + bias
        return activations, z[:, 0]

    def _backward(self, activations: list[np.ndarray], probability: np.ndarray, label: np.ndarray) -> tuple:
        """Return the gradients by the first layer's output (batch, h), and by each of self._upper in its order."""
        # The gradient of sigmoid and cross-entropy together by the logit (Bishop, 2006, section 4.3.2).
        delta = ((probability - label) / len(label))[:, None]
        weights, biases = [], [delta.sum(axis=0)]
        for above, activation in zip(self._network.weights[:0:-1], activations[::-1], strict=True):
            weights.insert(0, activation.T @ delta)
            delta = (delta @ above.T) * (activation * (1 - activation))
            biases.insert(0, delta.sum(axis=0))
        return delta, [*weights, *biases]


def cross_entropy(logits: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the binary cross-entropy of each row, from logits: -log P(label)."""
    return np.logaddexp(0, np.where(label, -logits, logits))


def train(
    first: FirstLayer, network: Perceptron, label: np.ndarray, params: TrainParams, label_of_run: str
) -> Training:
    """Train `network`, which is changed in place, on the rows that `first` holds and their labels (n,), 0 or 1.

    Stops at the first epoch whose mean loss is at or below `params.loss_target`, or after `params.epochs`.
    """
    descent = Descent(first, network, label, params.momentum)
    order = stream(params.seed, 'order')
    rate, history = params.learning_rate, []
    with tqdm(total=params.epochs, desc=label_of_run, unit='epoch', disable=None, mininterval=1) as progress:
        for number in range(1, params.epochs + 1):
            positions = order.permutation(len(label))
            batches = [positions[start : start + params.batch] for start in range(0, len(label), params.batch)]
            logits = np.concatenate([descent.step(batch, rate) for batch in batches])
            history.append(_summary(number, rate, logits, label[positions]))
            progress.update()
            progress.set_postfix(loss=f'{history[-1].loss:.4f}', refresh=False)
            if history[-1].loss <= params.loss_target:
                break
            rate *= params.rate_decay
    network.weights[0] = first.weights()
    return Training(network, history, history[-1].loss <= params.loss_target)


def _summary(number: int, rate: float, logits: np.ndarray, label: np.ndarray) -> Epoch:
    loss = float(cross_entropy(logits, label).mean(dtype=np.float64))
    if not np.isfinite(loss):
        raise StudyError(
            f'train.learning_rate: the loss became infinite in epoch {number} at rate {rate:g}; use a lower rate'
        )
    return Epoch(number, rate, loss, float(((logits > 0) == label).mean()))
