"""Measure a whole training of the study, from pixels to weights: python -m benchmarks.whole_training

Prints the Markdown that ends benchmarks.training: a training with the default params on half of the faces of a pool, by
the two solvers of this project and, if it is installed, by PyTorch, on the same rows in the same batches at the same
rates. What all trainings on a pool share is computed before the first, as in a sweep, and has a separate column. Each
training runs in a separate process with one thread, as the workers of a sweep do; the solvers take turns, and the
fastest training of each counts, since other programs can only slow one down.
"""

import sys
import time
from collections.abc import Callable

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
from stages.network.recipe import Recipe
from stages.report.page import markdown_table
from tests.network.recipes import recipe

COUNTS = 600, 1500  # faces that a training takes: half of the drawn portraits, and half of 3,000 photographs
SIDE = 64
ROUNDS = 3
Training = Callable[[np.ndarray, np.ndarray], float]  # on labels and positions in the pool; returns the last mean loss


def sweep_pool(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the pool of a sweep, and the labels and positions of the `count` faces that one of its trainings takes."""
    pixels, label = faces(2 * count, SIDE)
    positions = np.sort(np.random.default_rng(2).permutation(2 * count)[:count])
    return pool(pixels, 255 - pixels), label[positions], positions


def gram(pixels: np.ndarray) -> Training:
    """Prepare this project's Gram solver."""
    return fitted(Fitter(pixels, recipe(solver='gram')))


def direct(pixels: np.ndarray) -> Training:
    """Prepare this project's direct solver."""
    return fitted(Fitter(pixels, recipe(solver='direct')))


def fitted(fitter: Fitter) -> Training:
    """Return the training by a solver of this project."""
    return lambda label, positions: fitter.fit(label, positions).history[-1].loss


def pytorch(pixels: np.ndarray) -> Training:
    """Prepare PyTorch on rows that are standardised once."""
    import torch

    torch.set_num_threads(1)
    rows = standardise(with_mirrored(pixels))

    def training(label: np.ndarray, positions: np.ndarray) -> float:
        mirrored = np.concatenate([positions, positions + len(pixels)])
        return pytorch_training(rows[mirrored], np.tile(label, 2), recipe())

    return training


def pytorch_training(matrix: np.ndarray, label: np.ndarray, how: Recipe) -> float:
    """Train by PyTorch in the fastest of the usual ways, and return the mean loss of the last epoch.

    A loss that takes logits is faster than a last sigmoid and BCELoss, and a fused optimizer than one that is not.
    """
    import torch
    from torch import nn

    rows, target = torch.from_numpy(matrix), torch.from_numpy(label).float()[:, None]
    torch.manual_seed(how.seed)
    sizes = [rows.shape[1], *how.hidden, 1]
    network, loss = nn.Sequential(*sigmoid_layers(sizes)[:-1]), nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(network.parameters(), how.learning_rate, how.momentum, fused=True)
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: 1 - done / how.epochs)
    order = stream(how.seed, 'order')
    for _ in range(how.epochs):
        total = torch.zeros(())
        for batch in torch.from_numpy(order.permutation(len(rows))).split(how.batch):
            optimizer.zero_grad()
            mean = loss(network(rows[batch]), target[batch])
            mean.backward()
            optimizer.step()
            total += len(batch) * mean.detach()
        rates.step()
    return float(total) / len(rows)


SOLVERS = {
    'gram': gram,
    'direct': direct,
    'PyTorch': pytorch,
    'PyTorch, denormals flushed': denormals_flushed(pytorch),
}


def measure_training(name: str, count: str) -> dict:
    """Measure one training by one solver."""
    pixels, label, positions = sweep_pool(int(count))
    with threadpool_limits(1):
        start = time.process_time()
        training = SOLVERS[name](pixels)
        ready = time.process_time()
        loss = training(label, positions)
        return {'seconds': time.process_time() - ready, 'shared': ready - start, 'loss': loss}


def fastest_trainings(count: int) -> dict[str, dict]:
    """Measure all solvers in turn, ROUNDS times, and return the fastest training of each."""
    found = {}
    for _ in range(ROUNDS):
        for name in installed(SOLVERS):
            one = measured('benchmarks.whole_training', name, count)
            found[name] = min(found.get(name, one), one, key=lambda result: result['seconds'])
    return found


def print_trainings(count: int) -> None:
    """Measure all solvers on one number of faces, and print the table."""
    how = recipe()
    print(
        f'\nA whole training of a sweep, from pixels to weights: {2 * count} rows, mirror images among them, out of a '
        f'pool of {8 * count}, {"-".join(map(str, [SIDE * SIDE, *how.hidden, 1]))}, batch {how.batch}, '
        f'momentum {how.momentum:g}, {how.epochs} epochs, one thread\n'
    )
    found = fastest_trainings(count)
    header = ['', 'CPU s a training', 'times as long', 'CPU s before the first', 'last loss', 'peak MB']
    rows = [
        [name, f'{one["seconds"]:.2f}', f'{one["seconds"] / found["gram"]["seconds"]:.1f}', f'{one["shared"]:.2f}',
         f'{one["loss"]:.4f}', f'{one["memory"] / 1e6:.0f}']
        for name, one in found.items()
    ]  # fmt: skip
    print(markdown_table(header, rows), end='', flush=True)


def main() -> None:
    """Measure all, and print Markdown."""
    for count in COUNTS:
        print_trainings(count)


if __name__ == '__main__':
    if len(sys.argv) > 1:
        hand_over(measure_training(*sys.argv[1:]))
    else:
        main()
