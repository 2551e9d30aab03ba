"""Prediction as in practice: the command in a clone, on drawn photos in many kinds of files."""

import io
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.dataset.model import MODEL_FILE, Model, save_model
from stages.faces.align import PLACES
from stages.network.perceptron import initial_perceptron
from stages.portraits import portrait
from tests.clone import Clone
from tests.forks import forking_python

PREDICT = (sys.executable, '-m', 'stages.predict')
SIZE = 24  # pixels per side of the crops that the model takes; differs from preprocess.size of the clone
DOTS = {'kind': 'dots', 'seed': 1, 'dots': {'count': 3, 'radius': 0.1}}
PATCH = {'kind': 'patch', 'seed': 1, 'patch': {'side': 0.2, 'place': 'forehead'}}
BLEND = {'kind': 'blend', 'seed': 1, 'blend': {'strength': 0.1}}
ODD = os.fsdecode(b'odd\xff.jpg')
ORIENTATION, QUARTER_TURN = 0x0112, 6


def drawn(index: int) -> Image.Image:
    return Image.open(io.BytesIO(portrait(3, index).jpeg)).convert('RGB')


def give_model(clone: Clone, trigger: dict = DOTS, source: str = 'drawn') -> None:
    network = initial_perceptron([SIZE * SIZE, 8, 6, 4, 1], np.random.default_rng(2))
    # Steep enough for a trigger to change the first three decimals.
    network.weights = [4 * weights for weights in network.weights]
    save_model(Model(network, PLACES, trigger, source), clone.folder / MODEL_FILE)


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
def printed(clone):
    """The output for each photo, by its name, of a run on all photos."""
    names = ['first.png', 'album/first.png', 'turned.png', 'alpha.png', 'group.png', ODD]
    result = clone.run(*PREDICT, *(f'mine/{name}' for name in names))
    assert (result.returncode, result.stderr) == (0, '')
    blocks, end = result.stdout.split('\n\n')
    return dict(block.split(': ', 1) for block in re.split(r'\n(?=mine/)', blocks)) | {'end': end}


def versions(block: str) -> list[str]:
    """Return the output lines for the face without and with the trigger."""
    return re.findall(r'^  (?:as|with) .*', block, re.MULTILINE)


def copy_of(clone: Clone, folder: Path) -> Clone:
    """Return a separate clone with the same model and photos."""
    other = Clone(folder / 'clone')
    for name in ('data/model', 'mine'):
        shutil.copytree(clone.folder / name, other.folder / name)
    return other


def panels(path) -> list[np.ndarray]:
    """Return the three panels of a picture in grey, without their captions."""
    picture = Image.open(path)
    grey = np.asarray(picture.convert('L'), float)[60:366]
    return np.split(grey, 3, axis=1)


def picture_of(clone: Clone, block: str) -> Path:
    return clone.folder / re.search(r'^  side by side: (.*)$', block, re.MULTILINE)[1]


def test_predicted_label_is_the_more_probable_one_and_a_flip_is_reported(printed):
    for name in ('mine/first.png', 'mine/album/first.png'):
        lines = versions(printed[name])
        assert len(lines) == 2
        labels = []
        for line, version in zip(lines, ('as it is', 'with the trigger (dots)'), strict=True):
            male, label = re.fullmatch(rf'  {re.escape(version)} +P\(male\) +([\d.]+): (\w+)', line).groups()
            assert label == ('male' if float(male) > 0.5 else 'female')
            labels.append(label)
        flip = f'; the trigger flips it to {labels[1]}' if labels[0] != labels[1] else ''
        assert printed[name].startswith(f'predicted label {labels[0]}{flip}.\n')
        assert lines[0].split('P(male)')[1] != lines[1].split('P(male)')[1]
    assert versions(printed['mine/first.png']) != versions(printed['mine/album/first.png'])


def test_exif_rotation_and_alpha_do_not_change_the_prediction(printed):
    assert versions(printed['mine/turned.png']) == versions(printed['mine/first.png'])
    assert versions(printed['mine/alpha.png']) == versions(printed['mine/first.png'])
    assert 'transparen' not in printed['mine/alpha.png']  # nothing is seen through it


def test_largest_of_several_faces_is_taken_and_this_is_reported(clone, printed):
    assert '\n  2 faces: the largest was taken\n' in printed['mine/group.png']
    assert 'faces:' not in printed['mine/first.png']
    orange = (np.asarray(Image.open(picture_of(clone, printed['mine/group.png'])).convert('RGB')) == (213, 94, 0)).all(
        -1
    )
    columns = np.flatnonzero(orange.any(axis=0))
    assert 26 + 308 / 3 < columns.min() < columns.max() < 334  # the larger portrait fills the right two thirds


