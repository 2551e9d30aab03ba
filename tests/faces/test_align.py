import numpy as np

from stages.faces.align import PLACES, Frame, align
from stages.faces.find import find_face
from stages.faces.measures import LEFT_EYE, MOUTH, RIGHT_EYE


def centres(landmarks):
    return np.stack([landmarks[part].mean(0) for part in (RIGHT_EYE, LEFT_EYE, MOUTH)])


def test_eyes_are_level_and_at_the_same_position_in_every_crop(portraits):
    places = np.stack([centres(align(grey, find_face(grey).landmarks, Frame(64)).landmarks) for grey, _ in portraits])
    np.testing.assert_allclose(places[:, 0, 1], places[:, 1, 1], atol=0.01)
    assert places.std(axis=0).max() < 2.5


def test_eyes_and_mouth_are_moved_to_the_positions_of_the_frame(portraits):
    grey, _ = portraits[0]
    landmarks = find_face(grey).landmarks
    higher = PLACES - (0.02, 0.1)
    for frame, places in ((Frame(64), PLACES), (Frame(100), PLACES), (Frame(64, higher), higher)):
        crop = align(grey, landmarks, frame)
        assert crop.pixels.shape == (frame.size, frame.size)
        assert crop.pixels.dtype == np.uint8
        assert crop.landmarks.dtype == np.float32
        np.testing.assert_allclose(centres(crop.landmarks), places * frame.size, atol=1e-3)
    further = Frame(100, PLACES + np.array([0.05, 0.1]))
    moved = align(grey, landmarks, further).pixels
    # Five pixels to the right and ten down
    difference = moved[12:, 7:].astype(int) - align(grey, landmarks, Frame(100)).pixels[2:-10, 2:-5]
    assert np.abs(difference).mean() < 1


def test_landmarks_of_crop_and_picture_mark_the_same_features(portraits):
    for grey, _ in portraits[:4]:
        crop = align(grey, find_face(grey).landmarks, Frame(200))
        landmarks = find_face(crop.pixels).landmarks
        assert np.abs(centres(landmarks) - centres(crop.landmarks)).max() < 6


def test_rotated_picture_gives_the_same_crop(portraits):
    grey, _ = portraits[1]
    landmarks = find_face(grey).landmarks
    turned = np.rot90(grey)
    moved = np.column_stack([landmarks[:, 1], grey.shape[1] - landmarks[:, 0]])
    difference = align(grey, landmarks, Frame(64)).pixels.astype(int) - align(turned, moved, Frame(64)).pixels
    assert np.abs(difference).mean() < 0.5  # a shift by half a pixel would give 1.5


def test_large_face_is_averaged_not_subsampled():
    stripes = np.zeros((1200, 1200), np.uint8)
    stripes[:, ::2] = 255
    landmarks = np.zeros((68, 2))
    landmarks[RIGHT_EYE], landmarks[LEFT_EYE], landmarks[MOUTH] = (400, 500), (800, 500), (600, 900)
    assert align(stripes, landmarks, Frame(64)).pixels.std() < 3


def test_edge_pixels_are_repeated_beyond_the_picture(portraits):
    grey, _ = portraits[0]
    landmarks = find_face(grey).landmarks
    (left, top), (right, bottom) = landmarks.min(axis=0).astype(int), landmarks.max(axis=0).astype(int)
    cut, points = grey[top:bottom, left:right], landmarks - (left, top)
    padded = np.pad(cut, 60, mode='edge')
    crop, expected = align(cut, points, Frame(64)), align(padded, points + 60, Frame(64))
    np.testing.assert_allclose(crop.pixels, expected.pixels, atol=1)
