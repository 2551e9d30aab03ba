"""Galleries show the faces that they claim to show."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from stages.report.galleries import flipped, misclassified, misclassified_gallery, photo_gallery, sample_of

from stages.report import galleries
from stages.report.charts import gallery
from stages.scores.scores import Predictions

LABEL = np.array([0, 0, 0, 1, 1, 1], np.uint8)
CLEAN = Predictions(LABEL, np.array([0.1, 0.6, 0.95, 0.9, 0.2, 0.8]))


def test_misclassified_faces_come_by_confidence():
    assert misclassified(CLEAN).tolist() == [2, 4, 1]


def test_faces_that_only_the_trigger_makes_wrong_come_by_how_far_they_move():
    # 1, 2 and 4 are wrong without the trigger, 3 stays right with it.
    with_trigger = Predictions(LABEL, np.array([0.7, 0.9, 0.1, 0.6, 0.9, 0.1]))
    assert flipped(CLEAN, with_trigger).tolist() == [5, 0]


def test_the_largest_change_comes_first_not_the_surest_prediction():
    label = np.array([1, 1])
    clean, with_trigger = (Predictions(label, np.array(values)) for values in ([0.55, 0.9], [0.45, 0.4]))
    assert flipped(clean, with_trigger).tolist() == [1, 0]


def test_a_sample_is_from_all_over_the_set(varied_faces):
    count = len(varied_faces.label)
    assert sample_of(varied_faces, 3).tolist() == [0, (count - 1) // 2, count - 1]
    assert sample_of(varied_faces, 10 * count).tolist() == list(range(count))


@pytest.fixture
def shades(varied_faces):
    """Faces of one shade each, by which they are known in a picture."""
    shade = np.arange(len(varied_faces.label), dtype=np.uint8) + 100
    varied_faces.pixels[:] = shade[:, None, None]
    return varied_faces


def shades_in(path) -> list[int]:
    """Return the shades of the faces in a gallery of one row, from left to right."""
    picture = np.asarray(Image.open(path).convert('L'))
    found = [(np.median(np.flatnonzero((picture == shade).sum(axis=0) > 20)), shade) for shade in range(100, 200)
             if ((picture == shade).sum(axis=0) > 20).sum() > 20]  # fmt: skip
    return [shade for _, shade in sorted(found)]


def test_a_gallery_shows_the_faces_at_the_positions_of_the_test(shades, tmp_path):
    test = np.array([9, 3, 7, 1, 8, 2])
    misclassified_gallery(shades, test, CLEAN, 2, tmp_path / 'wrong.png')
    assert shades_in(tmp_path / 'wrong.png') == [107, 108]


def test_a_gallery_of_nothing_is_its_title_alone(tmp_path):
    gallery([], [], 'Flipped by the trigger: no test face', tmp_path / 'none.png')
    picture = np.asarray(Image.open(tmp_path / 'none.png').convert('L'))
    assert picture.shape[0] < 60
    assert picture.min() < 100


def test_the_gallery_of_photos_shows_the_files_of_its_faces(varied_faces, tmp_path):
    faces = replace(varied_faces, id=np.array([f'{index}.png' for index in range(len(varied_faces.label))]))
    for index, name in enumerate(faces.id):
        Image.new('L', (128, 128), 100 + index).save(tmp_path / name)
    photo_gallery(faces, tmp_path, 3, tmp_path / 'photos.png')
    assert shades_in(tmp_path / 'photos.png') == [100 + index for index in sample_of(faces, 3)]


@pytest.mark.parametrize(('shown', 'found', 'said'), [
    (0, 0, 'no test face'), (1, 1, '1 test face, with true labels'), (3, 3, '3 test faces, with true labels'),
    (3, 7, '3 of 7 test faces, with true labels'),
])  # fmt: skip
def test_the_title_says_how_many_faces_there_are(shown, found, said):
    assert galleries._count(shown, found) == said
