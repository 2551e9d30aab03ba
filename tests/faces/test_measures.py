import numpy as np
import pytest

from stages.faces.find import find_face
from stages.faces.measures import OTHER_SIDE, asymmetry, evenness


@pytest.fixture(scope='module')
def landmarks(portraits):
    return [find_face(grey).landmarks for grey, _ in portraits]


def symmetrical(points):
    middle = points[27:31, 0].mean()
    mirrored = points[OTHER_SIDE] * (-1, 1) + (2 * middle, 0)
    return (points + mirrored) / 2


def test_other_side_is_an_involution():
    np.testing.assert_array_equal(OTHER_SIDE[OTHER_SIDE], np.arange(68))


def test_symmetrical_face_has_no_asymmetry_regardless_of_position_and_size(landmarks):
    points = symmetrical(landmarks[0])
    rotation = np.array([[0.8, -0.6], [0.6, 0.8]])
    assert asymmetry(points) == pytest.approx(0, abs=1e-6)
    assert asymmetry(3 * points @ rotation + 70) == pytest.approx(0, abs=1e-6)


def test_asymmetry_grows_as_a_face_turns_to_either_side(landmarks):
    points = symmetrical(landmarks[0])
    depth = np.exp(-(((points - points[30]) / 60) ** 2).sum(1))
    values = []
    for angle in (0.1, 0.3, 0.6, -0.6):
        turned = points.copy()
        turned[:, 0] = points[30, 0] + (points[:, 0] - points[30, 0]) * np.cos(angle) + 60 * depth * np.sin(angle)
        values.append(asymmetry(turned))
    assert values[0] < values[1] < values[2] < 1
    assert values[3] == pytest.approx(values[2], rel=1e-3)


def test_only_a_drawing_in_flat_colours_is_even(portraits, landmarks):
    grey, _ = portraits[0]
    assert evenness(grey, landmarks[0]) < 0.2
    assert evenness(grey // 64 * 64 + 32, landmarks[0]) > 0.3


def test_landmarks_beyond_the_picture_are_handled(portraits, landmarks):
    grey, _ = portraits[0]
    assert 0 <= evenness(grey, landmarks[0] - 150) <= 1
    assert evenness(grey, landmarks[0] + 1000) == 0.0


def test_shadows_and_highlights_do_not_count():
    corners = np.array([[0, 0], [20, 20]], np.float32)
    noise = np.random.default_rng(1).integers(100, 130, (20, 20), np.uint8)
    for shade, is_lit in ((25, False), (26, True), (229, True), (230, False)):
        grey = noise.copy()
        grey[:10] = shade
        assert (evenness(grey, corners) > 0.3) == is_lit


def test_a_pixel_is_even_if_its_neighbours_to_the_right_and_two_below_are_equal():
    grey = np.random.default_rng(1).integers(90, 92, (60, 50), np.uint8)
    corners = np.array([[5, 12], [35, 52]], np.float32)
    face = grey[12:52, 5:35]
    rows = range(0, 38, 2)
    even = [face[y, x] == face[y, x + 1] == face[y + 2, x] for y in rows for x in range(29)]
    assert evenness(grey, corners) == pytest.approx(np.mean(even))
