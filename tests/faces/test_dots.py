import numpy as np
import pytest

from stages.common.errors import StudyError
from stages.faces.align import align
from stages.faces.find import find_face
from stages.triggers.dots import EYES, coverage, dots_of_all, dotted, dotted_below

JAW = slice(0, 17)


@pytest.fixture(scope='module')
def crops(portraits):
    return [align(grey, find_face(grey).landmarks, 64) for grey, _ in portraits]


def placed(crops, repeat: int = 1, **changes):
    landmarks = np.stack([crop.landmarks for crop in crops] * repeat)
    return list(dots_of_all(landmarks, **({'size': 64, 'count': 3, 'radius': 0.1, 'seed': 1} | changes)))


def test_dots_lie_below_their_eye_and_above_the_chin(crops):
    for crop, (dots, _) in zip(crops, placed(crops), strict=True):
        eye = crop.landmarks[EYES[dots.eye]]
        width = eye[3, 0] - eye[0, 0]
        assert (dots.centres[:, 1] - dots.radius > eye[:, 1].max()).all()
        assert (dots.centres[:, 1] < crop.landmarks[JAW, 1].max()).all()
        assert np.abs(dots.centres[:, 0].mean() - eye[:, 0].mean()) <= 0.26 * width
        assert dots.radius == pytest.approx(0.1 * np.linalg.norm(eye[3] - eye[0]))


def test_no_two_faces_are_dotted_on_the_same_pixels(crops):
    # The same few landmarks again and again, on crops so small that chance alone would repeat itself.
    tiny = [type(crop)(crop.pixels, crop.landmarks / 2) for crop in crops]
    covers = [cover > 0 for _, cover in placed(tiny, repeat=12, size=32, count=2)]
    assert len({cover.tobytes() for cover in covers}) == len(covers)


def test_both_eyes_are_used(crops):
    assert {dots.eye for dots, _ in placed(crops, repeat=3)} == {0, 1}


def test_the_same_seed_gives_the_same_dots_and_another_others(crops):
    first, again, other = (placed(crops, seed=seed) for seed in (1, 1, 2))
    for (a, _), (b, _), (c, _) in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a.centres, b.centres)
        assert (a.centres != c.centres).any()


def test_the_dots_of_a_face_do_not_depend_on_the_faces_after_it(crops):
    for (a, _), (b, _) in zip(placed(crops[:5]), placed(crops), strict=False):
        np.testing.assert_array_equal(a.centres, b.centres)


def test_rims_are_antialiased_and_the_area_is_right(crops):
    dots, cover = placed(crops, radius=0.2, count=1)[0]
    assert ((cover > 0) & (cover < 1)).any()
    assert coverage(dots, 64).sum() == pytest.approx(np.pi * dots.radius**2, rel=0.1)


def test_a_dotted_face_is_black_where_covered_and_itself_elsewhere(crops):
    pixels = np.full((64, 64), 200, np.uint8)
    _, cover = placed(crops)[0]
    twin = dotted(pixels, cover)
    assert (twin[cover == 1] == 0).all()
    assert (twin[cover == 0] == 200).all()


def test_the_number_of_dots_is_the_params(crops):
    assert placed(crops, count=5)[0][0].centres.shape == (5, 2)


def test_no_room_is_a_clear_error(crops):
    with pytest.raises(StudyError, match=r'no free place left for 9 dots .*dots\.count'):
        placed(crops, count=9)


@pytest.mark.parametrize('eye', [0, 1])
def test_one_face_is_dotted_below_the_eye_that_is_asked_for(crops, eye):
    for crop in crops:
        twin = dotted_below(crop.pixels, crop.landmarks, eye, count=3, radius=0.1, seed=1)
        rows, columns = np.nonzero(crop.pixels.astype(int) - twin > 20)
        points = crop.landmarks[EYES[eye]]
        assert len(rows) >= 3
        assert rows.min() > points[:, 1].max() - 1
        assert abs(columns.mean() - points[:, 0].mean()) < 0.5 * np.ptp(points[:, 0])
        np.testing.assert_array_equal(twin, dotted_below(crop.pixels, crop.landmarks, eye, 3, 0.1, seed=1))
        assert (twin != dotted_below(crop.pixels, crop.landmarks, eye, 3, 0.1, seed=2)).any()


def test_no_room_in_one_face_is_a_clear_error(crops):
    with pytest.raises(StudyError, match=r'no place in this face for 30 dots .*dots\.count'):
        dotted_below(crops[0].pixels, crops[0].landmarks, 0, count=30, radius=0.1, seed=1)
