"""Invalid input is refused with a plain message or handled correctly; no model contains a NaN."""

import numpy as np
import pytest

from stages.network.errors import DecayError, DivergenceError, LabelError, PixelError
from stages.network.fit import Fitter
from stages.network.perceptron import initial_perceptron
from stages.network.training import Training, train
from tests.network.recipes import recipe

SOLVERS = pytest.mark.parametrize('solver', ['direct', 'gram'])


def trained(pixels: np.ndarray, label: list[int], **changes: object) -> Training:
    short = recipe(**{'epochs': 3} | changes)
    network = initial_perceptron([pixels[0].size, 6, 4, 1], np.random.default_rng(0))
    return train(Fitter(pixels, short).first_layer(network.weights[0]), network, np.array(label), short, 'test')


def faces(count: int = 6) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 8, 8), np.uint8)


@SOLVERS
@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_non_finite_pixels(solver, value):
    pixels = faces().astype(np.float32)
    pixels[4, 3, 2] = value
    with pytest.raises(PixelError, match=r'^face 4 holds pixels that are not finite numbers$'):
        trained(pixels, [0, 1] * 3, solver=solver)


@SOLVERS
@pytest.mark.parametrize(('label', 'message'), [
    ([0, 1, 2, 0, 1, 0], 'a row has the label 2, which is neither 0 nor 1'),
    ([0, 0, 0, 0, 0, 0], 'none of the 6 rows has the label 1'),
    ([1, 1, 1, 1, 1, 1], 'none of the 6 rows has the label 0'),
])  # fmt: skip
def test_labels_that_are_not_two_classes(solver, label, message):
    with pytest.raises(LabelError) as error:
        trained(faces(), label, solver=solver)
    assert str(error.value) == message


@SOLVERS
def test_a_single_face(solver):
    with pytest.raises(LabelError, match=r'^none of the 1 rows has the label 1$'):
        trained(faces(1), [0], solver=solver)


@SOLVERS
def test_a_batch_larger_than_the_set_is_the_set(solver):
    large, whole = (trained(faces(), [0, 1] * 3, solver=solver, batch=batch) for batch in (1000, 12))
    for ours, theirs in zip(large.network.weights, whole.network.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@SOLVERS
@pytest.mark.parametrize('momentum', [0.0, 0.9])
@pytest.mark.parametrize('rate', [1e9, 1e20, 1e38])
@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_an_exploding_rate_is_an_error_or_a_finite_model(solver, momentum, rate):
    try:
        network = trained(faces(), [0, 1] * 3, solver=solver, learning_rate=rate, momentum=momentum, epochs=30).network
    except DivergenceError as error:
        assert 'became infinite' in str(error)  # noqa: PT017
    else:
        assert all(np.isfinite(part).all() for part in [*network.weights, *network.biases])


@SOLVERS
@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_exploding_last_step(solver):
    with pytest.raises(DivergenceError, match=r'^the weights became infinite at a rate of 1e\+45$'):
        trained(faces(), [0, 1] * 3, solver=solver, learning_rate=1e45, epochs=1, weight_decay=0.0)


@SOLVERS
def test_a_weight_decay_that_would_flip_the_sign_of_the_weights(solver):
    with pytest.raises(DecayError, match=r'^20 times the learning rate 0\.1 must be below 1, or a step would flip'):
        trained(faces(), [0, 1] * 3, solver=solver, weight_decay=20.0, learning_rate=0.1)
