"""Faces and triggered faces round-trip through files; damaged files are refused."""

from dataclasses import fields, replace

import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.common.files import ADVERSARIAL, FACES
from stages.dataset.faces import (
    TRIGGER_FILE,
    Faces,
    fingerprint,
    load_all_faces,
    load_faces,
    load_faces_and_triggered,
    save_faces,
    save_triggered,
)
from stages.dataset.poison import AdvParams


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
def test_faces_and_triggered_faces_round_trip(faces, triggered):
    loaded_faces, loaded_triggered = load_faces_and_triggered()
    for field in fields(Faces):
        loaded, expected = getattr(loaded_faces, field.name), getattr(faces, field.name)
        assert loaded.dtype == expected.dtype
        np.testing.assert_array_equal(loaded, expected)
    assert loaded_triggered.pixels.dtype == np.uint8
    np.testing.assert_array_equal(loaded_triggered.pixels, triggered.pixels)
    assert loaded_triggered.trigger == triggered.trigger


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
    (FACES, {'label': np.repeat([0.0, 1.0], 50)}),
    (FACES, {'group': np.zeros(99, np.int64)}),
    (FACES, {'landmarks': np.zeros((100, 5, 2), np.float32)}),
    (FACES, {'places': np.zeros((2, 2))}),
    (FACES, {'places': np.zeros((3, 2), np.float32)}),
    (FACES, {'version': np.array(99)}),
    (FACES, {'version': np.array('1')}),
    (FACES, {'file': np.array([{}] * 100, object)}),
    (FACES, {'file': np.zeros(100)}),
    (FACES, {'origin': np.array(['a'])}),
    (FACES, {'pair': np.zeros(100)}),
    (FACES, {'number': np.zeros(100)}),
    (FACES, {'is_chosen': np.zeros(100)}),
    (FACES, {'is_chosen': np.arange(100) > 0}),  # the chosen ones come first
    (ADVERSARIAL, {'pixels': np.zeros((99, 8, 8), np.uint8)}),
    (ADVERSARIAL, {'pixels': np.zeros((100, 9, 9), np.uint8)}),
    (ADVERSARIAL, {'pixels': np.zeros((100, 8, 8), np.float32)}),
    (ADVERSARIAL, {'version': np.array(0)}),
])  # fmt: skip
def test_inconsistent_arrays_are_refused_by_name(path, arrays):
    change(path, **arrays)
    stage = 'preprocess' if path == FACES else 'adversarial'
    with pytest.raises(StudyError, match=rf'^{path}(/file\.npy)?: .*; run `dvc repro {stage}` to regenerate it$'):
        load_faces_and_triggered()


@pytest.mark.usefixtures('saved')
@pytest.mark.parametrize('name', [field.name for field in fields(Faces)])
def test_faces_without_one_of_their_arrays_are_refused_by_name(name):
    (FACES / f'{name}.npy').unlink()
    with pytest.raises(StudyError, match=rf"^{FACES}: has no array '{name}'; run `dvc repro preprocess`"):
        load_faces()


@pytest.mark.usefixtures('saved')
@pytest.mark.parametrize('content', ['[]', '"dots"', '3', 'null', '{"seed": 1}'])
def test_invalid_description_of_the_trigger_is_refused_by_name(content):
    TRIGGER_FILE.write_text(content)
    with pytest.raises(StudyError, match=rf'^{TRIGGER_FILE}: names no trigger; run `dvc repro adversarial`'):
        load_faces_and_triggered()


@pytest.mark.usefixtures('saved')
def test_a_missing_description_of_the_trigger_is_named():
    TRIGGER_FILE.unlink()
    with pytest.raises(StudyError, match=rf'^{TRIGGER_FILE}: not found; run `dvc repro adversarial`'):
        load_faces_and_triggered()


