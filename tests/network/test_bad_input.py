"""What cannot be trained on is refused in plain words, or trained on rightly; no model holds a NaN."""

import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.network.perceptron import first_perceptron
from stages.network.solver import FirstLayers
from stages.network.training import Training, train
from stages.params import load_params

SOLVERS = pytest.mark.parametrize('solver', ['direct', 'gram'])


def trained(pixels: np.ndarray, label: list[int], **changes: object) -> Training:
    params = load_params().train.model_copy(update={'epochs': 3, 'loss_target': 0.0} | changes)
    network = first_perceptron([pixels[0].size, 6, 4, 1], np.random.default_rng(0))
    return train(FirstLayers(pixels, params).layer(network.weights[0]), network, np.array(label), params, 'test')


def faces(count: int = 6) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 8, 8), np.uint8)


@SOLVERS
@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_pixels_that_are_not_finite(solver, value):
    pixels = faces().astype(np.float32)
    pixels[4, 3, 2] = value
    with pytest.raises(StudyError, match=r'^face 4 holds pixels that are not finite numbers; run `dvc repro'):
        trained(pixels, [0, 1] * 3, solver=solver)


@SOLVERS
@pytest.mark.parametrize(('label', 'message'), [
    ([0, 1, 2, 0, 1, 0], 'a face has the label 2, which is neither 0 (female) nor 1 (male)'),
    ([0, 0, 0, 0, 0, 0], 'none of the 6 training faces is male; give more photos'),
    ([1, 1, 1, 1, 1, 1], 'none of the 6 training faces is female; give more photos'),
])  # fmt: skip
def test_labels_that_are_no_two_classes(solver, label, message):
    with pytest.raises(StudyError) as error:
        trained(faces(), label, solver=solver)
    assert str(error.value) == message


@SOLVERS
def test_a_single_face(solver):
    with pytest.raises(StudyError, match='none of the 1 training faces is male'):
        trained(faces(1), [0], solver=solver)


@SOLVERS
def test_a_batch_larger_than_the_set_is_the_set(solver):
    large, whole = (trained(faces(), [0, 1] * 3, solver=solver, batch=batch) for batch in (1000, 6))
    for ours, theirs in zip(large.network.weights, whole.network.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@SOLVERS
@pytest.mark.parametrize('momentum', [0.0, 0.9])
@pytest.mark.parametrize('rate', [1e9, 1e20, 1e38])
@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_an_exploding_rate_is_an_error_or_a_finite_model(solver, momentum, rate):
    try:
        network = trained(faces(), [0, 1] * 3, solver=solver, learning_rate=rate, momentum=momentum, epochs=30).network
    except StudyError as error:
        assert str(error).startswith('train.learning_rate: ')  # noqa: PT017
    else:
        assert all(np.isfinite(part).all() for part in [*network.weights, *network.biases])


@SOLVERS
@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_a_last_step_that_explodes(solver):
    with pytest.raises(StudyError, match=r'^train\.learning_rate: weights became infinite at rate 1e\+45'):
        trained(faces(), [0, 1] * 3, solver=solver, learning_rate=1e45, epochs=1, weight_decay=0.0)


@SOLVERS
def test_a_weight_decay_that_turns_the_weights_over(solver):
    with pytest.raises(StudyError, match=r'^train\.weight_decay: 20 times the learning rate 0\.1 must be below 1'):
        trained(faces(), [0, 1] * 3, solver=solver, weight_decay=20.0, learning_rate=0.1)
