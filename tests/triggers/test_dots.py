import numpy as np
import pytest

from stages.common.params import stream
from stages.faces.measures import LEFT_EYE, RIGHT_EYE
from stages.triggers import dots
from stages.triggers.dots import Dots, Row, coverage, draw_row
from stages.triggers.trigger import triggered

JAW = slice(0, 17)
EYES = (RIGHT_EYE, LEFT_EYE)


def make(count: int = 3, radius: float = 0.1, size: int = 64) -> Dots:
    return Dots(Dots.Params(count=count, radius=radius), size, 1)


def placed(landmarks, seed: int = 1, **params) -> list[Row]:
    """Return rows of dots for faces with these landmarks, each from its own random stream."""
    trigger = make(**params)
    return [trigger.place(points, stream(seed, 'dots', index)) for index, points in enumerate(landmarks)]


def landmarks_of(crops, repeat: int = 1) -> list[np.ndarray]:
    return [crop.landmarks for crop in crops] * repeat


def eye_of(row: Row, landmarks: np.ndarray) -> int:
    """Return the eye, 0 or 1, that a row of dots is below."""
    return int(np.argmin([abs(row.centres[:, 0].mean() - landmarks[eye, 0].mean()) for eye in EYES]))


def test_dots_are_below_an_eye_and_above_the_chin(crops):
    for crop, row in zip(crops, placed(landmarks_of(crops)), strict=True):
        eye = crop.landmarks[EYES[eye_of(row, crop.landmarks)]]
        width = eye[3, 0] - eye[0, 0]
        assert (row.centres[:, 1] - row.radius > eye[:, 1].max()).all()
        assert (row.centres[:, 1] < crop.landmarks[JAW, 1].max()).all()
        assert np.abs(row.centres[:, 0].mean() - eye[:, 0].mean()) <= 0.26 * width
        assert row.radius == pytest.approx(0.1 * np.linalg.norm(eye[3] - eye[0]))


def test_both_eyes_are_used(crops):
    landmarks = landmarks_of(crops, 3)
    assert {eye_of(*pair) for pair in zip(placed(landmarks), landmarks, strict=True)} == {0, 1}


def test_no_two_faces_have_dots_on_the_same_pixels(crops):
    # The same few landmarks repeatedly, on crops so small that random positions would repeat.
    rows = placed([points / 2 for points in landmarks_of(crops, 12)], size=32, count=2)
    assert len({(coverage(row, 32) > 0).tobytes() for row in rows}) == len(rows)


@pytest.mark.parametrize(('count', 'radius'), [(1, 0.01), (1, 0.5), (9, 0.01), (9, 0.5), (1, 0.1), (3, 0.1)])
def test_no_two_faces_have_the_same_centres_when_pixels_run_out(crops, count, radius):
    rows = placed([crops[0].landmarks / 4] * 400, size=16, count=count, radius=radius)
    touched = [(coverage(row, 16) > 0).tobytes() for row in rows]
    assert len({row.centres.tobytes() for row in rows}) == len(rows)
    # New pixels are used as long as there are any.
    assert len(set(touched[:6])) == 6
    if (count, radius) == (1, 0.1):
        assert len(set(touched)) < len(rows)


@pytest.mark.large
@pytest.mark.parametrize('radius', [0.01, 0.1, 0.5])
@pytest.mark.parametrize('count', range(1, 10))
def test_a_hundred_thousand_faces_have_dots_at_different_positions(crops, count, radius):
    trigger = make(count, radius)
    rows = (trigger.place(crops[index % 12].landmarks, stream(1, 'dots', index)) for index in range(100_000))
    assert len({row.centres.tobytes() for row in rows}) == 100_000


def test_faces_with_the_same_stream_have_different_centres(crops):
    trigger = make(count=1, size=16)
    rows = [trigger.place(crops[0].landmarks / 4, stream(1, 'dots')) for _ in range(300)]
    assert len({row.centres.tobytes() for row in rows}) == 300


def test_dots_stay_within_the_face_if_possible(crops):
    # A face so narrow that a row of dots often reaches beyond it.
    points = crops[0].landmarks.copy()
    points[JAW, 0] = 32 + 0.7 * (points[JAW, 0] - 32)
    hull = dots.Delaunay(points)
    free = [draw_row(points, 5, 0.1, np.random.default_rng(seed)) for seed in range(50)]
    assert 5 < sum((hull.find_simplex(row.centres) < 0).any() for row in free) < 50
    assert all((hull.find_simplex(row.centres) >= 0).all() for row in placed([points] * 50, count=5))