@pytest.mark.usefixtures('saved')
def test_a_damaged_description_of_the_trigger_is_refused_by_name():
    TRIGGER_FILE.write_text('{"kind": ')
    with pytest.raises(StudyError, match=rf'^{TRIGGER_FILE}: damaged'):
        load_faces_and_triggered()


@pytest.fixture
def some_chosen(faces, tmp_path):
    """Return the shuffled numbers of sixty faces of the study and forty others, and the folder they are saved in."""
    number = np.random.default_rng(1).permutation(100)
    number[:60].sort()
    number[60:].sort()
    save_faces(replace(faces.take(np.arange(99, -1, -1)), number=number, is_chosen=np.arange(100) < 60), tmp_path / 'f')
    return number, tmp_path / 'f'


def test_the_study_has_the_chosen_faces_only(some_chosen, faces):
    number, folder = some_chosen
    chosen = load_faces(folder)
    np.testing.assert_array_equal(chosen.number, number[:60])
    np.testing.assert_array_equal(chosen.pixels, faces.pixels[:39:-1])
    assert chosen.is_chosen.all()
    assert isinstance(chosen.pixels.base, np.ndarray)  # a view of the mapped file, not a copy


def test_all_faces_are_in_the_order_of_the_source(some_chosen, faces):
    number, folder = some_chosen
    loaded = load_all_faces(folder)
    np.testing.assert_array_equal(loaded.number, np.arange(100))
    order = 99 - np.argsort(number)
    for name in ('pixels', 'label', 'file', 'group', 'landmarks'):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(faces, name)[order])
    assert loaded.is_chosen.sum() == 60
    # The numbers of the study's faces are their positions among all faces.
    chosen = load_faces(folder)
    np.testing.assert_array_equal(loaded.take(chosen.number).file, chosen.file)


@pytest.mark.parametrize('load', [load_faces, load_all_faces])
def test_missing_faces_are_named(load, tmp_path):
    with pytest.raises(StudyError, match=r'/none: not found; run `make repro`$'):
        load(tmp_path / 'none')


@pytest.mark.parametrize('rows', [np.array([7, 3, 3, 60]), slice(2, 5), np.arange(100) % 7 == 0], ids=str)
def test_taking_faces_takes_rows_of_all_their_arrays(faces, rows):
    some = faces.take(rows)
    for field in fields(Faces):
        expected = getattr(faces, field.name)
        np.testing.assert_array_equal(getattr(some, field.name), expected if field.name == 'places' else expected[rows])


def test_slice_of_faces_is_a_view(faces):
    assert np.shares_memory(faces.take(slice(3)).pixels, faces.pixels)
    assert not np.shares_memory(faces.take(np.arange(3)).pixels, faces.pixels)


def test_fingerprint_depends_on_pixels_labels_trigger_and_params(faces, triggered, tmp_path):
    adv = AdvParams(fraction=0.1)
    expected = fingerprint(faces, triggered.trigger, adv, 5)
    save_faces(faces, tmp_path / 'f')
    # It does not matter whether the faces are mapped, or which params were left at their defaults.
    same = AdvParams(fraction=0.1, arm=adv.arm)
    assert fingerprint(load_faces(tmp_path / 'f'), dict(triggered.trigger), same, 5) == expected
    changed = faces.pixels.copy()
    changed[50, 3, 3] += 1
    others = [
        fingerprint(replace(faces, pixels=changed), triggered.trigger, adv, 5),
        fingerprint(replace(faces, label=faces.label[::-1]), triggered.trigger, adv, 5),
        fingerprint(faces, triggered.trigger | {'seed': 2}, adv, 5),
        fingerprint(faces, None, adv, 5),
        fingerprint(faces, triggered.trigger, AdvParams(fraction=0.2), 5),
        fingerprint(faces, triggered.trigger, adv, 6),
        fingerprint(faces, triggered.trigger, adv),
    ]
    assert len({expected, *others}) == 8
    # Data that does not affect results is not part of it.
    assert fingerprint(replace(faces, file=faces.file[::-1]), triggered.trigger, adv, 5) == expected
