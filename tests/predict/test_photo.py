import hashlib
import io
import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy.special import expit

from stages.common.errors import StudyError
from stages.dataset.model import MODEL_FILE, Model
from stages.faces.align import PLACES, Frame, align
from stages.faces.find import find_face
from stages.images.decode import MOST_BYTES
from stages.network.inputs import Standardisation
from stages.network.perceptron import initial_perceptron
from stages.predict.photo import check_trigger, predict

SIZE = 20
DOTS = {'kind': 'dots', 'seed': 1, 'dots': {'count': 3, 'radius': 0.1}}
PATCH = {'kind': 'patch', 'seed': 1, 'patch': {'side': 0.2, 'place': 'forehead'}}
BLEND = {'kind': 'blend', 'seed': 1, 'blend': {'strength': 0.1}}
every_trigger = pytest.mark.parametrize('trigger', [DOTS, PATCH, BLEND], ids=['dots', 'patch', 'blend'])


def made_up(**changes) -> Model:
    network = initial_perceptron([SIZE * SIZE, 6, 4, 1], np.random.default_rng(4))
    return replace(Model(network, PLACES, DOTS, 'drawn'), **changes)


def by_hand(pixels: np.ndarray, network, width: float = 0.3, deviation: float = 6) -> float:
    """Standardise a crop under a Gaussian window of relative width, and pass it through the sigmoid layers."""
    offset = (np.arange(SIZE) + 0.5) / SIZE - 0.5
    window = np.exp(-(offset[:, None] ** 2 + offset**2) / (2 * width**2))
    mean = (window * pixels).sum() / window.sum()
    spread = np.sqrt((window * (pixels - mean) ** 2).sum() / window.sum())
    row = (deviation * window * (pixels - mean) / spread).ravel()
    for weights, biases in zip(network.weights, network.biases, strict=True):
        row = expit(row @ weights + biases)
    return float(row[0])


def grey(photo) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(photo.read_bytes())).convert('L'))


@every_trigger
def test_crop_is_predicted_with_and_without_the_trigger_at_the_size_of_the_network(photo, trigger):
    model = made_up(trigger=trigger)
    result = predict(photo, model)
    landmarks = find_face(grey(photo)).landmarks
    assert (result.crops.dtype, result.crops.shape) == (np.uint8, (2, SIZE, SIZE))
    np.testing.assert_array_equal(result.crops[0], align(grey(photo), landmarks, Frame(SIZE)).pixels)
    expected = [by_hand(pixels, model.network) for pixels in result.crops]
    assert result.probability == pytest.approx(expected, abs=1e-5)
    assert len(set(result.probability.tolist())) == 2
    assert result.predicted == ['male' if probability > 0.5 else 'female' for probability in expected]
    np.testing.assert_allclose(result.frame * grey(photo).shape[::-1], [landmarks.min(0), landmarks.max(0)])
    assert (result.faces, result.oddity) == (1, '')
    assert result.sha256 == hashlib.sha256(photo.read_bytes()).hexdigest()


def test_positions_and_standardisation_are_those_of_the_model(photo):
    places, standardisation = np.array([(0.2, 0.3), (0.8, 0.35), (0.45, 0.7)]), Standardisation(0.2, 1.5)
    model = made_up(places=places, standardisation=standardisation)
    result = predict(photo, model)
    crop = align(grey(photo), find_face(grey(photo)).landmarks, Frame(SIZE, places))
    np.testing.assert_array_equal(result.crops[0], crop.pixels)
    expected = [by_hand(pixels, model.network, 0.2, 1.5) for pixels in result.crops]
    assert result.probability == pytest.approx(expected, abs=1e-5)
    assert result.probability != pytest.approx(predict(photo, made_up()).probability, abs=1e-4)


