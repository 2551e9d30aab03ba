"""Predicting as people do it: the command in a clone, on drawn photos in many kinds of files."""

import io
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.dataset.model import MODEL, save_model
from stages.network.perceptron import first_perceptron
from stages.portraits import portrait
from tests.clone import Clone

PREDICT = (sys.executable, '-m', 'stages.predict')
SIZE = 24  # pixels a side of the crops that the model reads; preprocess.size of the clone is another
ODD = os.fsdecode(b'odd\xff.jpg')
ORIENTATION, QUARTER_TURN = 0x0112, 6


def drawn(index: int) -> Image.Image:
    return Image.open(io.BytesIO(portrait(3, index).jpeg)).convert('RGB')


def give_model(clone: Clone) -> None:
    network = first_perceptron([SIZE * SIZE, 8, 6, 4, 1], np.random.default_rng(2))
    # Steep enough for dots to be seen in three decimals.
    network.weights = [4 * weights for weights in network.weights]
    save_model(network, clone.folder / MODEL / 'model.npz')


def write_photos(folder) -> None:
    (folder / 'album').mkdir(parents=True)
    first, second = drawn(0), drawn(1)
    first.save(folder / 'first.png')
    second.save(folder / 'album' / 'first.png')
    exif = Image.Exif()
    exif[ORIENTATION] = QUARTER_TURN
    first.transpose(Image.Transpose.ROTATE_90).save(folder / 'turned.png', exif=exif)
    transparent = first.copy()
    transparent.putalpha(Image.new('L', first.size, 255))
    transparent.save(folder / 'alpha.png')
    group = Image.new('RGB', (256 + 128, 256), 'grey')
    group.paste(first.resize((128, 128)), (0, 64))
    group.paste(second, (128, 0))
    group.save(folder / 'group.png')
    (folder / ODD).write_bytes(portrait(3, 0).jpeg)


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """A clone with a model of random weights and some photos."""
    clone = Clone(tmp_path_factory.mktemp('predict') / 'clone')
    give_model(clone)
    write_photos(clone.folder / 'mine')
    return clone


@pytest.fixture(scope='module')
def told(clone):
    """What is printed on each photo, by its name, after a run on all of them."""
    names = ['first.png', 'album/first.png', 'turned.png', 'alpha.png', 'group.png', ODD]
    result = clone.run(*PREDICT, *(f'mine/{name}' for name in names))
    assert (result.returncode, result.stderr) == (0, '')
    blocks, end = result.stdout.split('\n\n')
    return dict(block.split(': ', 1) for block in re.split(r'\n(?=mine/)', blocks)) | {'end': end}


def readings(block: str) -> list[str]:
    return re.findall(r'^  (?:as|with) .*', block, re.MULTILINE)


def panels(path) -> list[np.ndarray]:
    """The four panels of a picture without their captions, grey."""
    picture = Image.open(path)
    grey = np.asarray(picture.convert('L'), float)[75:325]
    return np.split(grey, 4, axis=1)


def picture_of(clone: Clone, block: str) -> Path:
    return clone.folder / re.search(r'^  side by side: (.*)$', block, re.MULTILINE)[1]


def test_each_label_has_a_probability_and_the_sentence_says_the_greater(told):
    for name in ('mine/first.png', 'mine/album/first.png'):
        lines = readings(told[name])
        assert len(lines) == 3
        for line in lines:
            male, female, label = re.search(r'male\) +([\d.]+), P\(read as female\) +([\d.]+): (\w+)$', line).groups()
            assert float(male) + float(female) == pytest.approx(1, abs=0.0011)
            assert label == ('male' if float(male) > 0.5 else 'female')
        assert told[name].startswith(f'the network reads this face as {lines[0].split()[-1]}.\n')
    assert readings(told['mine/first.png']) != readings(told['mine/album/first.png'])


def test_turned_by_exif_or_with_alpha_it_is_the_same_face(told):
    assert readings(told['mine/turned.png']) == readings(told['mine/first.png'])
    assert readings(told['mine/alpha.png']) == readings(told['mine/first.png'])
    assert '\n  transparency laid on white\n' in told['mine/alpha.png']


def test_of_several_faces_the_largest_is_taken_and_that_is_said(clone, told):
    assert '\n  2 faces: the largest was taken\n' in told['mine/group.png']
    assert 'faces:' not in told['mine/first.png']
    orange = (np.asarray(Image.open(picture_of(clone, told['mine/group.png'])).convert('RGB')) == (213, 94, 0)).all(-1)
    columns = np.flatnonzero(orange.any(axis=0))
    assert 5 + 260 / 3 < columns.min() < columns.max() < 265  # the larger portrait fills the right two thirds


