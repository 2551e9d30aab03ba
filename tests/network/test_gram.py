from functools import partial

import numpy as np
import pytest

from stages.cluster.parallel import parallel_map
from stages.common.params import stream
from stages.network.fit import DirectLayer
from stages.network.gram import GramLayer, GramMatrix
from stages.network.inputs import PixelRows, Standardisation, StandardRows
from stages.network.perceptron import Perceptron, initial_perceptron
from stages.network.recipe import Recipe
from stages.network.training import MIN_MAGNITUDE, Descent, Training, train
from tests.network.recipes import recipe

OPTIONS = {
    'plain': {},
    'momentum': {'momentum': 0.9},
    'much momentum': {'momentum': 0.999},
    'little momentum': {'momentum': 0.01},
    'weight decay': {'weight_decay': 0.01},
    'strong weight decay': {'weight_decay': 3.0, 'epochs': 12},
    'both': {'momentum': 0.9, 'weight_decay': 0.01},
    # The weights oscillate around zero: their two eigenvalues are complex.
    'swinging': {'momentum': 0.9, 'weight_decay': 1.0},
}
TOLERANCE = {np.float64: 1e-9, np.float32: 1e-3}


def faces(count: int, size: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (count, size, size), np.uint8)
    label = random.permutation(count).astype(np.uint8) % 2
    pixels[label == 1, : size // 2] //= 2
    return pixels, label


def plain_recipe(**changes: object) -> Recipe:
    plain = {'momentum': 0.0, 'weight_decay': 0.0, 'batch': 16, 'epochs': 5}
    return recipe(**plain | {'learning_rate': 0.3} | changes)


def standard_rows(pixels: np.ndarray, dtype: type) -> np.ndarray:
    return StandardRows(pixels, dtype).columns(slice(None))


def initial_network(width: int, dtype: type) -> Perceptron:
    network = initial_perceptron([width, 9, 6, 4, 1], np.random.default_rng(2), dtype)
    for weights in network.weights[1:]:
        weights *= 4  # so that the first layer learns from the first epoch
    return network


def directly(pixels: np.ndarray, label: np.ndarray, dtype: type, options: Recipe) -> Training:
    network = initial_network(pixels[0].size, dtype)
    layer = DirectLayer(StandardRows(pixels, dtype), network.weights[0])
    return train(layer, network, label, options, 'test')


def in_pairs(pixels: np.ndarray, label: np.ndarray, options: Recipe) -> Training:
    """Train directly on faces and, as separate faces in the same batches, on their mirror images."""
    network = initial_network(pixels[0].size, np.float64)
    layer, doubled = DirectLayer(StandardRows(with_mirrored(pixels), np.float64), network.weights[0]), np.tile(label, 2)
    descent = Descent(layer, network, doubled, options.momentum, options.weight_decay)
    history = list(descent.epochs(options, Pairs(options)))
    return Training(layer, network, history, False, np.empty((0, 0)))


def by_gram(
    pixels: np.ndarray, label: np.ndarray, dtype: type, options: Recipe, positions: np.ndarray | None = None
) -> Training:
    network = initial_network(pixels[0].size, dtype)
    gram = GramMatrix(StandardRows(pixels, dtype))
    return train(GramLayer(gram, network.weights[0], positions), network, label, options, 'test')


def assert_same(ours: Training, theirs: Training, tolerance: float) -> None:
    assert_same_network(ours.network, theirs.network, tolerance)


def assert_same_network(ours: Perceptron, theirs: Perceptron, tolerance: float) -> None:
    for part, other in zip([*ours.weights, *ours.biases], [*theirs.weights, *theirs.biases], strict=True):
        assert part.dtype == other.dtype
        assert np.linalg.norm(part - other) <= tolerance * np.linalg.norm(other)


@pytest.mark.parametrize('dtype', [np.float64, np.float32])
@pytest.mark.parametrize('name', OPTIONS)
def test_same_network_as_the_direct_solver(name, dtype):
    pixels, label = faces(70)
    held_out, _ = faces(90)
    options = plain_recipe(**OPTIONS[name])
    ours, theirs = by_gram(pixels, label, dtype, options), directly(pixels, label, dtype, options)
    assert_same(ours, theirs, TOLERANCE[dtype])
    first = initial_network(pixels[0].size, dtype).weights[0]
    assert np.linalg.norm(theirs.network.weights[0] - first) > 0.01 * np.linalg.norm(first)
    probabilities = [fit.network.probabilities(standard_rows(held_out, dtype)) for fit in (ours, theirs)]
    np.testing.assert_allclose(*probabilities, rtol=TOLERANCE[dtype])
    np.testing.assert_array_equal(*(probability > 0.5 for probability in probabilities))
    assert [epoch.accuracy for epoch in ours.history] == [epoch.accuracy for epoch in theirs.history]


def rows_of(case: str) -> tuple[np.ndarray, np.ndarray]:
    pixels, label = faces(40, size=4 if case == 'more faces than pixels' else 12)
    if case == 'copies':
        # Copies with the other label, as in the arms of the study, and many copies of one face.
        copied = np.array([0, 1, 2, 3, 3, 3, 3])
        return np.concatenate([pixels, pixels[copied]]), np.concatenate([label, 1 - label[copied]])
    if case == 'an even face':
        pixels[5] = 128
    return pixels, label


@pytest.mark.parametrize('case', ['more faces than pixels', 'copies', 'an even face'])
def test_special_rows_give_the_same_network(case):
    pixels, label = rows_of(case)
    options = plain_recipe(**OPTIONS['both'])
    assert_same(*(solve(pixels, label, np.float64, options) for solve in (by_gram, directly)), 1e-9)


def with_mirrored(pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([pixels, pixels[:, :, ::-1]])


class Pairs:
    """The order of a training, of faces and then their mirror images, with both in the same batch."""

    def __init__(self, options: Recipe):
        self._random, self._size = stream(options.seed, 'order'), options.batch // 2

    def permutation(self, count: int) -> np.ndarray:
        order = self._random.permutation(count // 2)
        batches = np.split(order, range(self._size, len(order), self._size))
        return np.concatenate([batch + shift for batch in batches for shift in (0, count // 2)])


@pytest.mark.parametrize('size', [12, 9])
@pytest.mark.parametrize('momentum', [0.0, 0.9])
@pytest.mark.parametrize('positions', [None, np.array([*range(30, 4, -1), 7, 7])])
def test_faces_train_with_their_mirror_images_like_separate_faces_in_the_same_batch(size, momentum, positions):
    pixels, label = faces(40, size)
    options = plain_recipe(momentum=momentum, weight_decay=0.01)
    trained_on = np.arange(40) if positions is None else positions
    expected = in_pairs(pixels[trained_on], label[trained_on], options)
    rows = StandardRows(pixels, np.float64, mirror=True)
    for kind, first in ((GramLayer, GramMatrix(rows)), (DirectLayer, rows)):
        network = initial_network(size * size, np.float64)
        ours = train(kind(first, network.weights[0], positions), network, label[trained_on], options, 'test')
        assert_same(ours, expected, 1e-9)
        assert [epoch.accuracy for epoch in ours.history] == [epoch.accuracy for epoch in expected.history]
        assert ours.losses.shape == (options.epochs, len(trained_on))


@pytest.mark.parametrize('size', [12, 9])
def test_outputs_of_any_mirror_images_are_available_during_training(size):
    pixels, label = faces(50, size)
    rows = StandardRows(pixels, np.float64, mirror=True)
    positions, others = np.arange(0, 50, 2), np.array([1, 3, 49, 2])
    network = initial_network(size * size, np.float64)
    layer = GramLayer(GramMatrix(rows), network.weights[0], positions)
    descent = Descent(layer, network, label[positions], momentum=0.9, decay=0.1)
    list(descent.epochs(plain_recipe(epochs=2), np.random.default_rng(3)))
    outputs = layer.outputs(others)
    expected = standard_rows(with_mirrored(pixels[others]), np.float64) @ layer.weights()
    np.testing.assert_allclose(outputs, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize('size', [12, 9])
def test_products_of_mirror_images_match_a_gram_matrix_of_twice_as_many_faces(size, monkeypatch):
    pixels, _ = faces(30, size)
    monkeypatch.setattr('stages.network.inputs.BLOCK_BYTES', 8 * 60 * 3 * size)  # three lines of the picture
    even, odd = GramMatrix(StandardRows(pixels, np.float64, mirror=True)).products
    (whole,) = GramMatrix(StandardRows(with_mirrored(pixels), np.float64)).products
    blocks = np.block([[even + odd, even - odd], [even - odd, even + odd]])
    np.testing.assert_allclose(blocks, whole, rtol=1e-11, atol=1e-11 * whole.max())


def test_rows_of_a_larger_gram_matrix_give_the_same_network():
    pixels, label = faces(50)
    positions = np.array([*range(40, 4, -1), 7, 7, 30])
    options = plain_recipe(**OPTIONS['both'])
    ours = by_gram(pixels, label[positions], np.float64, options, positions)
    assert_same(ours, directly(pixels[positions], label[positions], np.float64, options), 1e-9)


def test_rows_of_products_are_contiguous():
    gram = GramMatrix(StandardRows(faces(20)[0], mirror=True))
    layer = GramLayer(gram, initial_network(144, np.float32).weights[0], np.arange(0, 20, 2))
    assert layer._K.flags.c_contiguous  # each batch reads whole rows


@pytest.mark.parametrize('rows', [StandardRows, PixelRows])
def test_outputs_of_any_rows_are_available_during_training(rows, monkeypatch):
    monkeypatch.setattr('stages.network.inputs.BLOCK_BYTES', 8 * 50 * 3 * 12)  # three lines of the picture
    pixels, label = faces(50)
    positions, held_out = np.arange(0, 50, 2), np.array([1, 3, 2, 49])
    network = initial_network(pixels[0].size, np.float64)
    layer = GramLayer(GramMatrix(rows(pixels, np.float64)), network.weights[0], positions)
    descent = Descent(layer, network, label[positions], momentum=0.9, decay=0.1)
    for _ in descent.epochs(plain_recipe(epochs=2), np.random.default_rng(3)):
        halfway = layer.outputs(held_out)
    list(descent.epochs(plain_recipe(epochs=3), np.random.default_rng(4)))
    outputs = layer.outputs(held_out)
    expected = rows(pixels, np.float64).columns(slice(None), held_out) @ layer.weights()
    np.testing.assert_allclose(outputs, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
    assert np.abs(outputs - halfway).max() > 0.01 * np.abs(outputs).max()


def test_batch_size_does_not_affect_agreement_with_the_direct_solver():
    pixels, label = faces(300)
    for options in [plain_recipe(batch=batch, epochs=2) for batch in (7, 100, 290)]:
        ours, theirs = by_gram(pixels, label, np.float64, options), directly(pixels, label, np.float64, options)
        assert_same(ours, theirs, 1e-9)


@pytest.mark.parametrize('dtype', [np.float64, np.float32])
def test_gram_matrix_contains_the_inner_products_regardless_of_its_blocks(dtype, monkeypatch):
    pixels, _ = faces(30)
    rows = standard_rows(pixels, dtype)
    (whole,) = GramMatrix(StandardRows(pixels, dtype)).products
    monkeypatch.setattr('stages.network.inputs.BLOCK_BYTES', 1000)
    (blockwise,) = GramMatrix(StandardRows(pixels, dtype)).products
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    for products in (whole, blockwise):
        assert products.dtype == dtype
        np.testing.assert_array_equal(products, products.T)
        np.testing.assert_allclose(products, rows @ rows.T, rtol=tolerance, atol=tolerance * products.max())


def seed_trained(gram: GramMatrix, label: np.ndarray, seed: int) -> tuple[bool, Perceptron]:
    network = initial_network(gram.rows.width, np.float32)
    shared = all(isinstance(part, np.memmap) and not part.flags.writeable for part in (gram.products, gram.rows.pixels))
    return shared, train(GramLayer(gram, network.weights[0]), network, label, plain_recipe(seed=seed), 'test').network


def test_workers_share_a_gram_matrix_and_train_like_a_single_process():
    pixels, label = faces(600, size=48)  # large enough for joblib to map
    gram = GramMatrix(StandardRows(pixels))
    for seed, (shared, network) in enumerate(parallel_map(partial(seed_trained, gram, label), range(2), 2, 'test')):
        assert shared
        assert_same_network(network, seed_trained(gram, label, seed)[1], 1e-5)


def test_initial_outputs_are_kept_for_the_same_faces_and_weights_only():
    pixels, _ = faces(20)
    weights, others = (initial_network(144, np.float32).weights[0] * factor for factor in (1, 2))
    first = GramMatrix(StandardRows(pixels)).initial_outputs(weights)
    assert GramMatrix(StandardRows(pixels)).initial_outputs(weights.copy()) is first
    np.testing.assert_allclose(GramMatrix(StandardRows(pixels)).initial_outputs(others), 2 * first, rtol=1e-5)
    for rows in (
        StandardRows(pixels[::-1].copy()),
        StandardRows(pixels, mirror=True),
        StandardRows(pixels, how=Standardisation(deviation=3.0)),
        PixelRows(pixels),
    ):
        GramMatrix(StandardRows(pixels)).initial_outputs(weights)
        outputs = GramMatrix(rows).initial_outputs(weights)
        components = zip(rows.components(slice(None)), rows.split(weights.T), strict=True)
        expected = [of_x @ of_w.T / rows.views for of_x, of_w in components]
        np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4 * np.abs(outputs).max())


def denormals(numbers: np.ndarray) -> int:
    return np.count_nonzero((numbers != 0) & (np.abs(numbers) < np.finfo(numbers.dtype).tiny))


@pytest.mark.parametrize('momentum', [0.0, 0.5])
def test_training_avoids_denormal_numbers(momentum):
    pixels, label = faces(64)
    network = initial_network(pixels[0].size, np.float32)
    for weights in network.weights:
        weights *= 50  # sigmoids that are nearly 0 and 1, whose slopes multiply to 1e-40
    layer = GramLayer(GramMatrix(StandardRows(pixels)), network.weights[0])
    descent = Descent(layer, network, label, momentum, decay=0.0)
    smallest = np.inf
    for batch in np.arange(64).reshape(4, 16).repeat(40, axis=0):
        activations, logits = descent._forward(batch)
        delta = descent._backward(activations, 1 / (1 + np.exp(-logits)), label[batch].astype(np.float32))
        smallest = min(smallest, np.abs(delta[delta != 0]).min())
        descent.step(batch, rate=1e-3)
    assert MIN_MAGNITUDE <= smallest < 1e-20
    for matrix in (layer._A, layer._U, *network.weights, *network.biases):
        assert denormals(matrix) == 0
