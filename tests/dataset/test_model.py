"""A model round-trips through its file, damaged files are refused, and a table lists its poisoned rows."""

import json
from dataclasses import replace

import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.common.files import read_csv
from stages.common.params import LABELS
from stages.dataset.model import Model, load_model, load_rows, save_model, save_poison, save_rows
from stages.dataset.poison import AdvParams, Arm, training_set
from stages.dataset.split import split_faces
from stages.network.inputs import STANDARD, Standardisation
from stages.network.perceptron import initial_perceptron
from tests.network.recipes import recipe


def made_up(**changes) -> Model:
    model = Model(
        network=initial_perceptron([9, 4, 3, 1], np.random.default_rng(0)),
        places=np.array([(0.31, 0.45), (0.69, 0.4), (0.5, 0.8)]),
        trigger={'kind': 'patch', 'seed': 3, 'patch': {'side': 0.2, 'place': 'forehead'}},
        source='folder',
        standardisation=Standardisation(0.25, 2.5),
    )
    return replace(model, **changes)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / 'model.npz'
    save_model(made_up(), path)
    return path


def changed(path, **arrays):
    with np.load(path) as file:
        content = dict(file) | arrays
    np.savez(path, **content)


def test_model_round_trips(path):
    loaded, expected = load_model(path), made_up()
    for name in ('weights', 'biases'):
        ours, theirs = getattr(loaded.network, name), getattr(expected.network, name)
        assert [array.dtype for array in ours] == [np.float32] * 3
        for array, wanted in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(array, wanted)
    np.testing.assert_array_equal(loaded.places, expected.places)
    assert loaded.places.dtype == np.float64
    assert loaded.trigger == expected.trigger
    assert loaded.source == expected.source
    assert loaded.standardisation == expected.standardisation
    assert loaded.size == expected.size == 3
    rows = np.random.default_rng(1).normal(size=(5, 9)).astype(np.float32)
    np.testing.assert_array_equal(loaded.network.probabilities(rows), expected.network.probabilities(rows))


def test_default_standardisation_is_that_of_the_study(path):
    model = made_up()
    save_model(Model(model.network, model.places, model.trigger, model.source), path)
    assert load_model(path).standardisation == STANDARD == Standardisation(0.3, 6.0)


def test_names_in_any_script_round_trip(path):
    save_model(made_up(trigger={'kind': '点', 'seed': 1}, source='façade'), path)
    assert (load_model(path).trigger['kind'], load_model(path).source) == ('点', 'façade')


def test_same_model_gives_the_same_bytes(path, tmp_path):
    save_model(made_up(), tmp_path / 'again.npz')
    assert (tmp_path / 'again.npz').read_bytes() == path.read_bytes()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StudyError, match=r'model\.npz: not found; run `make repro`'):
        load_model(tmp_path / 'model.npz')


def test_truncated_file_is_refused_by_name(path):
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(StudyError, match=r'model\.npz: damaged'):
        load_model(path)


def test_another_version_is_refused_by_name(path):
    changed(path, version=np.array(99))
    with pytest.raises(StudyError, match=r'model\.npz: format version 99, expected 2'):
        load_model(path)


@pytest.mark.parametrize('change', [
    {'weights_1': np.full((4, 3), np.nan)},
    {'biases_2': np.array([np.inf])},
    {'places': np.full((3, 2), np.nan)},
    {'standardisation': np.array([0.3, np.inf])},
])  # fmt: skip
def test_non_finite_numbers_are_refused_by_name(path, change):
    changed(path, **change)
    with pytest.raises(StudyError, match=r'model\.npz: its weights are not all finite numbers; run `dvc repro train`'):
        load_model(path)


def test_another_kind_of_file_is_refused_by_name(path):
    np.savez(path, pixels=np.zeros(3))
    with pytest.raises(StudyError, match=r"model\.npz: has no array 'version'"):
        load_model(path)


@pytest.mark.parametrize('name', ['layers', 'places', 'standardisation', 'trigger', 'source', 'weights_2', 'biases_0'])
def test_file_with_a_missing_array_is_refused_by_name(path, name):
    with np.load(path) as file:
        content = dict(file)
    del content[name]
    np.savez(path, **content)
    with pytest.raises(StudyError, match=rf"model\.npz: has no array '{name}'; run `dvc repro train`"):
        load_model(path)


@pytest.mark.parametrize('name', ['weights_0', 'places', 'trigger'])
def test_pickles_are_refused(path, name):
    changed(path, **{name: np.array([{'harm': True}], dtype=object)})
    with pytest.raises(StudyError, match=r'model\.npz: damaged, or another kind of file'):
        load_model(path)