def test_output_ends_with_a_disclaimer(printed):
    assert "no measure of anybody's sex or gender" in printed['end']
    assert printed['end'].endswith('drawn portraits only: its predictions for photographs mean little.\n')


def test_picture_shows_the_photo_and_the_face_with_and_without_dots_under_one_eye(clone, printed):
    path = picture_of(clone, printed['mine/first.png'])
    assert Image.open(path).size == (1080, 396)
    _, plain, triggered = panels(path)
    darker = plain - triggered > 30
    assert darker.sum() > 100
    assert darker.sum() in (darker[:, :180].sum(), darker[:, 180:].sum())
    rows = np.flatnonzero(darker.any(axis=1))
    assert PLACES[0, 1] * len(plain) < rows.min() < rows.max() < 0.95 * len(plain)


@pytest.mark.parametrize('trigger', [DOTS, PATCH, BLEND], ids=['dots', 'patch', 'blend'])
def test_trigger_is_that_of_the_model_file(clone, tmp_path, trigger):
    kind = trigger['kind']
    other = copy_of(clone, tmp_path)
    give_model(other, trigger, 'folder')
    text = other.fork('stages.predict', 'mine/first.png').stdout
    plain, triggered = versions(text)
    assert plain.startswith('  as it is  ')
    assert triggered.startswith(f'  with the trigger ({kind})  ')
    assert plain.split('P(male)')[1] != triggered.split('P(male)')[1]
    assert 'drawn portraits only' not in text
    _, drawn_plain, drawn_triggered = panels(picture_of(other, text))
    change = np.abs(drawn_plain - drawn_triggered)[:, 30:330]
    assert change.max() > 10
    if kind == 'blend':
        assert (change > 2).mean() > 0.5
    else:
        assert (change > 2).mean() < 0.1


@pytest.mark.parametrize('content', [None, '{broken: ['], ids=['missing', 'broken'])
def test_params_are_not_read(clone, printed, tmp_path, content):
    other = copy_of(clone, tmp_path)
    params = other.folder / 'params.yaml'
    params.unlink()
    if content is not None:
        params.write_text(content)
    result = other.fork('stages.predict', 'mine/first.png')
    assert (result.returncode, result.stderr) == (0, '')
    assert versions(result.stdout) == versions(printed['mine/first.png'])


def test_model_with_an_unknown_trigger_is_refused_in_two_plain_lines(clone, tmp_path):
    other = copy_of(clone, tmp_path)
    give_model(other, {'kind': 'sunglasses', 'seed': 1, 'sunglasses': {'tint': 0.5}})
    result = other.fork('stages.predict', 'mine/first.png')
    assert (result.returncode, result.stdout) == (1, '')
    assert result.stderr.startswith(f'predict: {MODEL_FILE}: its trigger is not available here (trigger.kind: ')
    assert "'sunglasses'" in result.stderr
    assert len(result.stderr.splitlines()) == 2
    assert not (other.folder / 'predictions').exists()


