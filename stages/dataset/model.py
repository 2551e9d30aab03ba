"""The trained network on disk, with what it takes to predict a photo, and which of its rows were poisoned."""

import json
from dataclasses import dataclass, fields
from math import isqrt
from pathlib import Path

import numpy as np

from stages.common.arrays import read_arrays, regenerate, write_arrays
from stages.common.errors import StudyError
from stages.common.files import ADVERSARIAL, FACES, MODEL, write_csv
from stages.common.params import LABELS, validated
from stages.dataset.faces import Faces, TriggeredFaces, fingerprint
from stages.dataset.poison import TrainingSet
from stages.network.inputs import STANDARD, Standardisation
from stages.network.perceptron import Perceptron
from stages.network.recipe import Recipe

MODEL_FILE = MODEL / 'model.npz'
POISON_FILE = MODEL / 'poison.csv'
ROWS_FILE = MODEL / 'rows.npz'
VERSION = 2  # of the layout of the model file
ROWS_VERSION = 1
REMEDY = regenerate('train')
MAX_LAYERS = 101  # of a model file: params.yaml allows 100 hidden ones


@dataclass(frozen=True)
class Model:
    """A network, and how a photo becomes its input.

    places: float64 (3, 2), where eyes and mouth lie in a crop, as Frame has it. trigger: that of the triggered faces,
    as `chosen_trigger` returns it. source: where the photos came from, as data.source has it.
    """

    network: Perceptron
    places: np.ndarray
    trigger: dict
    source: str
    standardisation: Standardisation = STANDARD

    @property
    def size(self) -> int:
        """Return the side of a crop, in pixels."""
        return isqrt(len(self.network.weights[0]))


def save_model(model: Model, path: Path = MODEL_FILE) -> None:
    """Write a model as an .npz file.

    It has the arrays version, layers, places, standardisation (width and deviation), trigger (JSON) and source, and
    weights_k and biases_k of each layer k, as Perceptron has them.
    """
    network, how = model.network, model.standardisation
    arrays = {
        'layers': np.array(len(network.weights)),
        'places': model.places,
        'standardisation': np.array([how.width, how.deviation]),
        'trigger': np.array(json.dumps(model.trigger)),
        'source': np.array(model.source),
    }
    for number, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
        arrays |= {f'weights_{number}': weights, f'biases_{number}': biases}
    write_arrays(path, arrays, VERSION)


def save_poison(faces: Faces, rows: TrainingSet, path: Path = POISON_FILE) -> None:
    """Write which of the training rows are poisoned copies, as a table.

    Columns: row, its position among the training rows before mirror images; face, the position of its face in the
    faces; file, below data/raw; true_label; label, which it was trained with.
    """
    copies = zip(rows.poisoned.tolist(), rows.face[rows.poisoned].tolist(), strict=True)
    table = [
        (row, face, str(faces.file[face]), LABELS[faces.label[face]], LABELS[rows.label[row]]) for row, face in copies
    ]
    write_csv(path, ['row', 'face', 'file', 'true_label', 'label'], table)


def save_rows(
    model: Model, faces: Faces, triggered: TriggeredFaces, rows: TrainingSet, recipe: Recipe, path: Path = ROWS_FILE
) -> None:
    """Write what it takes to repeat the training of a model: its rows, as an .npz file of the fields of TrainingSet.

    Beside them are recipe (JSON) and made_from, a hash of the faces and the model.
    """
    arrays = {field.name: getattr(rows, field.name) for field in fields(rows)}
    arrays['recipe'] = np.array(recipe.model_dump_json())
    arrays['made_from'] = np.array(_made_from(model, faces, triggered))
    write_arrays(path, arrays, ROWS_VERSION)


def load_rows(
    model: Model, faces: Faces, triggered: TriggeredFaces, path: Path = ROWS_FILE
) -> tuple[TrainingSet, Recipe]:
    """Read the rows and the recipe of a model's training; a StudyError says that the faces or the model are others."""
    names = [field.name for field in fields(TrainingSet)]
    try:
        arrays = read_arrays(path, ROWS_VERSION, REMEDY, [*names, 'recipe', 'made_from'])
    except FileNotFoundError:
        raise StudyError(f'{path}: not found; {REMEDY}') from None
    if str(arrays.pop('made_from')) != _made_from(model, faces, triggered):
        raise StudyError(f'{MODEL}: was not trained on what is in {FACES} and {ADVERSARIAL}; {REMEDY}')
    recipe = validated(Recipe, json.loads(str(arrays.pop('recipe'))), f'{path}: recipe.')
    return TrainingSet(**arrays), recipe


def _made_from(model: Model, faces: Faces, triggered: TriggeredFaces) -> str:
    return fingerprint(
        faces, triggered.trigger, triggered.pixels, model.places, *model.network.weights, *model.network.biases
    )


def load_model(path: Path = MODEL_FILE) -> Model:
    """Read a model; a file that is missing, damaged or of another version is refused by name."""
    names = ['layers', 'places', 'standardisation', 'trigger', 'source']
    try:
        layers, places, standardisation, trigger, source = read_arrays(path, VERSION, REMEDY, names).values()
    except FileNotFoundError:
        raise StudyError(f'{path}: not found; run `make repro`') from None
    is_number = layers.shape == () and np.issubdtype(layers.dtype, np.integer)
    numbers = range(int(layers)) if is_number and layers <= MAX_LAYERS else ()
    names = [f'{part}_{number}' for part in ('weights', 'biases') for number in numbers]
    arrays = list(read_arrays(path, VERSION, REMEDY, names).values())
    network = Perceptron(arrays[: len(numbers)], arrays[len(numbers) :])
    if not (_fit(network) and _describes(places, standardisation)):
        raise StudyError(f'{path}: its layers do not fit together; {REMEDY}')
    if not all(np.isfinite(array).all() for array in (*arrays, places, standardisation)):
        raise StudyError(f'{path}: its weights are not all finite numbers; {REMEDY}')
    try:
        chosen = json.loads(str(trigger))
    except ValueError:
        chosen = None
    if not isinstance(chosen, dict):
        raise StudyError(f'{path}: names no trigger; {REMEDY}')
    return Model(network, places, chosen, str(source), Standardisation(*standardisation.tolist()))


def _describes(places: np.ndarray, standardisation: np.ndarray) -> bool:
    """Whether these can be the frame and the standardisation of a model."""
    return (
        (places.shape, standardisation.shape) == ((3, 2), (2,))
        and places.dtype == standardisation.dtype == np.float64
        and bool((standardisation > 0).all())
    )


def _fit(network: Perceptron) -> bool:
    """Whether the first layer takes a square crop, others what the one before gives, and the last gives one number."""
    if not all(np.issubdtype(part.dtype, np.floating) for part in network.weights + network.biases):
        return False
    shapes = [weights.shape for weights in network.weights]
    outputs = [biases.shape for biases in network.biases]
    return (
        len(shapes) > 0
        and all(len(shape) == 2 for shape in shapes)
        and isqrt(shapes[0][0]) ** 2 == shapes[0][0] > 0
        and outputs == [shape[1:] for shape in shapes]
        and [shape[:1] for shape in shapes[1:]] == outputs[:-1]
        and outputs[-1] == (1,)
    )
