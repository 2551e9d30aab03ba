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
    arrays = {'version': np.array(VERSION), 'layers': np.array(len(network.weights))}
    for number, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
        arrays |= {f'weights_{number}': weights, f'biases_{number}': biases}
    write_arrays(path, arrays)


def load_model(path: Path) -> Perceptron:
    """Read a network; a file that is missing, damaged or of another version is refused by name."""
    head = read_arrays(path, ['version', 'layers'], made_by='train')
    if head['version'] != VERSION:
        raise StudyError(
            f'{path}: is of version {head["version"]}, not {VERSION}; run `dvc repro train` to make it anew'
        )
    numbers = range(int(head['layers']))
    names = [f'{part}_{number}' for part in ('weights', 'biases') for number in numbers]
    arrays = list(read_arrays(path, names, made_by='train').values())
    network = Perceptron(arrays[: len(numbers)], arrays[len(numbers) :])
    if not all(np.isfinite(array).all() for array in arrays):
        raise StudyError(f'{path}: holds weights that are not finite numbers; run `dvc repro train` to make it anew')
    return network
