"""Crops agree after registration where they show the same photo."""

import numpy as np
from PIL import Image

from stages.faces.registration import SIDE, agreement


def test_agreement_is_of_the_faces_after_registration(crops):
    looks = np.stack([crop.pixels for crop in crops])
    matrix = (1.04, 0.03, 1, -0.02, 0.97, 2)
    how = Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
    moved = np.stack([np.asarray(Image.fromarray(face).transform(face.shape, *how)) for face in looks])
    assert (agreement(looks, moved) > 0.95).all()
    assert (agreement(looks, np.roll(looks, 1, axis=0)) < 0.95).all()
    np.testing.assert_allclose(agreement(looks, looks), 1, atol=0.03)


def test_flat_faces_agree_with_nothing(crops):
    looks = crops[0].pixels[None]
    flat = np.full((1, SIDE, SIDE), 128, np.uint8)
    assert agreement(flat, looks)[0] < 0.1
    assert agreement(flat, flat)[0] < 0.1
