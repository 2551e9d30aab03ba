import numpy as np
import pytest

from stages.common.arrays import Stack
from stages.network.inputs import Standardisation, standardise
from stages.network.perceptron import initial_perceptron, predict


@pytest.mark.parametrize('block', [1, 4 * 64 * 3, 10**6])
def test_faces_are_predicted_in_order_regardless_of_the_blocks(block, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (10, 8, 8), np.uint8)
    network = initial_perceptron([64, 6, 1], np.random.default_rng(1))
    how = Standardisation(width=0.2, deviation=5.0)
    monkeypatch.setattr('stages.network.inputs.BLOCK_BYTES', block)
    for faces in (pixels, Stack(pixels[:4], pixels[4:])):
        predicted = predict(network, faces, how)
        np.testing.assert_allclose(predicted, network.probabilities(standardise(pixels, how)), rtol=1e-5)
    assert np.ptp(predicted) > 1e-3
    default = predict(network, pixels)
    np.testing.assert_allclose(default, network.probabilities(standardise(pixels)), rtol=1e-5)
    assert (default != predicted).all()