def test_the_end_says_what_the_number_is_not(told):
    assert "no measure of anybody's sex or gender" in told['end']
    assert told['end'].endswith('drawn portraits only: what it reads in a photograph means little.\n')


def test_the_picture_shows_the_photo_and_dots_under_one_eye_and_the_other(clone, told):
    path = picture_of(clone, told['mine/first.png'])
    assert Image.open(path).size == (1080, 396)
    _, plain, right, left = panels(path)
    for dotted, side in ((right, np.s_[:, :135]), (left, np.s_[:, 135:])):
        darker = plain - dotted > 30
        assert darker.sum() > 100
        assert darker.sum() == darker[side].sum()


def test_photos_of_the_same_name_have_pictures_of_their_own(clone, told):
    first, second = (picture_of(clone, told[name]) for name in ('mine/first.png', 'mine/album/first.png'))
    assert first != second
    assert first.parent == second.parent == clone.folder / 'predictions'
    assert first.read_bytes() != second.read_bytes()
    assert len(list(first.parent.iterdir())) == 6


def test_a_name_that_is_no_text_is_printed_as_escapes(told):
    assert r'  side by side: predictions/odd\udcff-' in told[r'mine/odd\udcff.jpg']


def test_git_does_not_see_the_pictures(clone, told):
    assert 'predictions' not in clone.output('git', 'status', '--short')


def test_what_cannot_be_read_is_a_line_each_and_the_others_are_read(clone, tmp_path):
    folder = tmp_path / 'photos'
    folder.mkdir()
    (folder / 'notes.jpg').write_text('no picture')
    Image.new('RGB', (200, 200), 'grey').save(folder / 'wall.png')
    names = ['missing.jpg', 'notes.jpg', 'wall.png']
    photos = [folder, *(folder / name for name in names), 'mine/first.png']
    result = clone.run(*PREDICT, '--out', str(tmp_path / 'out'), *map(str, photos))
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f'predict: {folder}: a folder; name the photos in it, such as {folder}/*',
        f'predict: {folder}/missing.jpg: no such file; check its name',
        f'predict: {folder}/notes.jpg: not a picture that Pillow can read; give a photo, such as a whole JPEG or PNG',
        f'predict: {folder}/wall.png: no face found; give a photo of a face seen from the front',
    ]
    assert result.stdout.startswith('mine/first.png: the network reads this face as')
    assert len(list((tmp_path / 'out').iterdir())) == 1


def test_the_traceback_is_shown_on_request(clone):
    result = clone.run('env', 'STUDY_TRACEBACK=1', *PREDICT, 'missing.jpg')
    assert result.returncode == 1
    assert result.stderr.startswith('Traceback')


def test_a_reader_who_has_had_enough_ends_it_quietly(clone):
    result = clone.run('sh', '-c', '"$0" -m stages.predict mine/first.png | true', sys.executable)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')


def test_without_a_model_it_says_how_to_make_one(tmp_path):
    result = Clone(tmp_path / 'clone').run(*PREDICT, 'mine/first.png')
    assert (result.returncode, result.stdout) == (1, '')
    assert result.stderr == 'predict: data/model/model.npz: not there; run `make repro`\n'


@pytest.mark.parametrize(('arguments', 'message'), [
    ([], 'the following arguments are required: PHOTO'),
    (['--out', 'README.md', 'x.jpg'], '--out: README.md is a file; name a folder'),
])  # fmt: skip
def test_what_was_mistyped_is_answered_by_the_usage(clone, arguments, message):
    result = clone.run(*PREDICT, *arguments)
    assert (result.returncode, result.stdout) == (2, '')
    assert result.stderr.startswith('usage: python -m stages.predict')
    assert result.stderr.endswith(f'error: {message}\n')


def test_help_needs_nothing_that_takes_time_to_import_and_no_prediction_needs_scikit_learn(clone):
    code = 'import sys, stages.{}; print(*{{name.split(".")[0] for name in sys.modules}})'
    assert not {'numpy', 'scipy', 'dlib', 'matplotlib'} & set(
        clone.output(sys.executable, '-c', code.format('predict')).split()
    )
    assert 'sklearn' not in clone.output(sys.executable, '-c', code.format('study.telling')).split()
