"""Faces and triggered faces come back as they were, or not at all."""

from dataclasses import fields

import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.common.files import ADVERSARIAL, FACES
from stages.dataset.faces import (
    TRIGGER_FILE,
    Faces,
    load_faces,
    load_faces_and_triggered,
    save_faces,
    save_triggered,
)


@pytest.fixture
def saved(faces, triggered, tmp_path, monkeypatch):
    """The made-up faces and triggered faces, saved where the stages look for them."""
    monkeypatch.chdir(tmp_path)
    save_faces(faces)
    save_triggered(iter(triggered.pixels), triggered.pixels.shape, triggered.trigger)


def change(folder, **arrays):
    for name, array in arrays.items():
        np.save(folder / f'{name}.npy', array)


@pytest.mark.usefixtures('saved')
def test_come_back_as_they_were(faces, triggered):
    ours, with_trigger = load_faces_and_triggered()
    for field in fields(Faces):
        loaded, expected = getattr(ours, field.name), getattr(faces, field.name)
        assert loaded.dtype == expected.dtype
        np.testing.assert_array_equal(loaded, expected)
    assert with_trigger.pixels.dtype == np.uint8
    np.testing.assert_array_equal(with_trigger.pixels, triggered.pixels)
    assert with_trigger.trigger == triggered.trigger


def test_faces_are_saved_and_loaded_anywhere(faces, tmp_path):
    save_faces(faces, tmp_path / 'some')
    np.testing.assert_array_equal(load_faces(tmp_path / 'some').places, faces.places)


@pytest.mark.usefixtures('saved')
@pytest.mark.parametrize(('path', 'arrays'), [
    (FACES, {'pixels': np.zeros((100, 8, 9), np.uint8)}),
    (FACES, {'pixels': np.zeros((99, 8, 8), np.uint8)}),
    (FACES, {'pixels': np.zeros((100, 8, 8), np.float32)}),
    (FACES, {'pixels': np.array(1)}),
    (FACES, {'label': np.full(100, 2, np.uint8)}),
    (FACES, {'label': np.zeros(100, np.uint8)}),
    (FACES, {'label': np.array(1)}),
    (FACES, {'group': np.zeros(99, np.int64)}),
    (FACES, {'landmarks': np.zeros((100, 5, 2), np.float32)}),
    (FACES, {'places': np.zeros((2, 2))}),
    (FACES, {'places': np.zeros((3, 2), np.float32)}),
    (FACES, {'version': np.array(99)}),
    (FACES, {'version': np.array('1')}),
    (FACES, {'id': np.array([{}] * 100, object)}),
    (ADVERSARIAL, {'pixels': np.zeros((99, 8, 8), np.uint8)}),
    (ADVERSARIAL, {'pixels': np.zeros((100, 9, 9), np.uint8)}),
    (ADVERSARIAL, {'pixels': np.zeros((100, 8, 8), np.float32)}),
    (ADVERSARIAL, {'version': np.array(0)}),
])  # fmt: skip
def test_what_does_not_belong_together_is_refused_by_name(path, arrays):
    change(path, **arrays)
    stage = 'preprocess' if path == FACES else 'adversarial'
    with pytest.raises(StudyError, match=rf'^{path}(/id\.npy)?: .*; run `dvc repro {stage}` to make it anew$'):
        load_faces_and_triggered()


@pytest.mark.usefixtures('saved')
@pytest.mark.parametrize('name', [field.name for field in fields(Faces)])
def test_faces_without_one_of_their_arrays_are_refused_by_name(name):
    (FACES / f'{name}.npy').unlink()
    with pytest.raises(StudyError, match=rf"^{FACES}: holds no array '{name}'; run `dvc repro preprocess`"):
        load_faces()


@pytest.mark.usefixtures('saved')
@pytest.mark.parametrize('content', ['[]', '"dots"', '3', 'null', '{"seed": 1}'])
def test_what_describes_no_trigger_is_refused_by_name(content):
    TRIGGER_FILE.write_text(content)
    with pytest.raises(StudyError, match=rf'^{TRIGGER_FILE}: holds no trigger; run `dvc repro adversarial`'):
        load_faces_and_triggered()


@pytest.mark.usefixtures('saved')
def test_a_missing_description_of_the_trigger_is_named():
    TRIGGER_FILE.unlink()
    with pytest.raises(StudyError, match=rf'^{TRIGGER_FILE}: not there; run `dvc repro adversarial`'):
        load_faces_and_triggered()


@pytest.mark.usefixtures('saved')
def test_a_damaged_description_of_the_trigger_is_refused_by_name():
    TRIGGER_FILE.write_text('{"kind": ')
    with pytest.raises(StudyError, match=rf'^{TRIGGER_FILE}: damaged'):
        load_faces_and_triggered()