def test_faces_without_room_for_dots_have_different_dots(crops):
    points = crops[0].landmarks.copy()
    points[:36] = points[36]
    points[48:] = points[42]
    rows = placed([points] * 20)
    assert len({row.centres.tobytes() for row in rows}) == 20


def test_dots_are_about_half_an_eye_width_below_the_lid(crops):
    below = []
    for crop in crops:
        for seed in range(20):
            row = draw_row(crop.landmarks, 3, 0.1, np.random.default_rng(seed))
            lid = crop.landmarks[EYES[eye_of(row, crop.landmarks)], 1].max()
            below += ((row.centres[:, 1] - lid) / (row.radius / 0.1)).tolist()
    assert 0.27 <= min(below) < 0.33
    assert 0.62 < max(below) <= 0.68


def test_many_dots_are_closer_together(crops):
    spans = []
    for count in (2, 3, 4, 5, 9):
        row = draw_row(crops[0].landmarks, count, 0.1, np.random.default_rng(0))
        spans.append(np.ptp(row.centres[:, 0]) / (row.radius / 0.1))
    assert spans == pytest.approx([0.35, 0.7, 1.05, 1.4, 1.4])


def test_faces_in_profile_whose_eyes_have_no_width_have_different_dots(crops):
    points = crops[0].landmarks.copy()
    points[36:48] = points[36]
    rows = placed([points] * 50)
    assert len({row.centres.tobytes() for row in rows}) == 50


def test_seed_decides_the_dots(crops):
    first, again, other = (placed(landmarks_of(crops), seed) for seed in (1, 1, 2))
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a.centres, b.centres)
        assert (a.centres != c.centres).any()


def test_the_dots_of_a_face_do_not_depend_on_the_faces_after_it(crops):
    for a, b in zip(placed(landmarks_of(crops[:5])), placed(landmarks_of(crops)), strict=False):
        np.testing.assert_array_equal(a.centres, b.centres)


def test_dots_are_antialiased_and_have_the_right_area(crops):
    (row,) = placed(landmarks_of(crops[:1]), radius=0.2, count=1)
    cover = coverage(row, 64)
    assert ((cover > 0) & (cover < 1)).any()
    assert cover.sum() == pytest.approx(np.pi * row.radius**2, rel=0.1)


CENTRES = [(3.0, 5.5), (0.0, 0.0), (15.9, 8.0), (40.0, 40.0), *np.random.default_rng(1).uniform(0, 16, (20, 2))]


@pytest.mark.parametrize('centre', CENTRES)
@pytest.mark.parametrize('others', [[(7.3, 9.1)], []])
def test_coverage_is_correct_even_at_the_edge_of_the_crop(centre, others):
    row = Row(np.array([centre, *others], np.float32), 1.7)
    y, x = np.mgrid[:16, :16] + 0.5
    distances = [np.hypot(x - a, y - b) for a, b in row.centres]
    expected = 1 - np.prod([1 - np.clip(1.7 + 0.5 - distance, 0, 1) for distance in distances], axis=0)
    np.testing.assert_allclose(coverage(row, 16), expected, atol=1e-12)


def test_face_is_black_under_the_dots_and_unchanged_elsewhere(crops):
    pixels = np.full((64, 64), 200, np.uint8)
    row = make().place(crops[0].landmarks, stream(1, 'dots'))
    face = make().put(pixels, crops[0].landmarks, stream(1, 'dots'))
    cover = coverage(row, 64)
    assert (face[cover == 1] == 0).all()
    assert (face[cover == 0] == 200).all()
    np.testing.assert_allclose(face, 200 * (1 - cover), atol=0.51)
    assert (pixels == 200).all()
    assert (cover > 0).sum() >= 12


def test_number_of_dots_is_that_of_the_params(crops):
    assert placed(landmarks_of(crops), count=5)[0].centres.shape == (5, 2)


def test_stream_of_a_face_depends_on_its_position(crops):
    pixels, landmarks = (np.stack([getattr(crop, name) for crop in crops]) for name in ('pixels', 'landmarks'))
    chosen = {'kind': 'dots', 'seed': 7, 'dots': {'count': 3, 'radius': 0.1}}
    trigger = make()
    for index, face in enumerate(triggered(chosen, pixels, landmarks)):
        np.testing.assert_array_equal(face, trigger.put(pixels[index], landmarks[index], stream(7, 'dots', index)))
