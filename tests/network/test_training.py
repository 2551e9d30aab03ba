import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

from stages.network.errors import DivergenceError
from stages.network.fit import DirectLayer
from stages.network.inputs import PixelRows
from stages.network.perceptron import Perceptron, initial_perceptron, sigmoid
from stages.network.recipe import Schedule
from stages.network.training import Descent, Training, cross_entropy, train
from tests.network.recipes import recipe

SIZES = [12, 7, 5, 3, 1]


def rows_and_labels(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.normal(size=(count, SIZES[0])), random.integers(0, 2, count).astype(np.uint8)


def perceptron(dtype: type = np.float64) -> Perceptron:
    network = initial_perceptron(SIZES, np.random.default_rng(6), dtype)
    for weights in network.weights:
        weights *= 3  # steep enough that every gradient is well above rounding
    return network


def directly_over(rows: np.ndarray, network: Perceptron) -> DirectLayer:
    return DirectLayer(PixelRows(rows[:, None], rows.dtype.type), network.weights[0])


def plain_descent(rows: np.ndarray, label: np.ndarray, network: Perceptron) -> Descent:
    return Descent(directly_over(rows, network), network, label, momentum=0.0, decay=0.0)


def mean_loss(network: Perceptron, rows: np.ndarray, label: np.ndarray) -> float:
    hidden = rows
    for weights, biases in zip(network.weights[:-1], network.biases[:-1], strict=True):
        hidden = sigmoid(hidden @ weights + biases)
    return cross_entropy((hidden @ network.weights[-1] + network.biases[-1])[:, 0], label).mean()


def test_a_step_moves_every_parameter_along_its_numerical_gradient():
    rows, label = rows_and_labels()
    network = perceptron()
    parts = [*network.weights, *network.biases]
    numerical = []
    for part in parts:
        gradient = np.empty_like(part)
        for index in np.ndindex(part.shape):
            kept = part[index]
            losses = []
            for shift in (1e-5, -1e-5):
                part[index] = kept + shift
                losses.append(mean_loss(network, rows, label))
            part[index] = kept
            gradient[index] = (losses[0] - losses[1]) / 2e-5
        numerical.append(gradient)
    before = [part.copy() for part in parts]
    descent = plain_descent(rows, label, network)
    descent.step(np.arange(len(rows)), rate=1.0)
    for part, old, gradient in zip(parts, before, numerical, strict=True):
        assert np.abs(gradient).max() > 1e-6
        np.testing.assert_allclose(old - part, gradient, atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize('momentum', [0.0, 0.9])
def test_matches_scikit_learn_step_by_step(momentum):
    rows, label = rows_and_labels()
    network = perceptron()
    other = MLPClassifier(
        SIZES[1:-1], activation='logistic', solver='sgd', alpha=0.0, learning_rate_init=0.5, momentum=momentum,
        nesterovs_momentum=False, shuffle=False, batch_size=10,
    )  # fmt: skip
    batches = [np.random.default_rng(step).permutation(len(rows))[:10] for step in range(30)]
    other.partial_fit(rows[batches[0]], label[batches[0]], classes=[0, 1])
    other.coefs_ = [weights.copy() for weights in network.weights]
    other.intercepts_ = [biases.copy() for biases in network.biases]
    # The optimizer of the first fit still refers to the previous arrays.
    other._optimizer = SGDOptimizer(
        other.coefs_ + other.intercepts_, 0.5, 'constant', momentum, nesterov=False, power_t=0.5
    )
    descent = Descent(directly_over(rows, network), network, label, momentum, decay=0.0)
    for batch in batches:
        other.partial_fit(rows[batch], label[batch])
        descent.step(batch, rate=0.5)
        for ours, theirs in zip([*network.weights, *network.biases], [*other.coefs_, *other.intercepts_], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def trained(rows: np.ndarray, label: np.ndarray, **changes: object) -> Training:
    network = initial_perceptron([rows.shape[1], 8, 4, 1], np.random.default_rng(0), rows.dtype.type)
    return train(
        directly_over(rows, network),
        network,
        label,
        recipe(**changes),
        'test',
    )


def separable() -> tuple[np.ndarray, np.ndarray]:
    rows, _ = rows_and_labels(200)
    return rows.astype(np.float32), (rows[:, 0] > 0).astype(np.uint8)


def test_training_takes_all_epochs_and_has_converged_if_it_ends_at_the_loss_target():
    options = {'epochs': 20, 'learning_rate': 1.0, 'momentum': 0.0, 'batch': 20}
    losses = [epoch.loss for epoch in trained(*separable(), **options).history]
    assert len(losses) == 20
    assert losses[-1] < losses[0]
    for target, converged in [(losses[-1], True), (losses[-1] - 1e-9, False), (losses[0], True)]:
        assert trained(*separable(), loss_target=target, **options).converged is converged


def test_learning_rate_falls_linearly():
    result = trained(*separable(), epochs=4, learning_rate=0.8)
    assert [epoch.rate for epoch in result.history] == pytest.approx([0.8, 0.6, 0.4, 0.2])


def test_epoch_has_its_mean_loss_and_the_loss_of_its_last_batch():
    rows, label = rows_and_labels()
    network = perceptron()
    descent = plain_descent(rows, label, network)
    schedule = Schedule.model_construct(epochs=1, learning_rate=1e-12, batch=16)
    (epoch,) = descent.epochs(schedule, np.random.default_rng(7))
    last = np.random.default_rng(7).permutation(40)[32:]
    assert epoch.loss == pytest.approx(mean_loss(network, rows, label))
    assert epoch.last_loss == pytest.approx(mean_loss(network, rows[last], label[last]))


def test_the_same_seed_trains_the_same_network():
    first, again, other = (trained(*separable(), epochs=4, seed=seed) for seed in (3, 3, 4))
    for ours, theirs, others in zip(first.network.weights, again.network.weights, other.network.weights, strict=True):
        assert ours.tobytes() == theirs.tobytes()
        assert ours.tobytes() != others.tobytes()


@pytest.mark.filterwarnings('ignore::RuntimeWarning')
def test_an_exploding_rate_is_an_error_not_a_model():
    with pytest.raises(DivergenceError, match=r'^the loss became infinite in epoch \d+ at a rate of 1e\+38$'):
        trained(*separable(), epochs=50, learning_rate=1e38)


def test_a_batch_larger_than_the_set_is_the_set():
    assert len(trained(*separable(), epochs=2, batch=10_000).history) == 2
