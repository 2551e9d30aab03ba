"""Measure a whole training of the study, from pixels to weights: python -m benchmarks.whole_training

Prints the Markdown that ends benchmarks.training: a training with the default params on half of the faces of a pool, by
the two solvers of this project, by scikit-learn (at a constant rate) and, if they are installed (pip install .[bench]),
by PyTorch and JAX, on as many rows in batches of the same size. What all trainings on a pool share, and compilation, is
done before the first, as in a sweep, and has a separate column. Each training runs in a separate process with one
thread, as the workers of a sweep do; the solvers take turns, and the fastest training of each counts, since other
programs can only slow one down. Large numbers of faces are trained on for fewer epochs.
"""

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measuring import (
    denormals_flushed,
    faces,
    hand_over,
    installed,
    measured,
    sigmoid_layers,
    with_mirrored,
)
from stages.common.params import stream
from stages.dataset.poison import pool
from stages.network.fit import Fitter
from stages.network.inputs import standardise
from stages.network.perceptron import initial_perceptron
from stages.network.recipe import Recipe
from stages.report.page import markdown_table
from tests.network.recipes import recipe

EPOCHS = {600: 40, 1500: 40, 3000: 10, 12_000: 4}  # by the number of faces that a training takes
MOST_GRAM = 3000  # faces; with 12,000, the matrices of the pool have 18 GB
SIDE = 64
ROUNDS = 2
Training = Callable[[np.ndarray, np.ndarray], float]  # on labels and positions in the pool; returns the last mean loss


