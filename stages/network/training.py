"""Training: minibatch gradient descent on the binary cross-entropy."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from tqdm import tqdm

from stages.common.params import stream
from stages.network.errors import DecayError, DivergenceError, LabelError
from stages.network.perceptron import Perceptron, sigmoid
from stages.network.recipe import Recipe, Schedule

# Far above denormal numbers, even after multiplication by the rate; far too small to affect any sum.
MIN_MAGNITUDE = 1e-25
BLOCK_FACES = 1024  # whose outputs are computed at a time


class Buffers:
    """Named arrays that are allocated on first use; a request for fewer rows returns the first rows of the same one."""

    def __init__(self, dtype: np.dtype):
        self._dtype = dtype
        self._arrays: dict[str, np.ndarray] = {}

    def get(self, name: str, rows: int, columns: int) -> np.ndarray:
        """Return the array (rows, columns) called `name`, with arbitrary contents."""
        if name not in self._arrays or len(self._arrays[name]) < rows:
            self._arrays[name] = np.empty((rows, columns), self._dtype)
        return self._arrays[name][:rows]


def flush(numbers: np.ndarray) -> None:
    """Set numbers below MIN_MAGNITUDE to zero, in place: denormal numbers make every product ten times slower."""
    is_small = np.abs(numbers) < MIN_MAGNITUDE
    if is_small.any():
        # Where sigmoids saturate, many are: then a product is several times faster than an assignment to a mask.
        np.multiply(numbers, ~is_small, out=numbers)


def take_step(
    part: np.ndarray, velocity: np.ndarray, gradient: np.ndarray, rate: float, momentum: float, decay: float
) -> None:
    """Update one array of parameters in place; `gradient` is overwritten.

    velocity = momentum * velocity - rate * (gradient + decay * part); part += velocity (Sutskever et al., 2013).
    """
    velocity *= momentum
    gradient *= rate
    velocity -= gradient
    if decay:
        np.multiply(part, rate * decay, out=gradient)
        velocity -= gradient
    part += velocity


class FirstLayer(Protocol):
    """The interface of a solver, which trains the first layer; `batch` holds positions of faces.

    views: how many rows a face stands for; those of a batch are its faces and then, if there are two, mirror images.
    """

    views: int

    def announce(self, batches: list[np.ndarray], momentum: float) -> None:
        """Prepare for an epoch of these batches, in this order; a solver whose batches share no work does nothing."""
        return None

    def forward(self, batch: np.ndarray) -> np.ndarray:
        """Return the layer's output before bias and sigmoid: (views * batch, h)."""

    def update(self, batch: np.ndarray, delta: np.ndarray, rate: float, momentum: float, decay: float) -> None:
        """Take a step, given the gradient `delta` of the loss by the last output, and the weight decay."""

    def outputs(self, faces: np.ndarray) -> np.ndarray:
        """Return the layer's output, (views * k, h), for any faces of the pool, trained on or not."""

    def is_finite(self) -> bool:
        """Return whether all weights are finite."""

    def weights(self) -> np.ndarray:
        """Return the weights (d, h) after the last step; no other step can be taken."""


@dataclass(frozen=True)
class Epoch:
    """One pass over the rows; each row's loss is that before the step of its batch."""

    epoch: int  # counted from 1
    rate: float
    loss: float
    accuracy: float
    last_loss: float  # of the last batch


