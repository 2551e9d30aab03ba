"""Measure the speed and the memory of training: python -m benchmarks.training

Prints Markdown: plain minibatch gradient descent on the same random faces by the two solvers of this project, by
scikit-learn and, if it is installed (pip install .[bench]), by PyTorch, with its defaults and with denormal numbers
flushed to zero. Each measurement runs in a separate process, whose peak memory is printed. Slow ones are stopped after
some seconds and extrapolated to an epoch. The last tables are those of benchmarks.whole_training.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from joblib import cpu_count
from threadpoolctl import threadpool_limits

from benchmarks.measuring import denormals_flushed, faces, hand_over, installed, measured, sigmoid_layers
from benchmarks.whole_training import main as print_whole_trainings
from stages.cluster.parallel import parallel_map
from stages.dataset.model import Model, save_model
from stages.faces.align import PLACES
from stages.network.fit import DirectLayer, Fitter
from stages.network.gram import GROUP_ROWS, GramLayer, GramMatrix
from stages.network.inputs import StandardRows, standardise
from stages.network.perceptron import Perceptron, initial_perceptron
from stages.network.recipe import Recipe
from stages.network.training import Descent, FirstLayer
from tests.network.recipes import recipe

MODULE = 'benchmarks.training'
PUBLISHED = 2680, 256, [1024, 128, 4]
SIZES = [
    PUBLISHED,
    (2680, 128, [1024, 128, 4]),
    (2680, 64, [1024, 128, 4]),
    (1000, 32, [128, 32, 4]),
]  # n, side, hidden
BATCH = 64
RATE = 1e-2
Epoch = Callable[[list[np.ndarray]], Iterator[None]]  # trains on batches of positions, and yields after each
EPOCHS = 400  # of the published training
SHARED, SHORT = 2, 40  # number of the sizes, and epochs, of the trainings that share a Gram matrix
PATIENCE = 8  # seconds after which a measurement stops
ROUNDS = 3  # epochs at most; the fastest counts, since other programs can only slow one down


def published_recipe(**changes: object) -> Recipe:
    """Return the recipe of the published training, with some of its fields changed."""
    published = {'momentum': 0.0, 'learning_rate': RATE, 'batch': BATCH}
    return recipe(**published | {'hidden': PUBLISHED[2], 'epochs': EPOCHS, 'mirror': False} | changes)


def descent_epoch(first: FirstLayer, network: Perceptron, label: np.ndarray) -> Epoch:
    """Return the function that trains with a solver of this project."""
    descent = Descent(first, network, label, momentum=0.0, decay=0.0)

    def epoch(batches: list[np.ndarray]) -> Iterator[None]:
        first.announce(batches, momentum=0.0)
        for batch in batches:
            yield descent.step(batch, RATE)

    return epoch


def gram(pixels: np.ndarray, label: np.ndarray, sizes: list[int]) -> Epoch:
    """Prepare this project's Gram solver."""
    network = initial_perceptron(sizes, np.random.default_rng(1))
    return descent_epoch(GramLayer(GramMatrix(StandardRows(pixels)), network.weights[0]), network, label)


def direct(pixels: np.ndarray, label: np.ndarray, sizes: list[int]) -> Epoch:
    """Prepare this project's direct solver."""
    network = initial_perceptron(sizes, np.random.default_rng(1))
    return descent_epoch(DirectLayer(StandardRows(pixels), network.weights[0]), network, label)


def scikit_learn(pixels: np.ndarray, label: np.ndarray, sizes: list[int]) -> Epoch:
    """Prepare scikit-learn's MLPClassifier."""
    from sklearn.neural_network import MLPClassifier

    rows = standardise(pixels)
    network = MLPClassifier(
        sizes[1:-1], activation='logistic', solver='sgd', alpha=0.0, learning_rate_init=RATE,
        momentum=0.0, nesterovs_momentum=False, shuffle=False,
    )  # fmt: skip
    return lambda batches: (network.partial_fit(rows[batch], label[batch], classes=[0, 1]) for batch in batches)


def pytorch(pixels: np.ndarray, label: np.ndarray, sizes: list[int]) -> Epoch:
    """Prepare PyTorch."""
    return pytorch_epoch(standardise(pixels), label, sizes)


def pytorch_raw(pixels: np.ndarray, label: np.ndarray, sizes: list[int]) -> Epoch:
    """Prepare PyTorch on pixels from 0 to 255, which drive sigmoids to denormal numbers."""
    return pytorch_epoch(pixels.reshape(len(pixels), -1).astype(np.float32), label, sizes)


def pytorch_epoch(matrix: np.ndarray, label: np.ndarray, sizes: list[int]) -> Epoch:
    """Return the function that trains a network of PyTorch on the rows of a float32 matrix."""
    import torch
    from torch import nn

    rows, target = torch.from_numpy(matrix), torch.from_numpy(label).float()[:, None]
    network, loss = nn.Sequential(*sigmoid_layers(sizes)), nn.BCELoss()
    optimizer = torch.optim.SGD(network.parameters(), RATE)

    def epoch(batches: list[np.ndarray]) -> Iterator[None]:
        for positions in map(torch.from_numpy, batches):
            optimizer.zero_grad()
            loss(network(rows[positions]), target[positions]).backward()
            yield optimizer.step()

    return epoch


SOLVERS = {
    'gram': gram,
    'direct': direct,
    'scikit-learn': scikit_learn,
    'PyTorch': pytorch,
    'PyTorch, denormals flushed': denormals_flushed(pytorch),
    'PyTorch, raw pixels': pytorch_raw,
    'PyTorch, raw pixels, denormals flushed': denormals_flushed(pytorch_raw),
}


