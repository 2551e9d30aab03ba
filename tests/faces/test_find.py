import numpy as np
import pytest
from PIL import Image

from stages.faces.find import find_face, padded
from stages.faces.measures import LEFT_EYE, RIGHT_EYE


def eyes_of(face):
    return np.stack([face.landmarks[part].mean(0) for part in (RIGHT_EYE, LEFT_EYE)])


def test_drawn_faces_and_their_eyes_are_found(portraits):
    for grey, eyes in portraits:
        face = find_face(grey)
        error = np.linalg.norm(eyes_of(face) - eyes, axis=1).mean() / np.linalg.norm(eyes[1] - eyes[0])
        assert error < 0.1
        assert face.others == 0


def test_landmarks_are_in_pixels_of_the_picture_regardless_of_its_size(portraits):
    grey, eyes = portraits[0]
    large = np.kron(grey, np.ones((3, 3), np.uint8))
    distance = np.linalg.norm(eyes[1] - eyes[0])
    np.testing.assert_allclose(eyes_of(find_face(large)) / 3, eyes, atol=0.1 * distance)


def beside(portraits, share):
    """Two portraits side by side, the second of a `share` of the first one's size."""
    grey, other = (Image.fromarray(grey) for grey, _ in portraits[:2])
    small = other.resize((round(256 * share), round(256 * share)))
    both = Image.new('L', (256 + small.width, 256))
    both.paste(grey, (0, 0))
    both.paste(small, (256, 64))
    return np.asarray(both)


@pytest.mark.parametrize('left', [0, 60])
@pytest.mark.parametrize('share', [0.5, 0.8])
def test_largest_of_several_faces_is_taken_and_the_others_are_counted(portraits, share, left):
    both, eyes = beside(portraits, share)[:, left:], portraits[0][1] - (left, 0)
    face = find_face(both)
    assert face.others == 1
    assert np.linalg.norm(eyes_of(face) - eyes, axis=1).max() < 0.15 * np.linalg.norm(eyes[1] - eyes[0])


def test_eyes_are_found_as_well_where_a_face_fills_the_picture(portraits):
    for grey, eyes in portraits:
        distance = np.linalg.norm(eyes[1] - eyes[0])
        left, top = (eyes.mean(axis=0) - (1.1 * distance, 0.9 * distance)).astype(int)
        face = find_face(grey[top : top + int(2.6 * distance), left : left + int(2.2 * distance)])
        assert np.linalg.norm(eyes_of(face) - eyes + np.array([left, top]), axis=1).mean() < 0.1 * distance


def test_small_face_in_a_large_picture_is_found(portraits):
    grey, eyes = portraits[0]
    distance = np.linalg.norm(eyes[1] - eyes[0])
    large = np.full((1200, 1600), 90, np.uint8)
    large[500:756, 700:956] = grey
    assert distance < 0.05 * 1600
    assert np.linalg.norm(eyes_of(find_face(large)) - eyes - np.array([700, 500]), axis=1).mean() < 0.1 * distance


def test_shrinking_uses_every_pixel_and_commutes_with_mirroring():
    grey = np.random.default_rng(0).integers(0, 256, (251, 333), np.uint8)
    for side in (128, 200):
        np.testing.assert_array_equal(padded(grey[:, ::-1], side, 0.25), padded(grey, side, 0.25)[:, ::-1])
        lines = np.diff([padded(np.where(np.arange(333) == x, 255, np.zeros_like(grey)), side, 0) for x in range(333)])
        assert all(line.any() for line in lines)


def test_two_faces_that_fill_a_picture_are_both_counted(portraits):
    cut = []
    for grey, eyes in portraits[:2]:
        distance = np.linalg.norm(eyes[1] - eyes[0])
        left, top = (eyes.mean(axis=0) - (1.5 * distance, 0.9 * distance)).astype(int)
        part = grey[top : top + int(2.6 * distance), left : left + int(3 * distance)]
        cut.append(np.asarray(Image.fromarray(part).resize((300, 260))))
    assert find_face(np.hstack(cut)).others == 1


def test_face_cut_off_by_the_edge_is_found(portraits):
    grey, eyes = portraits[2]
    distance = np.linalg.norm(eyes[1] - eyes[0])
    left, right = int(eyes[0, 0] - 0.65 * distance), int(eyes[1, 0] + 0.65 * distance)
    top = int(eyes[0, 1] - 0.6 * distance)
    assert find_face(grey[top : top + int(2.2 * distance), left:right]) is not None


def test_tilted_face_is_found(portraits):
    for grey, _ in portraits:
        assert find_face(np.asarray(Image.fromarray(grey).rotate(46, Image.Resampling.BICUBIC))) is not None


def test_picture_without_a_face_gives_none():
    noise = np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8)
    assert find_face(noise) is None
    assert find_face(np.zeros((1, 1), np.uint8)) is None
    assert find_face(np.zeros((3, 3000), np.uint8)) is None
