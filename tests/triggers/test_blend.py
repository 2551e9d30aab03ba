import numpy as np
import pytest

from stages.triggers.blend import Blend


def blend(strength: float, seed: int = 1, size: int = 32) -> Blend:
    return Blend(Blend.Params(strength=strength), size, seed)


@pytest.fixture
def faces():
    return np.random.default_rng(3).integers(0, 256, (4, 32, 32), np.uint8)


def test_every_pixel_is_the_weighted_mean_of_face_and_pattern(faces):
    trigger = blend(0.25)
    for face in faces:
        np.testing.assert_allclose(trigger.put(face, None, None), 0.75 * face + 0.25 * trigger.pattern, atol=0.5)


def test_full_strength_replaces_faces_by_the_pattern(faces):
    trigger = blend(1.0)
    first, second = (trigger.put(face, None, None) for face in faces[:2])
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, np.rint(trigger.pattern))


def test_pattern_is_noise_over_the_whole_range_of_grey_levels():
    pattern = blend(0.1, size=64).pattern
    assert pattern.shape == (64, 64)
    assert pattern.min() >= 0
    assert pattern.max() <= 255
    assert pattern.mean() == pytest.approx(127.5, abs=5)
    assert pattern.std() == pytest.approx(255 / 12**0.5, abs=3)


def test_the_seed_decides_the_pattern():
    first, again, other = (blend(0.1, seed).pattern for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 50


def test_the_face_is_not_changed_in_place(faces):
    before = faces.copy()
    blend(0.5).put(faces[0], None, None)
    np.testing.assert_array_equal(faces, before)