def epoch_seconds(epoch: Epoch, count: int) -> tuple[float, bool]:
    """Return the seconds that an epoch takes, and whether they are extrapolated from a part of one."""
    random = np.random.default_rng(1)
    for _ in epoch([np.arange(BATCH)]):
        pass  # not measured: work done only once, such as the allocation of memory
    begin, best = time.perf_counter(), np.inf
    for _ in range(ROUNDS):
        order, start = random.permutation(count), time.perf_counter()
        batches = [order[first : first + BATCH] for first in range(0, count, BATCH)]
        for done, _ in enumerate(epoch(batches), start=1):
            if time.perf_counter() - begin > PATIENCE and done < len(batches):
                extrapolated = (time.perf_counter() - start) * len(batches) / done
                return (best, False) if np.isfinite(best) else (extrapolated, True)
        best = min(best, time.perf_counter() - start)
    return best, False


def measure_solver(name: str, number: str) -> dict:
    """Measure one solver on one of SIZES."""
    count, side, hidden = SIZES[int(number)]
    pixels, label = faces(count, side)
    start = time.perf_counter()
    epoch = SOLVERS[name](pixels, label, [side * side, *hidden, 1])
    ready = time.perf_counter() - start
    seconds, extrapolated = epoch_seconds(epoch, count)
    return {'seconds': seconds, 'extrapolated': extrapolated, 'ready': ready}


def best_time(work: Callable, times: int) -> float:
    """Return the shortest of the seconds that some runs of `work` take."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def measure_product() -> dict:
    """Measure, in operations a second, the largest products of float32 matrices and the solver's X W0 + K A."""
    count, _, (units, *_) = PUBLISHED
    matrix = np.random.default_rng(1).random((4096, 4096), np.float32)
    out = np.empty_like(matrix)
    pixels, _ = faces(count, 32)
    layer = GramLayer(GramMatrix(StandardRows(pixels)), np.zeros((32 * 32, units), np.float32))
    batches = np.random.default_rng(1).permutation(count)[:GROUP_ROWS].reshape(-1, BATCH)

    def product() -> None:
        layer.announce(list(batches), momentum=0.0)
        for batch in batches:
            layer.forward(batch)

    return {
        'peak': 2 * 4096**3 / best_time(lambda: np.matmul(matrix, matrix, out=out), 5),
        'product': 2 * GROUP_ROWS * count * units / best_time(product, 100),
    }


def measure_published() -> dict:
    """Measure the published training, from pictures in memory to the model file."""
    count, side, _ = PUBLISHED
    pixels, label = faces(count, side)
    start = time.perf_counter()
    training = Fitter(pixels, published_recipe()).fit(label, title='published')
    with tempfile.TemporaryDirectory() as folder:
        save_model(Model(training.network, PLACES, {}, 'random'), Path(folder) / 'model.npz')
    return {'seconds': time.perf_counter() - start}


def short_training(fitter: Fitter, label: np.ndarray, seed: int) -> None:
    """Train for some epochs on a Gram matrix that may be shared."""
    fitter.fit(label, seed=seed)


def measure_workers() -> dict:
    """Compare one training, with one BLAS thread, with one on each core at the same time."""
    count, side, hidden = SIZES[SHARED]
    pixels, label = faces(count, side)
    short = published_recipe(hidden=hidden, epochs=SHORT, solver='gram')
    task = partial(short_training, Fitter(pixels, short), label)
    workers = cpu_count()
    together = best_time(lambda: list(parallel_map(task, range(workers), workers, 'workers')), 3)
    with threadpool_limits(1):
        alone = best_time(lambda: task(0), 3)
    return {'workers': workers, 'share': alone / together}


MEASUREMENTS = {
    'solver': measure_solver,
    'product': measure_product,
    'published': measure_published,
    'workers': measure_workers,
}


def print_sizes(number: int) -> None:
    """Measure all solvers on one of SIZES, and print the table."""
    count, side, hidden = SIZES[number]
    print(f'\n{count} faces, {"-".join(map(str, [side * side, *hidden, 1]))}, batch {BATCH}\n')
    print('| | s an epoch | times as long | s before the first | peak MB |\n|---|--:|--:|--:|--:|')
    fastest = None
    for name in installed(SOLVERS):
        result = measured(MODULE, 'solver', name, number)
        fastest = fastest or result['seconds']
        mark = ' *' if result['extrapolated'] else ''
        print(
            f'| {name} | {result["seconds"]:.3f}{mark} | {result["seconds"] / fastest:.1f} '
            f'| {result["ready"]:.1f} | {result["memory"] / 1e6:.0f} |',
            flush=True,
        )


def main() -> None:
    """Measure all, each in a separate process, and print Markdown."""
    products = measured(MODULE, 'product')
    print(
        f'float32 matrix products: {products["peak"] / 1e9:.0f} GFLOP/s at most; '
        f'the Gram solver reaches {products["product"] / 1e9:.0f}, {products["product"] / products["peak"]:.0%} of it.'
    )
    for number in range(len(SIZES)):
        print_sizes(number)
    published = measured(MODULE, 'published')
    print(
        f'\n\\* extrapolated from {PATIENCE} s.\n\n'
        f'The published training, {EPOCHS} epochs from pictures to model file: '
        f'{published["seconds"]:.0f} s, at most {published["memory"] / 1e6:.0f} MB.'
    )
    shared = measured(MODULE, 'workers')
    print(
        f'\n{shared["workers"]} trainings at once on one Gram matrix, a core and a BLAS thread each: '
        f'{shared["share"]:.0%} of {shared["workers"]} times the speed of one.'
    )
    print_whole_trainings()


if __name__ == '__main__':
    if len(sys.argv) > 1:
        hand_over(MEASUREMENTS[sys.argv[1]](*sys.argv[2:]))
    else:
        main()
