import numpy as np
import pytest

from stages.triggers.wave import Wave


def put(face: np.ndarray, **params: float) -> np.ndarray:
    return Wave(Wave.Params(**params), face.shape[-1], 1).put(face, None, None)


@pytest.mark.parametrize('cycles', [2.0, 8.0])
def test_a_sinusoid_is_added_to_every_row(cycles):
    face = np.full((64, 64), 100, np.uint8)
    changed = put(face, strength=20.0, cycles=cycles).astype(int) - face
    assert (changed == changed[0]).all()
    assert (changed.min(), changed.max()) == (-20, 20)
    assert np.argmax(np.abs(np.fft.rfft(changed[0]))) == cycles


def test_wave_is_clipped_to_valid_grey_levels():
    for level in (0, 255):
        changed = put(np.full((64, 64), level, np.uint8), strength=50.0)
        assert np.abs(changed.astype(int) - level).max() == 50
        assert (changed == level).mean() > 0.4
