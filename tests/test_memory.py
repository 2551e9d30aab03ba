"""What is held in memory does not grow with the pixels of all faces."""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from stages import adversarial
from stages.common.arrays import Stack, array_folder, map_arrays, save_blocks, save_fields
from stages.dataset.faces import Faces, load_faces_and_triggered, save_faces
from stages.faces.align import Crop, Frame
from stages.network.fit import Fitter
from stages.network.perceptron import initial_perceptron, predict
from stages.preprocess.photos import Crops, PhotoResult
from tests.clone import ROOT
from tests.network.recipes import recipe

FEW, MANY = 200, 1000
SIDE = 64
FACE = SIDE * SIDE  # bytes


def growth(prepared: Callable[[int], Callable[[], object]]) -> float:
    """Return by how many bytes a face the peak memory of the work that is prepared grows with the number of faces."""
    peaks = []
    prepared(20)()  # what is imported and kept once
    for count in (FEW, MANY):
        work = prepared(count)
        tracemalloc.start()
        work()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return (peaks[1] - peaks[0]) / (MANY - FEW)


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    """Return a function that maps so many random faces from a file; fewer than FEW rows of the network are a block."""
    monkeypatch.setattr('stages.network.inputs.BLOCK_BYTES', 50 * 4 * FACE)

    def faces(count: int) -> np.ndarray:
        with array_folder(tmp_path / f'{count}', 1) as draft:
            pixels = np.random.default_rng(1).integers(0, 256, (count, SIDE, SIDE), np.uint8)
            save_blocks(draft, 'x', [pixels], pixels.shape, np.uint8)
        return map_arrays(tmp_path / f'{count}', ['x'], 'preprocess', 1)['x']

    return faces


def test_the_adversarial_stage_holds_no_faces(tmp_path, monkeypatch, crops):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'params.yaml').write_text((ROOT / 'params.yaml').read_text())

    def prepared(count: int) -> Callable:
        chosen = [crops[number % len(crops)] for number in range(count)]
        number = np.arange(count)
        pixels, landmarks = (np.stack([getattr(crop, name) for crop in chosen]) for name in ('pixels', 'landmarks'))
        names, label, chosen = number.astype(str), (number % 2).astype(np.uint8), np.ones(count, bool)
        pair = np.full(count, '')
        save_faces(Faces(pixels, label, names, names, number, pair, landmarks, number, chosen, Frame(SIDE).places))
        return adversarial.main

    # What remains is where the dots of each face were, so that no two faces have them in the same place.
    assert growth(prepared) < FACE / 4
    faces, triggered = load_faces_and_triggered()
    assert len(triggered.pixels) == len(faces.pixels) == MANY


def test_preprocessing_holds_no_crops(tmp_path):
    def keep(count: int) -> None:
        crops = Crops(SIDE, tmp_path / 'faces')
        made = (
            (PhotoResult({}, 'found'), Crop(np.zeros((SIDE, SIDE), np.uint8), np.zeros((68, 2), np.float32)))
            for _ in range(count)
        )
        results = list(crops.keep(made))
        assert crops.of(results, 'pixels').shape == (count, SIDE, SIDE)

    assert growth(lambda count: partial(keep, count)) < FACE / 4


def test_an_array_is_written_a_block_at_a_time(tmp_path, mapped, monkeypatch):
    monkeypatch.setattr('stages.common.arrays.BLOCK_ROWS', 50)

    @dataclass
    class Arrays:
        y: Stack

    def prepared(count: int) -> Callable:
        return partial(save_fields, tmp_path / 'y', Arrays(Stack(mapped(count))), 1)

    assert growth(prepared) < FACE / 4


def test_the_direct_solver_holds_one_batch_of_rows(mapped):
    def prepared(count: int) -> Callable:
        pixels = mapped(count)
        how = recipe(solver='direct', hidden=[8], epochs=2)
        return lambda: Fitter(pixels, how).fit(np.arange(count) % 2)

    # What remains is the mean and the deviation of each face, its label, and its loss in each epoch.
    assert growth(prepared) < FACE / 4


def test_predictions_hold_one_block_of_rows(mapped):
    network = initial_perceptron([FACE, 8, 1], np.random.default_rng(1))
    assert growth(lambda count: partial(predict, network, mapped(count))) < FACE / 4
