import numpy as np
import pytest

from stages.network.direct import DirectLayer
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import StandardRows, standardise
from stages.network.perceptron import Perceptron, first_perceptron
from stages.network.training import Training, train
from stages.params import TrainParams, load_params

OPTIONS = {
    'plain': {},
    'momentum': {'momentum': 0.9},
    'much momentum': {'momentum': 0.999},
    'weight decay': {'weight_decay': 0.01},
    'strong weight decay': {'weight_decay': 3.0},
    'rate decay': {'rate_decay': 0.7},
    'all': {'momentum': 0.9, 'weight_decay': 0.01, 'rate_decay': 0.7},
    # The weights swing through zero: their two eigenvalues are complex.
    'swinging': {'momentum': 0.9, 'weight_decay': 1.0},
}
ALL = slice(None)
TOLERANCE = {np.float64: 1e-9, np.float32: 1e-3}


def faces(count: int, size: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (count, size, size), np.uint8)
    label = random.permutation(count).astype(np.uint8) % 2
    pixels[label == 1, : size // 2] //= 2
    return pixels, label


def params(**changes: object) -> TrainParams:
    plain = {'momentum': 0.0, 'weight_decay': 0.0, 'rate_decay': 1.0, 'loss_target': 0.0, 'batch': 16, 'epochs': 5}
    return load_params().train.model_copy(update=plain | {'learning_rate': 0.3} | changes)


def first_network(width: int, dtype: type) -> Perceptron:
    network = first_perceptron([width, 9, 6, 4, 1], np.random.default_rng(2), dtype)
    for weights in network.weights[1:]:
        weights *= 4  # so that the first layer learns from the first epoch
    return network


def directly(pixels: np.ndarray, label: np.ndarray, dtype: type, options: TrainParams) -> Training:
    network = first_network(pixels[0].size, dtype)
    return train(DirectLayer(standardise(pixels, dtype), network.weights[0]), network, label, options, 'test')


def by_gram(
    pixels: np.ndarray, label: np.ndarray, dtype: type, options: TrainParams, positions: np.ndarray | slice = ALL
) -> Training:
    network = first_network(pixels[0].size, dtype)
    gram = GramMatrix(StandardRows(pixels, dtype))
    return train(GramLayer(gram, network.weights[0], positions), network, label, options, 'test')


def assert_same(ours: Training, theirs: Training, tolerance: float) -> None:
    for part, other in zip(
        [*ours.network.weights, *ours.network.biases], [*theirs.network.weights, *theirs.network.biases], strict=True
    ):
        assert part.dtype == other.dtype
        assert np.linalg.norm(part - other) <= tolerance * np.linalg.norm(other)


@pytest.mark.parametrize('dtype', [np.float64, np.float32])
@pytest.mark.parametrize('name', OPTIONS)
def test_trains_the_same_network_as_the_direct_solver(name, dtype):
    pixels, label = faces(70)
    held_out, _ = faces(90)
    options = params(**OPTIONS[name])
    ours, theirs = by_gram(pixels, label, dtype, options), directly(pixels, label, dtype, options)
    assert_same(ours, theirs, TOLERANCE[dtype])
    first = first_network(pixels[0].size, dtype).weights[0]
    assert np.linalg.norm(theirs.network.weights[0] - first) > 0.01 * np.linalg.norm(first)
    probabilities = [each.network.probabilities(standardise(held_out, dtype)) for each in (ours, theirs)]
    np.testing.assert_allclose(*probabilities, rtol=TOLERANCE[dtype])
    np.testing.assert_array_equal(*(probability > 0.5 for probability in probabilities))
    assert [epoch.accuracy for epoch in ours.history] == [epoch.accuracy for epoch in theirs.history]