@pytest.mark.parametrize('change', [
    {'weights_1': np.zeros((5, 3), np.float32)},
    {'biases_1': np.zeros(4, np.float32)},
    {'weights_2': np.zeros((3, 2), np.float32), 'biases_2': np.zeros(2, np.float32)},
    {'weights_0': np.zeros(9, np.float32)},
    {'weights_0': np.full((9, 4), 'x')},
    {'layers': np.array(0)},
    {'layers': np.array(-1)},
    {'layers': np.array([3])},
    {'layers': np.array(10**8)},
    {'layers': np.array('3')},
    {'layers': np.array('three')},
    {'layers': np.array(np.nan)},
    {'layers': np.array(3.7)},
    {'weights_0': np.zeros((8, 4), np.float32)},  # a crop of 8 inputs is not square, and one of 0 is empty
    {'weights_0': np.zeros((0, 4), np.float32)},
    {'weights_0': np.zeros((1000, 4), np.float32)},
    {'places': np.zeros((2, 2))},
    {'places': np.zeros((3, 3))},
    {'places': np.zeros(6)},
    {'places': np.zeros((3, 2), int)},
    {'places': np.full((3, 2), 'x')},
    {'standardisation': np.array([-0.3, 3.0])},
    {'standardisation': np.array([0.3, -3.0])},
    {'standardisation': np.array([0.0, 3.0])},
    {'standardisation': np.array([np.nan, 3.0])},
    {'standardisation': np.array([0.3, np.nan])},
    {'standardisation': np.array([0.3])},
    {'standardisation': np.array(0.3)},
    {'standardisation': np.array([1, 3])},
])  # fmt: skip
def test_inconsistent_arrays_are_refused_by_name(path, change):
    changed(path, **change)
    with pytest.raises(StudyError, match=r'model\.npz: its layers do not fit together; run `dvc repro train`'):
        load_model(path)


@pytest.mark.parametrize('trigger', ['', 'dots', '{"kind": ', '[]', '"dots"', 'null', '3'])
def test_trigger_that_is_not_a_json_object_is_refused_by_name(path, trigger):
    changed(path, trigger=np.array(trigger))
    with pytest.raises(StudyError, match=r'model\.npz: names no trigger; run `dvc repro train`'):
        load_model(path)


def test_the_trigger_is_plain_json_for_other_programs(path):
    with np.load(path) as file:
        assert json.loads(str(file['trigger'])) == made_up().trigger


@pytest.mark.parametrize('originals', ['kept', 'replaced'])
@pytest.mark.parametrize('target', LABELS)
@pytest.mark.parametrize('arm', list(Arm))
def test_table_lists_exactly_the_poisoned_rows(faces, tmp_path, arm, target, originals):
    train = split_faces(faces.label, faces.group, 0.2, 1).train
    adv = AdvParams(fraction=0.2, arm=arm, originals=originals, target=target)
    rows = training_set(faces.label, train, adv, 1)
    save_poison(faces, rows, tmp_path / 'poison.csv')
    table = read_csv(tmp_path / 'poison.csv')
    assert list(table[0]) == ['row', 'face', 'file', 'true_label', 'label']
    assert len(table) == round(0.2 * len(train))
    for line in table:
        row, face = int(line['row']), int(line['face'])
        assert rows.positions[row] == face + 100 * arm.has_trigger
        assert train[row] == face if originals == 'replaced' else row >= len(train)
        assert line['file'] == f'face {face}'
        assert line['true_label'] == ('female' if face < 50 else 'male')
        assert (line['true_label'] == target) != arm.changes_label
        assert line['label'] == LABELS[rows.label[row]] == target
    listed = {int(line['row']) for line in table}
    assert len(listed) == len(table)
    for row in set(range(len(rows.label))) - listed:
        assert rows.positions[row] == train[row]
        assert rows.label[row] == faces.label[train[row]]


def test_without_poison_the_table_has_no_rows(faces, tmp_path):
    rows = training_set(faces.label, np.arange(100), AdvParams(), 1)
    save_poison(faces, rows, tmp_path / 'poison.csv')
    assert (tmp_path / 'poison.csv').read_text() == 'row,face,file,true_label,label\n'


def test_rows_and_recipe_round_trip(faces, triggered, tmp_path):
    rows = training_set(faces.label, np.arange(5, 95), AdvParams(fraction=0.1, arm=Arm.DIRTY_LABEL, cover=0.05), 1)
    for saved, how in (
        (rows, recipe(hidden=[7, 5], seed=3)),
        (training_set(faces.label, np.arange(9), AdvParams(), 1), recipe()),
    ):
        save_rows(made_up(), faces, triggered, saved, how, tmp_path / 'rows.npz')
        loaded, read = load_rows(made_up(), faces, triggered, tmp_path / 'rows.npz')
        assert read == how
        for name, array in vars(saved).items():
            np.testing.assert_array_equal(getattr(loaded, name), array)
            assert getattr(loaded, name).dtype == array.dtype


def test_recipe_of_another_version_is_refused_by_name(faces, triggered, tmp_path):
    path = tmp_path / 'rows.npz'
    save_rows(made_up(), faces, triggered, training_set(faces.label, np.arange(9), AdvParams(), 1), recipe(), path)
    changed(path, recipe=np.array('{"layers": 3}'))
    with pytest.raises(StudyError, match=r'rows\.npz: recipe\.layers: no such param'):
        load_rows(made_up(), faces, triggered, path)
