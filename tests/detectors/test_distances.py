"""Nearest faces by tiles, compared with all distances at once."""

import numpy as np
import pytest

from stages.detectors import distances
from stages.detectors.distances import NEAREST, Halves, Tile, nearest, squared_distances, tiles
from stages.network.inputs import standardise
from tests.detectors.made_up import memory_of


def all_distances(pixels):
    rows, mirrored = standardise(pixels).astype(float), standardise(pixels[:, :, ::-1]).astype(float)
    return [((rows[:, None] - others) ** 2).sum(axis=2) for others in (rows, mirrored)]


@pytest.mark.parametrize('side', [16, 15])
def test_distances_by_halves_are_those_of_whole_faces(random, side):
    pixels = random.integers(0, 256, (12, side, side)).astype(np.uint8)
    halves = Halves.of(pixels)
    for found, expected in zip(squared_distances(halves, halves), all_distances(pixels), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=0.02)


@pytest.mark.parametrize('rows', [7, 16, 40, 41])
def test_nearest_rows_do_not_depend_on_the_tiles(people, monkeypatch, rows):
    pixels, _ = people
    monkeypatch.setattr(distances, 'TILE_ROWS', rows)
    found = nearest(tiles(pixels), len(pixels))
    expected = np.minimum(*all_distances(pixels))
    np.fill_diagonal(expected, np.inf)
    order = np.argsort(expected, axis=1, kind='stable')[:, :NEAREST]
    np.testing.assert_array_equal(found.position, order)
    np.testing.assert_allclose(found.distance, np.take_along_axis(expected, order, axis=1), rtol=1e-3, atol=0.02)


@pytest.mark.parametrize('step', [3, 10, 40])
def test_first_of_equally_near_rows_come_first(random, step):
    # Few distinct values, so that most distances are equal.
    values = random.integers(0, 4, (40, 40)).astype(np.float32)
    values = np.minimum(values, values.T)
    parts = [slice(start, min(start + step, 40)) for start in range(0, 40, step)]
    every = [
        Tile(part, other, values[part, other], values[part, other] + 1)
        for number, part in enumerate(parts) for other in parts[number:]
    ]  # fmt: skip
    alone = values.copy()
    np.fill_diagonal(alone, np.inf)
    np.testing.assert_array_equal(nearest(every, 40).position, np.argsort(alone, axis=1, kind='stable')[:, :NEAREST])


def test_many_equally_near_rows_are_cut_to_the_first(monkeypatch):
    monkeypatch.setattr(distances, 'CROWDED', 6)
    monkeypatch.setattr(distances, 'TILE_ROWS', 15)
    found = nearest(tiles(np.full((40, 16, 16), 90, np.uint8)), 40)
    assert found.position[0].tolist() == [1, 2, 3, 4, 5]
    assert found.position[30].tolist() == [0, 1, 2, 3, 4]
    assert not found.distance.any()


def test_equal_faces_have_no_distance(random):
    pixels = np.repeat(random.integers(0, 256, (3, 16, 16)).astype(np.uint8), 20, axis=0)
    plain, _ = squared_distances(Halves.of(pixels), Halves.of(pixels))
    same = np.arange(60)[:, None] // 20 == np.arange(60) // 20
    assert not plain[same].any()
    assert (plain[~same] > 1).all()


def test_a_row_is_never_its_own_neighbour():
    found = nearest(tiles(np.full((4, 16, 16), 90, np.uint8)), 4)
    assert found.position.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def test_not_all_distances_are_in_memory_at_once(random, monkeypatch):
    pixels = random.integers(0, 256, (2000, 8, 8)).astype(np.uint8)
    monkeypatch.setattr(distances, 'TILE_ROWS', 200)
    assert memory_of(lambda: nearest(tiles(pixels), 2000)) < 4 * 2000**2 / 4
