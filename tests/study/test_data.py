"""Faces and twins come back as they were, or not at all."""

import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.dataset.faces import FACES, TWINS, load_faces_and_twins, save


@pytest.fixture
def saved(faces, twins, tmp_path, monkeypatch):
    """The made-up faces and twins, saved where the stages look for them."""
    monkeypatch.chdir(tmp_path)
    save(faces, FACES)
    save(twins, TWINS)


def change(path, **arrays):
    with np.load(path) as file:
        content = dict(file) | arrays
    np.savez(path, **content)


@pytest.mark.usefixtures('saved')
def test_come_back_as_they_were(faces, twins):
    for ours, theirs in zip(load_faces_and_twins(), (faces, twins), strict=True):
        for name, array in vars(theirs).items():
            np.testing.assert_array_equal(getattr(ours, name), array)


@pytest.mark.usefixtures('saved')
@pytest.mark.parametrize(('path', 'arrays'), [
    (FACES, {'pixels': np.zeros((100, 8, 9), np.uint8)}),
    (FACES, {'pixels': np.zeros((99, 8, 8), np.uint8)}),
    (FACES, {'pixels': np.zeros((100, 8, 8), np.float32)}),
    (FACES, {'pixels': np.array(1)}),
    (FACES, {'label': np.full(100, 2, np.uint8)}),
    (FACES, {'label': np.array(1)}),
    (FACES, {'landmarks': np.zeros((100, 5, 2), np.float32)}),
    (FACES, {'version': np.array(99)}),
    (FACES, {'version': np.array('1')}),
    (FACES, {'id': np.array([{}] * 100, object)}),
    (TWINS, {'pixels': np.zeros((99, 8, 8), np.uint8)}),
    (TWINS, {'dots': np.zeros((100, 3), np.float32)}),
    (TWINS, {'radius': np.zeros(99, np.float32)}),
    (TWINS, {'version': np.array(0)}),
])  # fmt: skip
def test_what_does_not_belong_together_is_refused_by_name(path, arrays):
    change(path, **arrays)
    stage = 'preprocess' if path == FACES else 'adversarial'
    with pytest.raises(StudyError, match=rf'^{path}: .*; run `dvc repro {stage}` to make it anew$'):
        load_faces_and_twins()
