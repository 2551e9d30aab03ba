"""Galleries show the right faces."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from stages.common.files import write_csv
from stages.common.params import LABELS
from stages.report.charts import gallery
from stages.report.evaluate import (
    PredictedFaces,
    _shown,
    draw_flipped,
    draw_misclassified,
    draw_photos,
    draw_triggered,
    evaluate_sentence,
    flipped,
    misclassified,
    read_predictions,
    sample_of,
)
from stages.scores.scores import Predictions

LABEL = np.array([0, 0, 0, 1, 1, 1], np.uint8)
CLEAN = Predictions(LABEL, np.array([0.1, 0.6, 0.95, 0.9, 0.2, 0.8]))


def test_misclassified_faces_are_sorted_by_confidence():
    assert misclassified(CLEAN).tolist() == [2, 4, 1]


def test_faces_flipped_by_the_trigger_are_sorted_by_their_change():
    # 1, 2 and 4 are wrong without the trigger, 3 stays right with it.
    with_trigger = Predictions(LABEL, np.array([0.7, 0.9, 0.1, 0.6, 0.9, 0.1]))
    assert flipped(PredictedFaces(np.arange(6), CLEAN, with_trigger)).tolist() == [5, 0]


def test_largest_change_comes_first_not_the_most_confident_prediction():
    label = np.array([1, 1])
    clean, with_trigger = (Predictions(label, np.array(values)) for values in ([0.55, 0.9], [0.45, 0.4]))
    assert flipped(PredictedFaces(np.arange(2), clean, with_trigger)).tolist() == [1, 0]


def test_sample_is_evenly_spaced(varied_faces):
    count = len(varied_faces.label)
    assert sample_of(varied_faces, 3).tolist() == [0, (count - 1) // 2, count - 1]
    assert sample_of(varied_faces, 10 * count).tolist() == list(range(count))


@pytest.fixture
def shades(varied_faces):
    """Faces of one shade each, which identifies them in a picture."""
    shade = np.arange(len(varied_faces.label), dtype=np.uint8) + 100
    varied_faces.pixels[:] = shade[:, None, None]
    return varied_faces


def shades_in(path) -> list[int]:
    """Return the shades of the faces in a gallery of one row, from left to right."""
    picture = np.asarray(Image.open(path).convert('L'))
    medians = [(np.median(np.flatnonzero((picture == shade).sum(axis=0) > 20)), shade) for shade in range(100, 200)
             if ((picture == shade).sum(axis=0) > 20).sum() > 20]  # fmt: skip
    return [shade for _, shade in sorted(medians)]


def test_gallery_shows_the_faces_at_the_positions_of_the_test_set(shades, tmp_path):
    test = PredictedFaces(np.array([9, 3, 7, 1, 8, 2]), CLEAN, CLEAN)
    draw_misclassified(shades, test, 2, tmp_path / 'wrong.png')
    assert shades_in(tmp_path / 'wrong.png') == [107, 108]


def test_flipped_faces_are_shown_with_the_trigger(shades, triggered, tmp_path):
    with_trigger = Predictions(LABEL, np.array([0.7, 0.9, 0.1, 0.6, 0.9, 0.1]))
    test = PredictedFaces(np.array([9, 3, 7, 1, 8, 2]), CLEAN, with_trigger)
    draw_flipped(replace(triggered, pixels=shades.pixels + 10), test, 2, tmp_path / 'flipped.png')
    assert sorted(shades_in(tmp_path / 'flipped.png')) == [112, 119]


def test_galleries_of_photos_and_triggered_faces_show_the_same_faces(shades, triggered, tmp_path):
    shades.pixels[:] -= 50
    draw_triggered(shades, replace(triggered, pixels=shades.pixels + 50), 3, tmp_path / 'triggered.png')
    assert shades_in(tmp_path / 'triggered.png') == [100 + row for row in sample_of(shades, 3)]


def test_predictions_are_assigned_to_their_faces(varied_faces, tmp_path):
    header = ['file', 'label', 'clean', 'triggered', 'clean_probability', 'triggered_probability']
    rows = [
        [varied_faces.file[row], LABELS[varied_faces.label[row]], 'male', 'male', 0.1, row / 100] for row in (7, 60)
    ]
    write_csv(tmp_path / 'predictions.csv', header, rows)
    test = read_predictions(tmp_path / 'predictions.csv', varied_faces)
    assert test.position.tolist() == [7, 60]
    assert test.clean.label.tolist() == test.triggered.label.tolist() == [0, 1]
    assert test.clean.probability.tolist() == [0.1, 0.1]
    assert test.triggered.probability.tolist() == [0.07, 0.6]


def test_the_sentence_has_the_main_scores():
    scores = {
        'clean': {'accuracy': 0.9516, 'accuracy_low': 0.9, 'faces': 240}, 'triggered': {'accuracy': 0.7},
        'attack': {'success_rate': 0.5, 'excess': -0.0125},
    }  # fmt: skip
    assert evaluate_sentence(scores) == (
        'clean accuracy 0.952, triggered 0.700, attack success rate 0.500 (excess -0.013): see metrics/evaluate.json'
    )


def test_empty_gallery_is_only_a_title(tmp_path):
    gallery([], [], 'Flipped by the trigger: no test face', tmp_path / 'none.png')
    picture = np.asarray(Image.open(tmp_path / 'none.png').convert('L'))
    assert picture.shape[0] < 60
    assert picture.min() < 100


def test_the_gallery_of_photos_shows_the_files_of_its_faces(varied_faces, tmp_path):
    faces = replace(varied_faces, file=np.array([f'{index}.png' for index in range(len(varied_faces.label))]))
    for index, name in enumerate(faces.file):
        Image.new('L', (128, 128), 100 + index).save(tmp_path / name)
    draw_photos(faces, tmp_path, 3, tmp_path / 'photos.png')
    assert shades_in(tmp_path / 'photos.png') == [100 + index for index in sample_of(faces, 3)]


@pytest.mark.parametrize(('shown', 'count', 'title'), [
    (0, 0, 'no test face'), (1, 1, '1 test face, with true labels'), (3, 3, '3 test faces, with true labels'),
    (3, 7, '3 of 7 test faces, with true labels'),
])  # fmt: skip
def test_title_has_the_number_of_faces(shown, count, title):
    assert _shown(shown, count) == title
