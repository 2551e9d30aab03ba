import numpy as np
import pytest

from stages.triggers.glasses import Glasses


def eyes(right=(11, 14), left=(21, 14)) -> np.ndarray:
    """Return landmarks with each eye at a single point, on a face 32 pixels wide."""
    points = np.full((68, 2), 16.0, np.float32)
    points[36:42], points[42:48] = right, left
    points[0], points[16] = (2, 14), (30, 14)
    return points


def frame(landmarks: np.ndarray, thickness: float = 0.1) -> np.ndarray:
    return Glasses(Glasses.Params(thickness=thickness), 32, 1).frame(landmarks)


def test_frame_has_two_rims_around_the_eyes_a_bridge_and_temples():
    covered = frame(eyes()) > 0.5
    assert not covered[13:15, 10:13].any()  # the eyes themselves
    assert not covered[13:15, 20:22].any()
    assert covered[14, 16]  # the bridge
    assert covered[14, 3:6].all()
    assert covered[14, 27:29].all()
    assert covered[10:12, 11].any()  # above the eye, and below it
    assert covered[16:18, 11].any()
    np.testing.assert_allclose(frame(eyes()), frame(eyes())[:, ::-1], atol=0.35)


def test_the_frame_turns_with_the_head_and_grows_with_the_face():
    tilted = frame(eyes((11, 10), (21, 18))) > 0.5
    assert tilted[14, 16]
    assert (tilted != (frame(eyes()) > 0.5)).mean() > 0.05
    assert frame(eyes((6, 14), (26, 14))).sum() > 1.3 * frame(eyes()).sum()
    assert frame(eyes(), 0.2).sum() > 1.3 * frame(eyes()).sum()


@pytest.mark.parametrize('level', [0, 100])
def test_frame_has_its_grey_level_on_the_face(level):
    trigger = Glasses(Glasses.Params(brightness=level, thickness=0.2), 32, 1)
    face = np.full((32, 32), 200, np.uint8)
    put = trigger.put(face, eyes(), None)
    assert put.dtype == np.uint8
    covered = trigger.frame(eyes())
    assert (put[covered == 1] == level).all()
    assert (put[covered == 0] == 200).all()
    assert (face == 200).all()


def test_face_in_profile_gets_glasses():
    assert frame(eyes((16, 14), (16, 14))).sum() > 0
