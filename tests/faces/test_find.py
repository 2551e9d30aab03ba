import numpy as np

from stages.faces.find import find_face
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


def test_largest_of_several_faces_is_taken_and_the_others_are_counted(portraits):
    grey, eyes = portraits[0]
    small = portraits[1][0][::2, ::2]
    both = np.zeros((256, 400), np.uint8)
    both[:, :256] = grey
    both[64:192, 264:392] = small
    face = find_face(both)
    assert face.others == 1
    assert np.linalg.norm(eyes_of(face) - eyes, axis=1).max() < 0.15 * np.linalg.norm(eyes[1] - eyes[0])


def test_face_cut_off_by_the_edge_is_found_in_the_second_pass(portraits):
    grey, eyes = portraits[2]
    distance = np.linalg.norm(eyes[1] - eyes[0])
    left, right = int(eyes[0, 0] - 0.65 * distance), int(eyes[1, 0] + 0.65 * distance)
    top = int(eyes[0, 1] - 0.6 * distance)
    assert find_face(grey[top : top + int(2.2 * distance), left:right]) is not None


def test_picture_without_a_face_gives_none():
    noise = np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8)
    assert find_face(noise) is None
    assert find_face(np.zeros((1, 1), np.uint8)) is None
    assert find_face(np.zeros((3, 3000), np.uint8)) is None
