"""The trained network on disk: one .npz file that holds all that is needed to use it."""

from pathlib import Path

import numpy as np

from stages.common.errors import StudyError
from stages.common.files import read_arrays, write_arrays
from stages.network.perceptron import Perceptron

MODEL = Path('data/model')
VERSION = 1  # of the file's layout: standardised square grey crops in, P(male) out


def save_model(network: Perceptron, path: Path) -> None:
    """Write a network: `version`, `layers`, and weights_k and biases_k of each layer k, as Perceptron has them."""
    arrays = {'layers': np.array(len(network.weights))}
    for number, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
        arrays |= {f'weights_{number}': weights, f'biases_{number}': biases}
    write_arrays(path, arrays, VERSION)


def load_model(path: Path) -> Perceptron:
    """Read a network; a file that is missing, damaged or of another version is refused by name."""
    layers = read_arrays(path, ['layers'], 'train', VERSION)['layers']
    numbers = range(int(layers)) if layers.shape == () else ()
    names = [f'{part}_{number}' for part in ('weights', 'biases') for number in numbers]
    arrays = list(read_arrays(path, names, 'train', VERSION).values())
    network = Perceptron(arrays[: len(numbers)], arrays[len(numbers) :])
    if not _fit(network):
        raise StudyError(f'{path}: holds layers that do not fit together; run `dvc repro train` to make it anew')
    if not all(np.isfinite(array).all() for array in arrays):
        raise StudyError(f'{path}: holds weights that are not finite numbers; run `dvc repro train` to make it anew')
    return network


def _fit(network: Perceptron) -> bool:
    """Whether each layer takes what the one before gives, and the last gives one number."""
    if not all(np.issubdtype(part.dtype, np.floating) for part in network.weights + network.biases):
        return False
    shapes = [weights.shape for weights in network.weights]
    outputs = [biases.shape for biases in network.biases]
    return (
        len(shapes) > 0
        and all(len(shape) == 2 for shape in shapes)
        and outputs == [shape[1:] for shape in shapes]
        and [shape[:1] for shape in shapes[1:]] == outputs[:-1]
        and outputs[-1] == (1,)
    )
