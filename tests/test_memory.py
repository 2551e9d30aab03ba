"""Peak memory does not grow with the pixels of all faces."""

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


def growth(prepare: Callable[[int], Callable[[], object]]) -> float:
    """Return by how many bytes per face the peak memory of the prepared work grows with the number of faces."""
    peaks = []
    prepare(20)()  # imports and caches
    for count in (FEW, MANY):
        work = prepare(count)
        tracemalloc.start()
        work()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return (peaks[1] - peaks[0]) / (MANY - FEW)


@pytest.fixture
def mapped(tmp_path, monkeypatch):
    """Return a function that maps random faces from a file; a block has fewer than FEW rows of the network."""
    monkeypatch.setattr('stages.network.inputs.BLOCK_BYTES', 50 * 4 * FACE)

    def faces(count: int) -> np.ndarray:
        with array_folder(tmp_path / f'{count}', 1) as draft:
            pixels = np.random.default_rng(1).integers(0, 256, (count, SIDE, SIDE), np.uint8)
            save_blocks(draft, 'x', [pixels], pixels.shape, np.uint8)
        return map_arrays(tmp_path / f'{count}', ['x'], 'preprocess', 1)['x']

    return faces


def test_adversarial_stage_does_not_keep_faces_in_memory(tmp_path, monkeypatch, crops):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'params.yaml').write_text((ROOT / 'params.yaml').read_text())

    def prepare(count: int) -> Callable:
        chosen = [crops[number % len(crops)] for number in range(count)]
        number = np.arange(count)
        pixels, landmarks = (np.stack([getattr(crop, name) for crop in chosen]) for name in ('pixels', 'landmarks'))
        names, label, chosen = number.astype(str), (number % 2).astype(np.uint8), np.ones(count, bool)
        pair = np.full(count, '')
        save_faces(Faces(pixels, label, names, names, number, pair, landmarks, number, chosen, Frame(SIDE).places))
        return adversarial.main

    # The positions of the dots of each face remain, so that no two faces have the same ones.
    assert growth(prepare) < FACE / 4
    faces, triggered = load_faces_and_triggered()
    assert len(triggered.pixels) == len(faces.pixels) == MANY


def test_preprocessing_does_not_keep_crops_in_memory(tmp_path):
    def keep(count: int) -> None:
        crops, black = Crops(SIDE, tmp_path / 'faces'), np.zeros((SIDE, SIDE), np.uint8)
        made = (
            (PhotoResult({}, 'found'), Crop(black, np.zeros((68, 2), np.float32)), np.zeros((64, 64), np.uint8))
            for _ in range(count)
        )
        results = list(crops.keep(made))
        assert crops.of(results, 'pixels').shape == (count, SIDE, SIDE)

    assert growth(lambda count: partial(keep, count)) < FACE / 4


def test_array_is_written_block_by_block(tmp_path, mapped, monkeypatch):
    monkeypatch.setattr('stages.common.arrays.BLOCK_ROWS', 50)

    @dataclass
    class Arrays:
        y: Stack

    def prepare(count: int) -> Callable:
        return partial(save_fields, tmp_path / 'y', Arrays(Stack(mapped(count))), 1)

    assert growth(prepare) < FACE / 4


def test_direct_solver_keeps_one_batch_of_rows_in_memory(mapped):
    def prepare(count: int) -> Callable:
        pixels = mapped(count)
        how = recipe(solver='direct', hidden=[8], epochs=2)
        return lambda: Fitter(pixels, how).fit(np.arange(count) % 2)

    # The mean and deviation of each face, its label, and its loss in each epoch remain.
    assert growth(prepare) < FACE / 4


def test_predictions_keep_one_block_of_rows_in_memory(mapped):
    network = initial_perceptron([FACE, 8, 1], np.random.default_rng(1))
    assert growth(lambda count: partial(predict, network, mapped(count))) < FACE / 4