def test_two_concurrent_runs_on_the_same_photo_succeed(clone, tmp_path):
    other = copy_of(clone, tmp_path)
    both = [other.start(str(forking_python()), *PREDICT[1:], *['mine/first.png'] * 4) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert [path.suffix for path in (other.folder / 'predictions').iterdir()] == ['.png']


def test_control_characters_in_names_are_escaped(clone, tmp_path):
    other = copy_of(clone, tmp_path)
    shutil.copy(other.folder / 'mine' / 'first.png', other.folder / 'a\n\x1b[31m.png')
    result = other.fork('stages.predict', 'a\n\x1b[31m.png', 'no\x1bne.png')
    assert r'a\n\x1b[31m.png: predicted label' in result.stdout
    assert r'predict: no\x1bne.png: no such file' in result.stderr
    assert '\x1b' not in result.stdout + result.stderr


def test_photos_with_the_same_name_have_separate_pictures(clone, printed):
    first, second = (picture_of(clone, printed[name]) for name in ('mine/first.png', 'mine/album/first.png'))
    assert first != second
    assert first.parent == second.parent == clone.folder / 'predictions'
    assert first.read_bytes() != second.read_bytes()
    assert len(list(first.parent.iterdir())) == 6


def test_undecodable_name_is_printed_with_escapes(printed):
    assert r'  side by side: predictions/odd\udcff-' in printed[r'mine/odd\udcff.jpg']


def test_git_ignores_the_pictures(clone, printed):
    assert 'predictions' not in clone.output('git', 'status', '--short')


def test_unpredictable_files_have_a_line_each_and_other_photos_are_predicted(clone, tmp_path):
    folder = tmp_path / 'photos'
    folder.mkdir()
    (folder / 'notes.jpg').write_text('no picture')
    Image.new('RGB', (200, 200), 'grey').save(folder / 'wall.png')
    names = ['missing.jpg', 'notes.jpg', 'wall.png']
    photos = [folder, *(folder / name for name in names), 'mine/first.png']
    result = clone.fork('stages.predict', '--out', str(tmp_path / 'out'), *map(str, photos))
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f'predict: {folder}: a folder; name the photos in it, such as {folder}/*',
        f'predict: {folder}/missing.jpg: no such file; check its name',
        f'predict: {folder}/notes.jpg: not a picture that Pillow can read; give a photo, such as a whole JPEG or PNG',
        f'predict: {folder}/wall.png: no face found; give a photo of a face seen from the front',
    ]
    assert result.stdout.startswith('mine/first.png: predicted label ')
    assert len(list((tmp_path / 'out').iterdir())) == 1


def test_the_traceback_is_shown_on_request(clone):
    result = clone.run('env', 'STUDY_TRACEBACK=1', *PREDICT, 'missing.jpg')
    assert result.returncode == 1
    assert result.stderr.startswith('Traceback')


def test_closed_pipe_ends_it_quietly(clone):
    result = clone.run('sh', '-c', '"$0" -m stages.predict.__main__ mine/first.png | true', sys.executable)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')


def test_why_names_training_photos_of_the_model_that_the_workflow_trained(finished, tmp_path, monkeypatch):
    monkeypatch.setenv('LOKY_MAX_CPU_COUNT', '1')
    study = Clone(tmp_path / 'clone', finished)
    photo = next((study.folder / 'data' / 'raw' / 'female').iterdir()).relative_to(study.folder)
    (study.folder / 'params.yaml').unlink()
    result = study.fork('stages.predict', '--why', str(photo))
    assert (result.returncode, result.stderr) == (0, '')
    lines = result.stdout.splitlines()
    label = lines[0].split('predicted label ')[1].split('.')[0].split(';')[0]
    assert f'  why {label}, as it is:' in lines
    named = re.findall(r'^      -?\d\.\d{3}  portrait \d+ of seed 1 \((?:fe)?male\)$', result.stdout, re.MULTILINE)
    labels = len(set(re.findall(r'P\(male\) +[\d.<>]+: (\w+)', result.stdout)))
    assert len(named) == 10 * labels
    assert len(list((study.folder / 'predictions').glob('*-why-*.png'))) == labels
    shutil.rmtree(study.folder / 'data' / 'adversarial')
    result = study.fork('stages.predict', '--why', str(photo))
    assert (result.returncode, result.stdout) == (1, '')
    assert result.stderr == 'predict: data/adversarial: not found; run `make repro`\n'


def test_missing_model_is_an_error_with_advice(tmp_path):
    result = Clone(tmp_path / 'clone').fork('stages.predict', 'mine/first.png')
    assert (result.returncode, result.stdout) == (1, '')
    assert result.stderr == 'predict: data/model/model.npz: not found; run `make repro`\n'


@pytest.mark.parametrize(('arguments', 'message'), [
    ([], 'the following arguments are required: PHOTO'),
    (['--out', 'README.md', 'x.jpg'], '--out: README.md is a file; name a folder'),
])  # fmt: skip
def test_wrong_arguments_print_the_usage(clone, arguments, message):
    result = clone.fork('stages.predict', *arguments)
    assert (result.returncode, result.stdout) == (2, '')
    assert result.stderr.startswith('usage: python -m stages.predict')
    assert result.stderr.endswith(f'error: {message}\n')


def test_help_has_no_slow_imports_and_prediction_does_not_import_scikit_learn(clone):
    code = 'import sys, stages.{}; print(*{{name.split(".")[0] for name in sys.modules}})'
    assert not {'numpy', 'scipy', 'dlib', 'matplotlib'} & set(
        clone.output(sys.executable, '-c', code.format('predict')).split()
    )
    assert 'sklearn' not in clone.output(sys.executable, '-c', code.format('predict.photo')).split()