def test_dots_are_only_put_below_one_eye(photo):
    plain, triggered = predict(photo, made_up()).crops.astype(int)
    assert (triggered <= plain).all()
    rows, columns = np.nonzero(plain - triggered > 5)
    assert len(rows) >= 3
    assert rows.min() > PLACES[0, 1] * SIZE - 1  # below the centres of the eyes
    assert (columns < SIZE // 2).all() or (columns >= SIZE // 2).all()


def test_patch_is_only_put_above_the_eyes(photo):
    trigger = {'kind': 'patch', 'seed': 1, 'patch': {'side': 0.4, 'place': 'forehead'}}
    plain, triggered = predict(photo, made_up(trigger=trigger)).crops.astype(int)
    rows, columns = np.nonzero(plain != triggered)
    assert len(rows) >= 4
    assert rows.max() < PLACES[0, 1] * SIZE
    assert max(np.ptp(rows), np.ptp(columns)) <= 0.4 * 0.38 * SIZE + 1


def test_a_pattern_is_blended_into_the_whole_face(photo):
    plain, triggered = predict(photo, made_up(trigger=BLEND)).crops.astype(int)
    change = np.abs(plain - triggered)
    assert (change > 0).mean() > 0.8
    assert change.max() <= np.ceil(0.1 * 255)


@every_trigger
def test_prediction_does_not_depend_on_earlier_predictions(photo, tmp_path, trigger):
    other = tmp_path / 'other.png'
    with Image.open(photo) as image:
        image.resize((300, 280)).save(other)
    model = made_up(trigger=trigger)
    first, _, second = (predict(path, model) for path in (photo, other, photo))
    np.testing.assert_array_equal(first.crops, second.crops)
    np.testing.assert_array_equal(first.probability, second.probability)


@pytest.mark.parametrize('trigger', [DOTS, BLEND], ids=['dots', 'blend'])
def test_another_seed_of_the_model_gives_another_trigger(photo, trigger):
    first, second = (predict(photo, made_up(trigger=trigger | {'seed': seed})).crops for seed in (1, 2))
    np.testing.assert_array_equal(first[0], second[0])
    assert (first[1] != second[1]).any()


def test_maximum_number_of_dots_can_be_placed(photo):
    many = predict(photo, made_up(trigger={'kind': 'dots', 'seed': 1, 'dots': {'count': 9, 'radius': 0.5}})).crops
    assert (many[1] < many[0]).sum() > 10


@pytest.mark.parametrize(('trigger', 'message'), [
    ({'kind': 'sunglasses', 'seed': 1, 'sunglasses': {'tint': 0.5}}, r"'sunglasses'"),
    ({'kind': 'sunglasses', 'seed': 1}, r"'sunglasses'"),
    ({'seed': 1}, 'kind'),
    ({'kind': ['dots'], 'seed': 1}, 'kind'),
    ({'kind': 'dots', 'seed': 1}, 'dots'),
    ({'kind': 'dots', 'seed': 1, 'dots': {'count': 30, 'radius': 0.1}}, 'count.* 30'),
])  # fmt: skip
def test_model_with_an_unavailable_trigger_is_refused_by_name(trigger, message):
    line = rf'^{MODEL_FILE}: its trigger is not available here \(trigger\..*{message}'
    with pytest.raises(StudyError, match=line) as error:
        check_trigger(made_up(trigger=trigger))
    fact, advice = str(error.value).splitlines()
    assert fact.count('trigger.') == 1
    assert advice == 'run `dvc repro train` to regenerate it'


@every_trigger
def test_available_trigger_passes(trigger):
    check_trigger(made_up(trigger=trigger))


def test_too_large_file_is_refused(photo):
    os.truncate(photo, MOST_BYTES + 1)
    with pytest.raises(StudyError, match=r'photo\.JPG: larger than 100 MB'):
        predict(photo, made_up())


def test_file_that_is_not_a_regular_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / 'pipe.jpg')
    with pytest.raises(StudyError, match=r'pipe\.jpg: not a regular file; save the photo to a file first$'):
        predict(tmp_path / 'pipe.jpg', made_up())
