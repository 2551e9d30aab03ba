"""The training photos that speak most for a prediction: closed form against recomputation, planted rows, retraining."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from stages.common.errors import StudyError
from stages.dataset.faces import save_faces, save_triggered
from stages.dataset.model import MODEL_FILE, Model, load_model, save_model, save_rows
from stages.dataset.poison import AdvParams, Arm, pool, training_set
from stages.detectors import evidence
from stages.detectors.evidence import PENALTY
from stages.network.fit import Fitter
from stages.network.inputs import standardise
from stages.network.perceptron import predict
from stages.predict.photo import Prediction, rounded
from stages.predict.why import Why, random_rows, strongest
from tests.network.recipes import recipe as shipped

RECIPE = shipped(hidden=[6, 4], epochs=3)


@pytest.fixture
def random():
    return np.random.default_rng(1)


def by_hand(pixels: np.ndarray, sign: np.ndarray, crop: np.ndarray, gone: list[int]) -> float:
    """Predict a crop by kernel ridge regression on all rows but those that are `gone`, without a closed form."""
    everything = np.concatenate([pixels, crop[None]])
    rows, mirrored = (standardise(views).astype(float) for views in (everything, everything[:, :, ::-1]))
    plain, turned = (((rows[:, None] - others) ** 2).sum(axis=2) for others in (rows, mirrored))
    width = np.median(np.minimum(plain, turned)[~np.eye(len(rows), dtype=bool)])
    kernel = (np.exp(-plain / width) + np.exp(-turned / width)) / 2
    stay = np.setdiff1d(np.arange(len(pixels)), gone)
    mean = sign[stay].mean()
    weights = np.linalg.solve(kernel[np.ix_(stay, stay)] + PENALTY * len(rows) * np.eye(len(stay)), sign[stay] - mean)
    return float(mean + kernel[-1, stay] @ weights)


@pytest.mark.parametrize('number', [0, 1])
def test_contributions_equal_those_of_regressions_without_each_row(random, number):
    pixels, crop = random.integers(0, 256, (24, 12, 12), np.uint8), random.integers(0, 256, (12, 12), np.uint8)
    label = (np.arange(24) % 2).astype(np.uint8)
    pixels[4] = pixels[2]  # near-duplicates of the same label leave together,
    pixels[7] = pixels[2]  # and this one carries the other label
    pixels[9] = crop[:, ::-1]
    sign, towards = 2.0 * label - 1, 2 * number - 1
    reasons = strongest(pixels, label, crop, number, count=20)
    value = by_hand(pixels, sign, crop, [])
    assert reasons.value == pytest.approx(value, abs=1e-5)
    assert len(reasons.rows) == 20
    assert len(set(reasons.out.tolist())) == len(reasons.out) == 20 + (2 in reasons.out)
    assert len({2, 4} & set(reasons.rows.tolist())) <= 1
    for row, moved in zip(reasons.rows.tolist(), reasons.moved, strict=True):
        gone = [2, 4] if row in (2, 4) else [row]
        assert moved == pytest.approx(towards * (value - by_hand(pixels, sign, crop, gone)), abs=1e-5)
    assert (np.diff(reasons.moved) <= 0).all()
    first = strongest(pixels, label, crop, number, count=3)
    np.testing.assert_array_equal(first.rows, reasons.rows[:3])
    assert first.together == pytest.approx(towards * (value - by_hand(pixels, sign, crop, first.out)), abs=1e-5)


def test_planted_near_copies_with_a_wrong_label_come_first(crops, random):
    faces = np.stack([crop.pixels for crop in crops])
    pixels = np.clip(faces[np.arange(60) % 11 + 1] + random.normal(0, 12, (60, 64, 64)), 0, 255).astype(np.uint8)
    label = (np.arange(60) % 11 % 2).astype(np.uint8)
    planted = np.array([8, 20, 33])
    near = np.clip(faces[0] + random.normal(0, 2, (3, 64, 64)), 0, 255).astype(np.uint8)
    near[1] = near[1, :, ::-1]
    pixels[planted], label[planted] = near, 1
    pixels[50], label[50] = faces[0], 0  # a near-duplicate with the right label takes nothing from their share
    reasons = strongest(pixels, label, faces[0], 1)
    assert reasons.rows[0] in planted
    assert set(planted.tolist()) <= set(reasons.out.tolist())
    assert 50 not in reasons.out
    assert reasons.moved[0] > 5 * reasons.moved[1]
    assert strongest(pixels, label, faces[0], 0).rows[0] == 50


def test_too_many_rows_are_refused(random, monkeypatch):
    monkeypatch.setattr(evidence, 'memory', lambda: 1000)
    with pytest.raises(StudyError, match='comparing 9 faces with each other takes'):
        strongest(random.integers(0, 256, (8, 8, 8), np.uint8), np.arange(8) % 2, np.zeros((8, 8), np.uint8), 1)


def test_random_rows_have_the_same_labels_and_are_others():
    label, out = np.array([0] * 10 + [1] * 6, np.uint8), np.array([0, 3, 10, 11, 12])
    rows = random_rows(label, out, 1)
    np.testing.assert_array_equal(rows, random_rows(label, out, 1))
    assert len(set(rows.tolist()) - set(out.tolist())) == 5
    np.testing.assert_array_equal(np.bincount(label[rows]), np.bincount(label[out]))
    assert set(random_rows(label, out, 2)) != set(rows)
    message = 'training without 4 photos labelled male needs as many others to compare with, and there are 2; give more'
    with pytest.raises(StudyError, match=message):
        random_rows(label, np.arange(10, 14), 1)


@pytest.fixture
def trained(varied_faces, varied_triggered, tmp_path, monkeypatch):
    """A trained model with its faces and rows, in the current folder: the faces, the triggered ones, and the rows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOKY_MAX_CPU_COUNT', '1')
    save_faces(varied_faces)
    save_triggered(iter(varied_triggered.pixels), varied_triggered.pixels.shape, varied_triggered.trigger)
    adv = AdvParams(fraction=0.1, arm=Arm.DIRTY_LABEL)
    rows = training_set(varied_faces.label, np.arange(5, 95), adv, 1)
    pixels = pool(varied_faces.pixels, varied_triggered.pixels).pick(rows.positions)
    network = Fitter(pixels, RECIPE).fit(rows.label).network
    model = Model(network, varied_faces.places, varied_triggered.trigger, 'folder')
    save_model(model)
    save_rows(model, varied_faces, varied_triggered, rows, RECIPE)
    return rows, pixels


