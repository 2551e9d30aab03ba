"""A Fitter trains the same network as the single steps by hand."""

from functools import partial

import numpy as np
import pytest

from stages.cluster.parallel import parallel_map
from stages.common.params import stream
from stages.network.errors import LabelError
from stages.network.fit import DirectLayer, Fitter, choose_solver
from stages.network.inputs import StandardRows, standardise
from stages.network.perceptron import Perceptron, initial_perceptron
from stages.network.recipe import Recipe
from stages.network.training import Training, train
from tests.network.recipes import recipe

SOLVERS = pytest.mark.parametrize('solver', ['direct', 'gram'])
MIRROR = pytest.mark.parametrize('mirror', [True, False])
TOLERANCE = {'direct': 0.0, 'gram': 1e-3}


def faces(count: int = 30, size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (count, size, size), np.uint8)
    label = random.permutation(count).astype(np.uint8) % 2
    pixels[label == 1, :, : size // 2] //= 2  # not symmetrical, so mirror images matter
    return pixels, label


def small_recipe(**changes: object) -> Recipe:
    small = {'hidden': [9, 4], 'epochs': 5, 'loss_target': 0.0, 'learning_rate': 0.3, 'batch': 7, 'weight_decay': 0.01}
    return recipe(**small | changes)


def by_hand(pixels: np.ndarray, label: np.ndarray, how: Recipe) -> Training:
    network = initial_perceptron([pixels[0].size, *how.hidden, 1], stream(how.seed, 'weights'))
    first = DirectLayer(StandardRows(pixels, mirror=how.mirror), network.weights[0])
    return train(first, network, label, how)


def difference(ours: Training, theirs: Training) -> float:
    return network_difference(ours.network, theirs.network)


def network_difference(ours: Perceptron, theirs: Perceptron) -> float:
    """Return the largest relative difference between the parts of two networks, in their norms."""
    pairs = zip([*ours.weights, *ours.biases], [*theirs.weights, *theirs.biases], strict=True)
    return max(float(np.linalg.norm(part - other) / np.linalg.norm(other)) for part, other in pairs)


@MIRROR
@SOLVERS
@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_a_layer_knows_whether_its_weights_are_finite(solver, mirror):
    pixels, _ = faces()
    layer = Fitter(pixels, small_recipe(solver=solver, mirror=mirror)).first_layer(np.ones((64, 9), np.float32))
    for size, is_finite in ((1.0, True), (np.inf, False)):
        outputs = layer.forward(np.arange(5))
        layer.update(np.arange(5), np.full_like(outputs, size), rate=0.1, momentum=0.9, decay=0.0)
        assert layer.is_finite() == is_finite


@MIRROR
@SOLVERS
def test_fit_matches_the_steps_by_hand(solver, mirror):
    pixels, label = faces()
    how = small_recipe(solver=solver, mirror=mirror)
    ours, theirs = Fitter(pixels, how).fit(label), by_hand(pixels, label, how)
    assert difference(ours, theirs) <= TOLERANCE[solver]
    assert [epoch.accuracy for epoch in ours.history] == [epoch.accuracy for epoch in theirs.history]
    assert not ours.converged
    # A network of the other recipe would have been noticed.
    assert (
        difference(ours, by_hand(pixels, label, how.model_copy(update={'mirror': not mirror}))) > 10 * TOLERANCE['gram']
    )


@MIRROR
@SOLVERS
def test_any_faces_of_the_pool_are_fitted_in_any_order(solver, mirror):
    pixels, label = faces()
    how = small_recipe(solver=solver, mirror=mirror)
    positions = np.array([*range(25, 4, -1), 7, 7, 29])
    ours = Fitter(pixels, how).fit(label[positions], positions)
    assert difference(ours, by_hand(pixels[positions], label[positions], how)) <= TOLERANCE[solver]


@SOLVERS
def test_fits_of_one_fitter_are_independent(solver):
    pixels, label = faces()
    fitter = Fitter(pixels, small_recipe(solver=solver))
    positions = np.arange(0, 30, 2)
    first = fitter.fit(label)
    fitter.fit(1 - label[positions], positions, seed=5)
    assert difference(fitter.fit(label), first) == 0


@SOLVERS
def test_given_seed_replaces_that_of_the_recipe(solver):
    pixels, label = faces()
    how = small_recipe(solver=solver, seed=1)
    fitter = Fitter(pixels, how)
    for seed in (0, 7):
        ours = fitter.fit(label, seed=seed)
        assert difference(ours, by_hand(pixels, label, how.model_copy(update={'seed': seed}))) <= TOLERANCE[solver]
        assert difference(ours, by_hand(pixels, label, how)) > 10 * TOLERANCE['gram']
    assert fitter.recipe == how


@MIRROR
def test_number_of_faces_only_decides_the_solver(mirror, capsys):
    pixels, label = faces(400, size=4)
    how = small_recipe(solver='auto', mirror=mirror)
    positions = np.arange(0, 20)
    fits = []
    for most, solver in ((None, 'direct'), (400, 'direct'), (20, 'gram')):
        fitter = Fitter(pixels, how, most)
        name, reason = choose_solver(most or 400, 16, 9, how, held=400)
        assert name == solver
        assert capsys.readouterr().out == f'solver: {name}, {reason}\n'
        fits.append(fitter.fit(label[positions], positions))
        # More faces than announced are fitted, too.
        assert difference(fitter.fit(label), by_hand(pixels, label, how)) <= TOLERANCE[solver]
    assert difference(fits[0], fits[1]) == 0
    assert 0 < difference(fits[2], fits[0]) <= TOLERANCE['gram']


@MIRROR
@SOLVERS
def test_predictions_of_the_pool_are_those_of_the_network(solver, mirror, monkeypatch):
    monkeypatch.setattr('stages.network.training.BLOCK_FACES', 4)
    pixels, label = faces()
    fitter = Fitter(pixels, small_recipe(solver=solver, mirror=mirror))
    positions, asked = np.array([*range(25, 4, -1), 7, 7, 29]), np.array([0, 29, 7, 7, 3, 12, 1, 2, 28])
    training = fitter.fit(label[positions], positions)
    before = training.probabilities(asked), training.hidden(asked)
    hidden = [standardise(pixels[asked])]
    for weights, biases in zip(training.network.weights, training.network.biases, strict=True):
        hidden.append(1 / (1 + np.exp(-hidden[-1] @ weights - biases)))
    *hidden, probabilities = hidden[1:]
    after = training.probabilities(asked), training.hidden(asked)
    for predicted, activations in (before, after):
        np.testing.assert_allclose(predicted, probabilities[:, 0], rtol=1e-4)
        for layer, expected in zip(activations, hidden, strict=True):
            np.testing.assert_allclose(layer, expected, rtol=1e-4)


def fit_with(fitter: Fitter, label: np.ndarray, seed: int) -> Perceptron:
    return fitter.fit(label, seed=seed).network


@SOLVERS
def test_processes_share_a_fitter(solver):
    pixels, label = faces()
    fitter = Fitter(pixels, small_recipe(solver=solver))
    for seed, network in enumerate(parallel_map(partial(fit_with, fitter, label), range(2), 2, 'test')):
        assert network_difference(network, fitter.fit(label, seed=seed).network) <= 1e-5


@SOLVERS
def test_errors_are_those_of_training(solver):
    pixels, label = faces()
    with pytest.raises(LabelError, match=r'^none of the 10 rows has the label 1$'):
        Fitter(pixels, small_recipe(solver=solver, mirror=True)).fit(np.zeros_like(label[:10]), np.arange(10))
