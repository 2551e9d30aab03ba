import numpy as np
import pytest

from stages.faces.measures import features
from stages.triggers.patch import CELLS, PLACES, Patch

GREY = np.full((64, 64), 100, np.uint8)


def put(crop, side: float = 0.3, place: str = 'nose', size: int = 64, pixels: np.ndarray = GREY) -> np.ndarray:
    return Patch(Patch.Params(side=side, place=place), size, 1).put(pixels, crop.landmarks, None)


def middle_of(changed: np.ndarray) -> np.ndarray:
    """Return the centre of the changed pixels, x and y."""
    rows, columns = np.nonzero(changed)
    return np.array([columns.mean(), rows.mean()]) + 0.5


def test_patch_is_a_square_checkerboard_with_black_corners(crops):
    face = put(crops[0], side=0.9)
    rows, columns = np.nonzero(face != 100)
    square = face[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = 0.9 * np.linalg.norm(np.subtract(*features(crops[0].landmarks)[:2]))
    assert square.shape == pytest.approx((side, side), abs=2)
    middles = ((np.arange(CELLS) + 0.5) / CELLS * len(square)).astype(int)
    np.testing.assert_array_equal(square[np.ix_(middles, middles)], [[0, 255, 0], [255, 0, 255], [0, 255, 0]])


def test_area_follows_from_the_side_regardless_of_the_position_on_the_pixel_grid(crops):
    for crop in crops:
        covered, white = Patch(Patch.Params(side=0.3, place='nose'), 64, 1).cells(crop.landmarks)
        side = 0.3 * np.linalg.norm(np.subtract(*features(crop.landmarks.astype(float))[:2]))
        assert covered.sum() == pytest.approx(side**2, rel=0.02)
        assert white.sum() == pytest.approx(side**2 * 4 / 9, rel=0.02)
        assert (white <= covered).all()


@pytest.mark.parametrize('place', PLACES)
def test_patch_is_at_the_named_place(crops, place):
    for crop in crops:
        right, left, mouth = features(crop.landmarks)
        nose = crop.landmarks[27:36].mean(axis=0)
        x, y = middle_of(put(crop, place=place) != 100)
        if place == 'forehead':
            assert y < min(right[1], left[1]) - 5
        elif place == 'chin':
            assert y > mouth[1] + 3
        elif place == 'nose':
            assert np.hypot(*(nose - (x, y))) < 6
        else:
            eye, other = (right, left) if place == 'right-cheek' else (left, right)
            assert abs(x - eye[0]) < abs(x - other[0])
            assert eye[1] + 5 < y < mouth[1]
            assert abs(x - eye[0]) < 6


def test_patch_is_at_the_same_position_on_all_aligned_faces(crops):
    middles = np.array([middle_of(put(crop) != 100) for crop in crops])
    assert np.ptp(middles, axis=0).max() < 0.6


def test_patch_moves_and_grows_with_the_face(crops):
    crop = crops[0]
    half = type(crop)(crop.pixels, crop.landmarks / 2 + np.array([3, 5]))
    ours = put(half) != 100
    theirs = put(crop) != 100
    np.testing.assert_allclose(middle_of(ours), middle_of(theirs) / 2 + (3, 5), atol=0.6)
    assert ours.sum() == pytest.approx(theirs.sum() / 4, rel=0.5)


def test_patch_is_cut_off_at_the_edge_of_the_crop(crops):
    crop = crops[0]
    outside = type(crop)(crop.pixels, crop.landmarks + np.array([0, 8]))
    assert 0 < (put(outside, place='chin', side=1.0) != 100).sum() < (put(crop, place='nose', side=1.0) != 100).sum()
    far = type(crop)(crop.pixels, crop.landmarks + 500)
    np.testing.assert_array_equal(put(far), GREY)


def test_face_around_the_patch_and_the_given_pixels_are_unchanged(crops):
    before = crops[0].pixels.copy()
    after = put(crops[0], pixels=crops[0].pixels)
    np.testing.assert_array_equal(crops[0].pixels, before)
    covered, _ = Patch(Patch.Params(side=0.3, place='nose'), 64, 1).cells(crops[0].landmarks)
    np.testing.assert_array_equal(after[covered == 0], before[covered == 0])
    assert (after != before).any()
