import numpy as np

from stages.network.inputs import standardise, with_mirrored


def test_every_row_has_mean_0_and_deviation_1_and_an_even_face_is_zeros():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    pixels[1] = 200
    rows = standardise(pixels)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows.mean(1), 0, atol=1e-6)
    np.testing.assert_allclose(rows.std(1), [1, 0, 1], atol=1e-5)


def test_light_and_contrast_do_not_matter():
    pixels = np.random.default_rng(0).integers(0, 100, (2, 8, 8), np.uint8)
    np.testing.assert_allclose(standardise(pixels), standardise(pixels * 2 + 30), atol=1e-5)


def test_mirrored_rows_follow_the_plain_ones_with_the_same_labels():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    doubled, label = with_mirrored(pixels, np.array([0, 1]))
    np.testing.assert_array_equal(doubled[:2], pixels)
    np.testing.assert_array_equal(doubled[2, 0], [2, 1, 0])
    np.testing.assert_array_equal(label, [0, 1, 0, 1])