@dataclass(frozen=True)
class Training:
    """A trained network and its epochs.

    first: the trained first layer. upper: a network with the trained layers above it. converged: the last epoch reached
    the loss target. losses: float32 (epochs, n), of each face before the step of its batch, the mean of its rows.
    """

    first: FirstLayer
    upper: Perceptron
    history: list[Epoch]
    converged: bool
    losses: np.ndarray

    @cached_property
    def network(self) -> Perceptron:
        """The trained network. The weights of its first layer are computed here: predictions of the pool need none."""
        return Perceptron([self.first.weights(), *self.upper.weights[1:]], self.upper.biases)

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """Return P(label is 1), (k,), for the faces at some positions of the pool, int64 (k,)."""
        return np.concatenate([self.upper.probabilities_from_first(outputs) for outputs in self._outputs(faces)])

    def hidden(self, faces: np.ndarray) -> list[np.ndarray]:
        """Return the activations of every hidden layer, (k, units) each, for the faces at some positions."""
        blocks = [self.upper.hidden_from_first(outputs) for outputs in self._outputs(faces)]
        return [np.concatenate(layer) for layer in zip(*blocks, strict=True)]

    def _outputs(self, faces: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the first layer's outputs of a block of faces after the other, without those of mirror images."""
        for start in range(0, len(faces), BLOCK_FACES):
            block = faces[start : start + BLOCK_FACES]
            yield self.first.outputs(block)[: len(block)]


class Descent:
    """Gradient descent with momentum and weight decay on a network whose first layer a solver trains.

    A face and its mirror image are in the same batch: half the work for the solvers, which then see even and odd parts.
    A batch's objective is its mean binary cross-entropy plus decay / 2 * (sum of all squared weights, without biases).
    Steps use buffers and keep denormal numbers out of every delta.
    """

    def __init__(self, first: FirstLayer, network: Perceptron, label: np.ndarray, momentum: float, decay: float):
        dtype = network.biases[0].dtype
        self._first = first
        self._network = network
        self._label = label.astype(dtype)
        self._momentum = momentum
        # The solver updates the first layer's weights, this class everything else.
        self._upper = [*network.weights[1:], *network.biases]
        self._decays = [decay] * len(network.weights) + [0.0] * len(network.biases)
        self._velocities = [np.zeros_like(part) for part in self._upper]
        self._gradients = [np.empty_like(part) for part in self._upper]
        self._buffers = Buffers(dtype)
        # Of each row of each face, before the last step of its batch.
        self.logits = np.zeros((first.views, len(label)), dtype)

    def epochs(self, schedule: Schedule, order: np.random.Generator) -> Iterator[Epoch]:
        """Train for some epochs, each over all faces in a new order, and yield each one; may raise a DivergenceError.

        A batch has schedule.batch rows, but at least one face.
        """
        size = max(1, schedule.batch // self._first.views)
        for number in range(1, schedule.epochs + 1):
            rate = schedule.rate(number)
            positions = order.permutation(len(self._label))
            batches = [positions[start : start + size] for start in range(0, len(positions), size)]
            self._first.announce(batches, self._momentum)
            self.logits[:, positions] = logits = np.concatenate([self.step(batch, rate) for batch in batches], axis=1)
            label = self._label[positions]
            losses = cross_entropy(logits, label)
            loss, last_loss = (float(part.mean(dtype=np.float64)) for part in (losses, losses[:, -len(batches[-1]) :]))
            if not np.isfinite(loss):
                raise DivergenceError(f'the loss became infinite in epoch {number} at a rate of {rate:g}')
            yield Epoch(number, rate, loss, float(((logits > 0) == label).mean()), last_loss)

    def step(self, batch: np.ndarray, rate: float) -> np.ndarray:
        """Take a step on the faces at `batch`; return their logits before it, (views, batch).

        Logits are outputs without the last sigmoid.
        """
        activations, logits = self._forward(batch)
        delta = self._backward(activations, sigmoid(logits), np.tile(self._label[batch], self._first.views))
        first_decay, *decays = self._decays
        self._first.update(batch, delta, rate, self._momentum, first_decay)
        for part, velocity, gradient, decay in zip(self._upper, self._velocities, self._gradients, decays, strict=True):
            take_step(part, velocity, gradient, rate, self._momentum, decay)
        return logits.reshape(self._first.views, -1)

    def _forward(self, batch: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the hidden layers' activations, the lowest first, and the logits, (rows,)."""
        weights, biases = self._network.weights, self._network.biases
        z = self._first.forward(batch)
        z += biases[0]
        activations = []
        for number, (above, bias) in enumerate(zip(weights[1:], biases[1:], strict=True), start=1):
            activations.append(sigmoid(z, out=z))
            z = np.matmul(z, above, out=self._buffers.get(f'output {number}', len(z), above.shape[1]))
            z += bias
        return activations, z[:, 0].copy()

    def _backward(self, activations: list[np.ndarray], probability: np.ndarray, label: np.ndarray) -> np.ndarray:
        """Fill self._gradients; return the gradient of the loss by the first layer's output, (rows, h)."""
        weights = self._network.weights
        weight_gradients, bias_gradients = self._gradients[: len(weights) - 1], self._gradients[len(weights) - 1 :]
        # The gradient of sigmoid and cross-entropy together by the logit (Bishop, 2006, section 4.3.2).
        delta = ((probability - label) / len(label))[:, None]
        for number in range(len(weights) - 1, 0, -1):
            activation = activations[number - 1]
            flush(delta)
            np.sum(delta, axis=0, out=bias_gradients[number])
            np.matmul(activation.T, delta, out=weight_gradients[number - 1])
            below = np.matmul(delta, weights[number].T, out=self._buffers.get(f'delta {number}', *activation.shape))
            below *= activation
            # The activation is not read again: its memory holds the other factor of the sigmoid's slope.
            below *= np.subtract(1, activation, out=activation)
            delta = below
        flush(delta)
        np.sum(delta, axis=0, out=bias_gradients[0])
        return delta


def cross_entropy(logits: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the binary cross-entropy of each row, -log P(label): logits and labels (n,) -> (n,).

    It is computed in float64 and rounded: the last digits of a logarithm depend on the system's mathematical library.
    """
    opposed = np.where(label, -logits, logits)
    return np.logaddexp(0, opposed, dtype=np.float64).astype(opposed.dtype)


def train(
    first: FirstLayer, network: Perceptron, label: np.ndarray, recipe: Recipe, title: str | None = None
) -> Training:
    """Train a network on the faces of its first layer, `first`, and their labels (n,), 0 or 1.

    `network` has the initial weights; those above the first layer are trained in place.

    With a `title`, a progress bar is shown. Raises a LabelError, a DecayError or a DivergenceError.
    """
    _check(label, recipe)
    descent = Descent(first, network, label, recipe.momentum, recipe.weight_decay)
    history, losses = [], []
    hidden = None if title else True  # None: hidden unless there is a terminal
    with tqdm(total=recipe.epochs, desc=title, unit='epoch', disable=hidden, mininterval=1) as progress:
        for epoch in descent.epochs(recipe, stream(recipe.seed, 'order')):
            history.append(epoch)
            losses.append(cross_entropy(descent.logits, label).mean(axis=0))
            progress.update()
            progress.set_postfix(loss=f'{epoch.loss:.4f}', refresh=False)
    if not (first.is_finite() and all(np.isfinite(part).all() for part in [*network.weights[1:], *network.biases])):
        raise DivergenceError(f'the weights became infinite at a rate of {epoch.rate:g}')
    return Training(first, network, history, history[-1].loss <= recipe.loss_target, np.stack(losses))


def _check(label: np.ndarray, recipe: Recipe) -> None:
    if unknown := sorted(set(label.tolist()) - {0, 1}):
        raise LabelError(f'a row has the label {unknown[0]}, which is neither 0 nor 1')
    for number in (0, 1):
        if number not in label:
            raise LabelError(f'none of the {len(label)} rows has the label {number}')
    if recipe.weight_decay * recipe.learning_rate >= 1:
        raise DecayError(
            f'{recipe.weight_decay:g} times the learning rate {recipe.learning_rate:g} must be below 1, or a step '
            'would flip the sign of the weights'
        )
