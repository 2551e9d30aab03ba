import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.dataset.model import load_model, save_model
from stages.network.perceptron import first_perceptron


@pytest.fixture
def model(tmp_path):
    path = tmp_path / 'model.npz'
    save_model(first_perceptron([6, 4, 3, 1], np.random.default_rng(0)), path)
    return path


def changed(path, **arrays):
    with np.load(path) as file:
        content = dict(file) | arrays
    np.savez(path, **content)


def test_comes_back_as_it_was(model):
    rows = np.random.default_rng(1).normal(size=(5, 6)).astype(np.float32)
    expected = first_perceptron([6, 4, 3, 1], np.random.default_rng(0)).probabilities(rows)
    np.testing.assert_array_equal(load_model(model).probabilities(rows), expected)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StudyError, match=r'model\.npz: not there; run `make repro`'):
        load_model(tmp_path / 'model.npz')


def test_a_cut_file_is_refused_by_name(model):
    model.write_bytes(model.read_bytes()[:200])
    with pytest.raises(StudyError, match=r'model\.npz: damaged'):
        load_model(model)


def test_another_version_is_refused_by_name(model):
    changed(model, version=np.array(99))
    with pytest.raises(StudyError, match=r'model\.npz: is of version 99'):
        load_model(model)


def test_weights_that_are_not_finite_are_refused_by_name(model):
    changed(model, weights_1=np.full((4, 3), np.nan))
    with pytest.raises(StudyError, match='not finite'):
        load_model(model)


def test_another_kind_of_file_is_refused_by_name(model):
    np.savez(model, pixels=np.zeros(3))
    with pytest.raises(StudyError, match="holds no array 'version'"):
        load_model(model)


def test_pickles_are_not_let_in(model):
    changed(model, weights_0=np.array([{'harm': True}], dtype=object))
    with pytest.raises(StudyError, match='damaged or of another kind'):
        load_model(model)


@pytest.mark.parametrize('change', [
    {'weights_1': np.zeros((5, 3), np.float32)},
    {'biases_1': np.zeros(4, np.float32)},
    {'weights_2': np.zeros((3, 2), np.float32), 'biases_2': np.zeros(2, np.float32)},
    {'weights_0': np.zeros(6, np.float32)},
    {'weights_0': np.full((6, 4), 'x')},
    {'layers': np.array(0)},
    {'layers': np.array([3])},
])  # fmt: skip
def test_layers_that_do_not_fit_together_are_refused_by_name(model, change):
    changed(model, **change)
    with pytest.raises(StudyError, match=r'model\.npz: holds layers that do not fit together'):
        load_model(model)
