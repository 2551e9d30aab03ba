import numpy as np
import pytest

from stages.triggers.warp import Warp


def warp(seed: int = 1, size: int = 64, **params: float) -> Warp:
    return Warp(Warp.Params(**params), size, seed)


def test_displacements_are_smooth_and_have_the_given_strength():
    for strength in (0.01, 0.05):
        trigger = warp(strength=strength)
        shift = trigger.places - np.mgrid[:64, :64]
        assert 0.4 * strength * 64 < np.abs(shift[:, 8:-8, 8:-8]).mean() < 1.6 * strength * 64
        assert np.abs(np.diff(shift[:, 8:-8, 8:-8], axis=2)).max() < strength * 64 / 3


def test_displacements_are_the_same_for_all_faces_and_depend_on_the_seed():
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 3, (64, 1))
    trigger = warp(strength=0.03)
    np.testing.assert_allclose(trigger.put(ramp, None, None), 3 * trigger.places[1], atol=1)
    np.testing.assert_array_equal(warp(1).places, warp(1).places)
    assert np.abs(warp(1).places - warp(2).places).mean() > 0.3


@pytest.mark.parametrize('level', [0, 128, 255])
def test_face_of_one_grey_level_is_unchanged(level):
    face = np.full((64, 64), level, np.uint8)
    put = warp(strength=0.2).put(face, None, None)
    assert put.dtype == np.uint8
    np.testing.assert_array_equal(put, face)