def prediction(crop: np.ndarray, model: Model) -> Prediction:
    crops = np.stack([crop, crop])
    return Prediction(crops, predict(model.network, crops), np.zeros((9, 9, 3), np.uint8), np.zeros((2, 2)), 1, '', '')


def test_rows_are_named_and_left_out_of_the_same_training(trained, varied_triggered, tmp_path, capsys):
    rows, pixels = trained
    model = load_model()
    shown = prediction(varied_triggered.pixels[int(rows.face[rows.poisoned[0]])], model)
    shown = replace(shown, probability=np.array([0.7, 0.7], np.float32))
    capsys.readouterr()
    Why(model)(shown, tmp_path / 'out' / 'a.png')
    text = capsys.readouterr().out
    reasons = strongest(pixels[:], rows.label, shown.crops[0], 1)
    named = re.findall(r'^      (\d\.\d{3})  face (\d+) \((\w+)(, poisoned)?\)$', text, re.MULTILINE)
    assert [int(face) for _, face, _, _ in named] == rows.face[reasons.rows].tolist()
    assert [float(moved) for moved, *_ in named] == pytest.approx(reasons.moved, abs=6e-4)
    assert [label for _, _, label, _ in named] == [('female', 'male')[rows.label[row]] for row in reasons.rows]
    assert [bool(poisoned) for *_, poisoned in named] == [row in rows.poisoned for row in reasons.rows]
    assert named[0][3]  # the copy of this very face
    assert f'\n      {reasons.together:.3f}  all of them' in text
    again = []
    for gone in (reasons.out, random_rows(rows.label, reasons.out, RECIPE.seed)):
        stay = np.setdiff1d(np.arange(len(rows.label)), gone)
        network = Fitter(pixels, RECIPE).fit(rows.label[stay], stay).network
        again.append(rounded(predict(network, shown.crops[:1])[0]))
    assert re.findall(r'^    trained again without .*P\(male\) +(\S+)$', text, re.MULTILINE) == again
    (picture,) = (tmp_path / 'out').iterdir()
    assert text.endswith(f'    their faces: {picture}\n')
    assert picture.name == 'a-why-male.png'
    assert Image.open(picture).size[0] > 700
    before = picture.read_bytes()
    Why(model)(shown, tmp_path / 'out' / 'a.png')
    assert 'training again: 2 of 2 are already finished' in capsys.readouterr().out
    assert picture.read_bytes() == before


def test_data_of_another_model_is_refused(trained, varied_faces, varied_triggered):
    message = '^data/model: was not trained on what is in data/faces and data/adversarial; run `dvc repro train`'
    model = load_model()
    Why(model)
    changed = varied_triggered.pixels.copy()
    changed[0, 0, 0] ^= 1
    save_triggered(iter(changed), changed.shape, varied_triggered.trigger)
    with pytest.raises(StudyError, match=message):
        Why(model)
    save_triggered(iter(varied_triggered.pixels), changed.shape, varied_triggered.trigger)
    Why(model)
    save_faces(replace(varied_faces, label=1 - varied_faces.label))
    with pytest.raises(StudyError, match=message):
        Why(model)
    save_faces(varied_faces)
    model.network.biases[0][0] += 1
    with pytest.raises(StudyError, match=message):
        Why(model)


def test_model_without_its_rows_is_refused(trained):
    (MODEL_FILE.parent / 'rows.npz').unlink()
    with pytest.raises(StudyError, match=r'^data/model/rows\.npz: not found; run `dvc repro train` to regenerate it$'):
        Why(load_model())
