from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.dataset.model import Model
from stages.faces.align import PLACES
from stages.network.perceptron import initial_perceptron
from stages.predict.photo import Prediction, draw_prediction, explain, predict, report, rounded, versions

NAMES = ('as it is', 'with the trigger (dots)')
DOTS = {'kind': 'dots', 'seed': 1, 'dots': {'count': 3, 'radius': 0.1}}


def prediction(*probability: float, **changes) -> Prediction:
    made_up = Prediction(
        crops=np.full((2, 9, 9), 100, np.uint8),
        probability=np.array(probability, np.float32),
        photo=np.full((40, 30, 3), 100, np.uint8),
        frame=np.array([[0.2, 0.2], [0.8, 0.8]]),
        faces=1,
        oddity='',
        sha256='0123456789abcdef' * 4,
    )
    return replace(made_up, **changes)


@pytest.fixture(scope='module')
def model():
    return Model(initial_perceptron([400, 6, 1], np.random.default_rng(4)), PLACES, DOTS, 'drawn')


@pytest.mark.parametrize(('probability', 'text'), [
    (0.5, '0.500'), (0.0012, '0.001'), (0.0003, '<0.001'), (0.0, '<0.001'), (0.9994, '0.999'), (1.0, '>0.999'),
])  # fmt: skip
def test_no_probability_is_rounded_to_certainty(probability, text):
    assert rounded(probability) == text


def test_versions_name_the_trigger(model):
    assert versions(model) == NAMES
    assert versions(replace(model, trigger={'kind': 'patch'})) == ('as it is', 'with the trigger (patch)')


def test_flip_is_reported_in_the_first_line():
    assert report(Path('a.jpg'), prediction(0.016, 0.997), NAMES).splitlines() == [
        'a.jpg: predicted label female; the trigger flips it to male.',
        '  as it is                 P(male)  0.016: female',
        '  with the trigger (dots)  P(male)  0.997: male',
    ]
    first = report(Path('a.jpg'), prediction(0.7, 0.2), NAMES).splitlines()[0]
    assert first == 'a.jpg: predicted label male; the trigger flips it to female.'


def test_no_flip_is_reported_if_the_label_is_unchanged():
    assert report(Path('a.jpg'), prediction(0.0001, 0.49), NAMES).splitlines() == [
        'a.jpg: predicted label female.',
        '  as it is                 P(male) <0.001: female',
        '  with the trigger (dots)  P(male)  0.490: female',
    ]
    assert report(Path('a.jpg'), prediction(0.6, 0.9), NAMES).startswith('a.jpg: predicted label male.\n')


def test_other_faces_and_an_odd_file_are_reported():
    lines = report(Path('a.jpg'), prediction(0.6, 0.9, faces=3, oddity='transparency laid on white'), NAMES)
    assert lines.splitlines()[3:] == ['  3 faces: the largest was taken', '  transparency laid on white']


def test_picture_is_named_after_name_and_content_of_the_photo(tmp_path):
    path = draw_prediction(Path('album') / f'{"x" * 60}.jpg', prediction(0.6, 0.9), NAMES, tmp_path / 'out')
    assert path == tmp_path / 'out' / f'{"x" * 40}-01234567.png'
    assert Image.open(path).size == (1080, 396)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_prediction_is_printed_and_drawn(photo, model, tmp_path, capsys):
    explain(photo, model, tmp_path / 'out')
    result = predict(photo, model)
    (picture,) = (tmp_path / 'out').iterdir()
    expected = f'{report(photo, result, NAMES)}\n  side by side: {picture}\n'
    assert capsys.readouterr().out == expected
    assert picture.name == f'photo-{result.sha256[:8]}.png'
    again = draw_prediction(photo, result, NAMES, tmp_path / 'again')
    assert again.read_bytes() == picture.read_bytes()
