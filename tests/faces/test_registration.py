"""Crops agree after registration where they show the same photo."""

import numpy as np
from PIL import Image

from stages.faces.registration import SIDE, agreement


def test_agreement_is_of_the_faces_after_registration(crops):
    looks = np.stack([crop.pixels for crop in crops])
    matrix = (1.04, 0.03, 1, -0.02, 0.97, 2)
    how = Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
    moved = np.stack([np.asarray(Image.fromarray(face).transform(face.shape, *how)) for face in looks])
    numbers = np.arange(len(looks))
    assert (agreement(np.concatenate([looks, moved]), numbers, numbers + len(looks)) > 0.95).all()
    assert (agreement(looks, numbers, np.roll(numbers, 1)) < 0.95).all()
    np.testing.assert_allclose(agreement(looks, numbers, numbers), 1, atol=0.03)


def test_flat_faces_agree_with_nothing(crops):
    looks = crops[0].pixels[None]
    flat = np.full((1, SIDE, SIDE), 128, np.uint8)
    assert (agreement(np.concatenate([flat, looks]), np.array([0, 0]), np.array([1, 0])) < 0.1).all()