def sweep_pool(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the pool of a sweep, and the labels and positions of the `count` faces that one of its trainings takes."""
    pixels, label = faces(2 * count, SIDE)
    positions = np.sort(np.random.default_rng(2).permutation(2 * count)[:count])
    return pool(pixels, 255 - pixels), label[positions], positions


def gram(pixels: np.ndarray, how: Recipe) -> Training:
    """Prepare this project's Gram solver."""
    return fitted(Fitter(pixels, how.model_copy(update={'solver': 'gram'})))


def direct(pixels: np.ndarray, how: Recipe) -> Training:
    """Prepare this project's direct solver."""
    return fitted(Fitter(pixels, how.model_copy(update={'solver': 'direct'})))


def fitted(fitter: Fitter) -> Training:
    """Return the training by a solver of this project."""
    return lambda label, positions: fitter.fit(label, positions).history[-1].loss


def on_rows(pixels: np.ndarray, train: Callable[[np.ndarray, np.ndarray], float]) -> Training:
    """Return the training by what takes rows, standardised here once, and their labels, float32."""
    rows = standardise(with_mirrored(pixels[:]))

    def training(label: np.ndarray, positions: np.ndarray) -> float:
        mirrored = np.concatenate([positions, positions + len(pixels)])
        return train(rows[mirrored], np.tile(label, 2).astype(np.float32))

    return training


def batch_sizes(pixels: np.ndarray, how: Recipe) -> set[int]:
    """Return how many rows the batches of a training on half of the faces have, for which steps are compiled before."""
    return {how.batch, len(pixels) // 2 % how.batch or how.batch}


def scikit_learn(pixels: np.ndarray, how: Recipe) -> Training:
    """Prepare scikit-learn's MLPClassifier."""
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        how.hidden, activation='logistic', solver='sgd', alpha=0.0, learning_rate_init=how.learning_rate,
        momentum=how.momentum, nesterovs_momentum=False, batch_size=how.batch, max_iter=how.epochs, tol=0.0,
        n_iter_no_change=how.epochs, random_state=how.seed,
    )  # fmt: skip
    return on_rows(pixels, lambda rows, label: network.fit(rows, label).loss_)


def pytorch(pixels: np.ndarray, how: Recipe, compiled: bool = False) -> Training:
    """Prepare PyTorch in the fastest of the usual ways, or compiled by torch.compile.

    A loss that takes logits is faster than a last sigmoid and BCELoss, and a fused optimizer than one that is not.
    """
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(how.seed)
    network = nn.Sequential(*sigmoid_layers([SIDE * SIDE, *how.hidden, 1])[:-1])
    optimizer = torch.optim.SGD(network.parameters(), how.learning_rate, how.momentum, fused=True)
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: 1 - done / how.epochs)

    def loss(rows: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return nn.functional.binary_cross_entropy_with_logits(network(rows), target)

    if compiled:
        loss = torch.compile(loss, dynamic=False)
        for size in batch_sizes(pixels, how):
            loss(torch.zeros(size, SIDE * SIDE), torch.zeros(size, 1)).backward()

    def train(matrix: np.ndarray, label: np.ndarray) -> float:
        rows, target = torch.from_numpy(matrix), torch.from_numpy(label)[:, None]
        order = stream(how.seed, 'order')
        for _ in range(how.epochs):
            total = torch.zeros(())
            for batch in torch.from_numpy(order.permutation(len(rows))).split(how.batch):
                optimizer.zero_grad()
                mean = loss(rows[batch], target[batch])
                mean.backward()
                optimizer.step()
                total += len(batch) * mean.detach()
            rates.step()
        return float(total) / len(rows)

    return on_rows(pixels, train)


def jax(pixels: np.ndarray, how: Recipe) -> Training:
    """Prepare JAX, with one compiled step whose weights stay in their memory."""
    import os

    os.environ['XLA_FLAGS'] = '--xla_cpu_multi_thread_eigen=false'
    import jax
    from jax import numpy as jnp

    drawn = initial_perceptron([SIDE * SIDE, *how.hidden, 1], stream(how.seed, 'weights'))
    weights = [jnp.asarray(part) for part in [*drawn.weights, *drawn.biases]]
    velocity = [jnp.zeros_like(part) for part in weights]
    layers = len(drawn.weights)

    def loss(weights: list, rows: jax.Array, label: jax.Array) -> jax.Array:
        for layer in range(layers - 1):
            rows = jax.nn.sigmoid(rows @ weights[layer] + weights[layers + layer])
        logits = (rows @ weights[layers - 1] + weights[-1])[:, 0]
        return jnp.mean(jnp.logaddexp(0, jnp.where(label > 0, -logits, logits)))

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(weights: list, velocity: list, rows: jax.Array, label: jax.Array, rate: float) -> tuple:
        mean, gradient = jax.value_and_grad(loss)(weights, rows, label)
        velocity = [how.momentum * old - rate * part for old, part in zip(velocity, gradient, strict=True)]
        return [old + part for old, part in zip(weights, velocity, strict=True)], velocity, mean

    for size in batch_sizes(pixels, how):
        weights, velocity, _ = step(weights, velocity, np.zeros((size, SIDE * SIDE), np.float32), np.zeros(size), 0.0)

    def train(rows: np.ndarray, label: np.ndarray) -> float:
        nonlocal weights, velocity
        order = stream(how.seed, 'order')
        for epoch in range(1, how.epochs + 1):
            total = 0.0
            positions = order.permutation(len(rows))
            for start in range(0, len(rows), how.batch):
                batch = positions[start : start + how.batch]
                weights, velocity, mean = step(weights, velocity, rows[batch], label[batch], how.rate(epoch))
                total += len(batch) * mean
        return float(total) / len(rows)

    return on_rows(pixels, train)


SOLVERS = {
    'gram': gram,
    'direct': direct,
    'scikit-learn': scikit_learn,
    'PyTorch': pytorch,
    'PyTorch, denormals flushed': denormals_flushed(pytorch),
    'PyTorch, compiled': partial(pytorch, compiled=True),
    'JAX': jax,
}


def measure_training(name: str, count: str) -> dict:
    """Measure one training by one solver."""
    pixels, label, positions = sweep_pool(int(count))
    with threadpool_limits(1):
        start = time.process_time()
        training = SOLVERS[name](pixels, recipe(epochs=EPOCHS[int(count)]))
        ready = time.process_time()
        loss = training(label, positions)
        return {'seconds': time.process_time() - ready, 'shared': ready - start, 'loss': loss}


def fastest_trainings(count: int) -> dict[str, dict]:
    """Measure all solvers in turn, ROUNDS times, and return the fastest training of each."""
    found = {}
    for _ in range(ROUNDS):
        for name in installed(SOLVERS):
            if name == 'gram' and count > MOST_GRAM:
                continue
            one = measured('benchmarks.whole_training', name, count)
            found[name] = min(found.get(name, one), one, key=lambda result: result['seconds'])
    return found


def print_trainings(count: int) -> None:
    """Measure all solvers on one number of faces, and print the table."""
    how = recipe(epochs=EPOCHS[count])
    print(
        f'\nA whole training of a sweep, from pixels to weights: {2 * count} rows, mirror images among them, out of a '
        f'pool of {8 * count}, {"-".join(map(str, [SIDE * SIDE, *how.hidden, 1]))}, batch {how.batch}, '
        f'momentum {how.momentum:g}, {how.epochs} epochs, one thread\n'
    )
    found = fastest_trainings(count)
    ours = min(found[name]['seconds'] for name in ('gram', 'direct') if name in found)
    header = ['', 'CPU s a training', 'times as long', 'CPU s before the first', 'last loss', 'peak MB']
    rows = [
        [name, f'{one["seconds"]:.2f}', f'{one["seconds"] / ours:.2f}', f'{one["shared"]:.2f}',
         f'{one["loss"]:.4f}', f'{one["memory"] / 1e6:.0f}']
        for name, one in found.items()
    ]  # fmt: skip
    print(markdown_table(header, rows), end='', flush=True)


def main() -> None:
    """Measure all, and print Markdown."""
    for count in EPOCHS:
        print_trainings(count)


if __name__ == '__main__':
    if len(sys.argv) > 1:
        hand_over(measure_training(*sys.argv[1:]))
    else:
        main()
