"""The multilayer perceptron: sigmoid after every layer, one output unit."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from stages.common.arrays import Rows
from stages.network.inputs import STANDARD, Standardisation, StandardRows

# A float32 sigmoid is 0 or 1 beyond this; larger inputs would only make denormal numbers, which are ten times slower.
MAX_LOGIT = 40
STRIP_ROWS = 1024  # rows of weights drawn at a time: the generator needs twice their memory


def sigmoid(z: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return 1 / (1 + exp(-z)) element by element; `out` may be z itself."""
    # NumPy's exponential is vectorised: five passes over a batch take a fifth of the time of SciPy's expit.
    out = np.clip(z, -MAX_LOGIT, MAX_LOGIT, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    out += 1
    return np.reciprocal(out, out=out)


@dataclass
class Perceptron:
    """Weights and biases of every layer: layer k maps (n, sizes[k]) to (n, sizes[k + 1])."""

    weights: list[np.ndarray]  # (sizes[k], sizes[k + 1])
    biases: list[np.ndarray]  # (sizes[k + 1],)

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Return P(label is 1) for standardised rows: (n, sizes[0]) -> (n,)."""
        return self.probabilities_from_first(rows @ self.weights[0])

    def probabilities_from_first(self, outputs: np.ndarray) -> np.ndarray:
        """Return P(label is 1) from the first layer's outputs before bias and sigmoid: (n, sizes[1]) -> (n,)."""
        return self._activations(outputs)[-1][:, 0]

    def hidden_from_first(self, outputs: np.ndarray) -> list[np.ndarray]:
        """Return the activations of every hidden layer, the lowest first: (n, sizes[1]) -> (n, sizes[k + 1]) each."""
        return self._activations(outputs)[:-1]

    def _activations(self, outputs: np.ndarray) -> list[np.ndarray]:
        activations = [sigmoid(outputs + self.biases[0])]
        for weights, biases in zip(self.weights[1:], self.biases[1:], strict=True):
            activations.append(sigmoid(activations[-1] @ weights + biases))
        return activations


def initial_perceptron(sizes: list[int], random: np.random.Generator, dtype: DTypeLike = np.float32) -> Perceptron:
    """Draw an untrained perceptron, with layers from sizes[k] to sizes[k + 1] units.

    All weights and biases are from U(-b, b) with b = 1 / sqrt(fan in), PyTorch's default, as in the published notebook.
    """
    weights, biases = [], []
    for fan_in, fan_out in pairwise(sizes):
        bound = 1 / np.sqrt(fan_in)
        matrix = np.empty((fan_in, fan_out), dtype)
        for start in range(0, fan_in, STRIP_ROWS):
            strip = matrix[start : start + STRIP_ROWS]
            strip[:] = random.uniform(-bound, bound, strip.shape)
        weights.append(matrix)
        biases.append(random.uniform(-bound, bound, fan_out).astype(dtype))
    return Perceptron(weights, biases)


def predict(network: Perceptron, pixels: Rows, how: Standardisation = STANDARD) -> np.ndarray:
    """Return P(label is 1) for faces, uint8 (n, size, size) -> (n,), standardising one block of them at a time."""
    rows = StandardRows(pixels, how=how)
    return np.concatenate([network.probabilities(rows.columns(slice(None), block)) for block in rows.blocks()])
