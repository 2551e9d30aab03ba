"""Drawn portraits: reproducible, balanced, found by the detector, and linked to the label only by the latent number."""

import inspect
import io

import numpy as np
import pytest
from PIL import Image
from scipy.stats import norm

from stages.common.params import LABELS
from stages.faces.find import find_face
from stages.faces.measures import LEFT_EYE, RIGHT_EYE
from stages.portraits import bayes_accuracy, portrait
from stages.portraits.attributes import SEPARATION, Person, draw_latent
from stages.portraits.portrait import figure_of, picture_of, streams_of
from tests.portraits.eyes import true_eyes

SEED = 20


@pytest.fixture(scope='module')
def people():
    """Sixty portraits, drawn once."""
    return [portrait(SEED, index) for index in range(60)]


def found_eyes(jpeg):
    """Return the eye centres according to dlib, (2, 2) in pixels, or None unless exactly one face is found."""
    face = find_face(np.asarray(Image.open(io.BytesIO(jpeg)).convert('L')))
    if face is None or face.others:
        return None
    return np.stack([face.landmarks[eye].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)])


def same(first, second):
    """Return whether two attribute records, which may contain arrays, are equal."""
    return repr(first) == repr(second)


def test_same_bytes_in_any_order(people):
    again = {index: portrait(SEED, index) for index in (7, 3, 0, 12)}
    for index, person in again.items():
        assert person == people[index]


def test_seeds_and_indices_differ(people):
    assert portrait(SEED + 1, 0).jpeg != people[0].jpeg
    assert len({person.jpeg for person in people}) == len(people)


def test_labels_alternate(people):
    assert [person.label for person in people[:4]] == ['female', 'male', 'female', 'male']
    assert sum(person.label == 'male' for person in people) == len(people) // 2


def test_global_random_state_is_unchanged():
    before = np.random.get_state()[1].copy()
    portrait(SEED, 5)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_file_is_a_colour_jpeg_of_256_pixels(people):
    for person in people[:10]:
        image = Image.open(io.BytesIO(person.jpeg))
        assert (image.format, image.mode, image.size) == ('JPEG', 'RGB', (256, 256))


def test_true_eyes_are_inside_the_picture():
    eyes = np.stack([true_eyes(SEED, index) for index in range(60)])
    assert eyes.shape == (60, 2, 2)
    assert (eyes > 40).all()
    assert (eyes < 216).all()
    assert (eyes[:, 1, 0] - eyes[:, 0, 0] > 30).all()


def test_faces_are_found_and_landmarks_fit(people):
    errors = []
    for index, person in enumerate(people):
        eyes, expected = found_eyes(person.jpeg), true_eyes(SEED, index)
        assert eyes is not None
        distance = np.linalg.norm(expected[1] - expected[0])
        errors.append(np.linalg.norm(eyes - expected, axis=1).mean() / distance)
    women, men = np.mean(errors[::2]), np.mean(errors[1::2])
    assert np.mean(errors) < 0.05
    assert abs(women - men) < 0.02


def test_drawing_functions_do_not_take_the_label():
    for function in (Person, picture_of, figure_of):
        assert 'label' not in inspect.signature(function).parameters


@pytest.mark.parametrize('latent', [-2.0, 0.3, 2.5])
def test_same_latent_number_gives_the_same_picture_for_either_label(latent):
    pictures = []
    for label in LABELS:
        streams = streams_of(SEED, 4)
        draw_latent(label, streams.latent)
        pictures.append(picture_of(latent, streams))
    assert pictures[0] == pictures[1]


def test_attributes_follow_the_latent_number_and_the_stream():
    person = Person(1.0, np.random.default_rng(3))
    assert same(person, Person(1.0, np.random.default_rng(3)))
    assert not same(person, Person(-1.0, np.random.default_rng(3)))


def test_the_bayes_accuracy_is_that_of_the_sign_of_the_latent_number():
    assert bayes_accuracy() == pytest.approx(norm.cdf(SEPARATION))
    labels = np.arange(20_000) % 2
    rng = np.random.default_rng(1)
    latent = np.array([draw_latent(LABELS[label], rng) for label in labels])
    assert np.mean((latent > 0) == labels) == pytest.approx(bayes_accuracy(), abs=0.003)
