import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from stages.network.inputs import Standardisation, StandardRows, gaussian_window, standardise


def test_every_face_has_the_same_weighted_mean_and_deviation_and_an_even_face_is_zeros():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    pixels[1] = 200
    rows = standardise(pixels)
    assert rows.dtype == np.float32
    weights = gaussian_window(8).ravel()
    faces = rows / weights
    np.testing.assert_allclose(np.average(faces, 1, weights), 0, atol=1e-5)
    np.testing.assert_allclose(np.average(faces**2, 1, weights), [36, 0, 36], rtol=1e-5)


def test_window_and_deviation_can_be_changed():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    rows = standardise(pixels, Standardisation(width=0.2, deviation=5.0))
    weights = gaussian_window(8, 0.2).ravel()
    assert not np.allclose(weights, gaussian_window(8).ravel(), atol=0.1)
    np.testing.assert_allclose(np.average(rows / weights, 1, weights), 0, atol=1e-4)
    np.testing.assert_allclose(np.average((rows / weights) ** 2, 1, weights), 25, rtol=1e-4)


def test_rows_can_have_double_precision():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    rows = StandardRows(pixels, np.float64).columns(slice(None))
    assert rows.dtype == np.float64
    np.testing.assert_allclose(rows, standardise(pixels), atol=1e-5)
    weights = gaussian_window(8).ravel()
    np.testing.assert_allclose(np.average(rows / weights, 1, weights), 0, atol=1e-14)


def test_window_is_largest_in_the_middle_and_symmetrical():
    weights = gaussian_window(9)
    assert weights[4, 4] == weights.max() == 1
    assert weights[0, 0] < weights[0, 4] < weights[2, 4]
    np.testing.assert_allclose(weights, weights[::-1].T)


def test_light_and_contrast_do_not_matter():
    pixels = np.random.default_rng(0).integers(0, 100, (2, 8, 8), np.uint8)
    np.testing.assert_allclose(standardise(pixels), standardise(pixels * 2 + 30), atol=1e-5)


@pytest.mark.parametrize('size', [8, 9])
def test_components_have_the_products_of_faces_and_mirror_images(size):
    pixels = np.random.default_rng(0).integers(0, 256, (3, size, size), np.uint8)
    rows = StandardRows(pixels, np.float64, mirror=True)
    assert (len(rows), rows.views) == (3, 2)
    plain, mirrored = (StandardRows(part, np.float64).columns(slice(None)) for part in (pixels, pixels[:, :, ::-1]))
    even, odd = (part @ part.T for part in rows.components(slice(None)))
    np.testing.assert_allclose((even + odd) / 2, plain @ plain.T, atol=1e-9)
    np.testing.assert_allclose((even - odd) / 2, plain @ mirrored.T, atol=1e-9)
    some = rows.components(slice(2 * size, 5 * size), np.array([2, 0]))
    np.testing.assert_allclose(rows.joined(some), plain[[2, 0], 2 * size : 5 * size], atol=1e-12)


def test_the_only_component_without_mirror_images_is_the_row():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    rows = StandardRows(pixels)
    (whole,) = rows.components(slice(None))
    np.testing.assert_array_equal(whole, standardise(pixels))
    assert rows.joined([whole]) is whole


@pytest.mark.parametrize('block', [1, 1000, 10**6])
def test_parts_and_blocks_cover_everything_once(block, monkeypatch):
    monkeypatch.setattr('stages.network.inputs.BLOCK_BYTES', block)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8), np.uint8)
    rows = StandardRows(pixels)
    whole = rows.columns(slice(None))
    np.testing.assert_array_equal(np.concatenate([rows.columns(part) for part in rows.parts()], axis=1), whole)
    blocks = [rows.columns(slice(None), block) for block in rows.blocks()]
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    assert len(blocks) == {1: 5, 1000: 2, 10**6: 1}[block]


def test_rows_do_not_depend_on_the_number_of_blas_threads():
    pixels = np.random.default_rng(0).integers(0, 256, (500, 64, 64), np.uint8)
    rows = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            rows.append(standardise(pixels))
    np.testing.assert_array_equal(*rows)
