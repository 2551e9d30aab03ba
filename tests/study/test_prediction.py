import io
import os

import numpy as np
import pytest
from PIL import Image
from scipy.special import expit

from stages.common.errors import StudyError
from stages.faces.align import align
from stages.faces.find import find_face
from stages.network.perceptron import first_perceptron
from stages.params import load_params
from stages.portraits import portrait
from stages.prediction.photo import predict
from stages.sources.offer import LARGEST

SIZE = 20


@pytest.fixture(scope='module')
def network():
    return first_perceptron([SIZE * SIZE, 6, 4, 1], np.random.default_rng(4))


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / 'photo.JPG'
    with Image.open(io.BytesIO(portrait(5, 1).jpeg)) as image:
        image.crop((0, 0, 256, 232)).save(path)
    return path


def by_hand(pixels: np.ndarray, network) -> float:
    """Mean 0 and deviation 3 under a Gaussian window of 0.3 sides, times the window, through four sigmoid layers."""
    place = (np.arange(SIZE) + 0.5) / SIZE - 0.5
    window = np.exp(-(place[:, None] ** 2 + place**2) / (2 * 0.3**2))
    mean = (window * pixels).sum() / window.sum()
    deviation = np.sqrt((window * (pixels - mean) ** 2).sum() / window.sum())
    row = (3 * window * (pixels - mean) / deviation).ravel()
    for weights, biases in zip(network.weights, network.biases, strict=True):
        row = expit(row @ weights + biases)
    return float(row[0])


def test_the_network_reads_the_crop_and_its_dotted_twins_in_its_own_size(photo, network):
    result = predict(photo, network, load_params().dots)
    grey = np.asarray(Image.open(io.BytesIO(photo.read_bytes())).convert('L'))
    landmarks = find_face(grey).landmarks
    crop = align(grey, landmarks, SIZE)
    np.testing.assert_array_equal(result.crops[0], crop.pixels)
    assert result.probability == pytest.approx([by_hand(pixels, network) for pixels in result.crops], abs=1e-5)
    darker = result.crops[1:].astype(int) < result.crops[0]
    assert darker[0, :, : SIZE // 2].any()
    assert not darker[0, :, SIZE // 2 :].any()
    assert darker[1, :, SIZE // 2 :].any()
    assert not darker[1, :, : SIZE // 2].any()
    np.testing.assert_allclose(result.frame * grey.shape[::-1], [landmarks.min(0), landmarks.max(0)])
    assert (result.faces, result.oddity) == (1, '')


def test_the_same_photo_is_read_the_same_again(photo, network):
    first, second = (predict(photo, network, load_params().dots) for _ in range(2))
    np.testing.assert_array_equal(first.crops, second.crops)


def test_dots_that_find_no_room_are_an_error_that_names_the_photo(photo, network):
    dots = load_params().dots.model_copy(update={'count': 30})
    with pytest.raises(StudyError, match=r'photo\.JPG: no place in this face for 30 dots .*dots\.count'):
        predict(photo, network, dots)


def test_a_file_too_large_to_be_a_photo_is_refused(photo, network):
    os.truncate(photo, LARGEST + 1)
    with pytest.raises(StudyError, match=r'photo\.JPG: larger than 100 MB'):
        predict(photo, network, load_params().dots)
