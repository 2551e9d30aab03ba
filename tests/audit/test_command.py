"""The command for the audit of one folder, up to where DVC runs; test_detect_and_audit.py runs it as a whole."""

import shutil
from pathlib import Path

import pytest
import yaml

from stages.audit.command import audit_folder, photos_at, set_params, undecided
from stages.common.errors import StudyError
from stages.common.files import METRICS, write_csv
from tests.clone import ROOT

NAMES = ['photos', 'Öl', '~', '~x', "it's", 'a (1)', 'a=b', 'a,b', '${x}', '{a: 1}', 'null', '1e3', '# b', 'a: b', '-']


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder that has params.yaml only."""
    (tmp_path / 'project').mkdir()
    shutil.copy(ROOT / 'params.yaml', tmp_path / 'project')
    monkeypatch.chdir(tmp_path / 'project')
    return tmp_path / 'project'


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('ending', ['', '.zip'])
def test_photos_of_any_name_are_found_and_set_in_params_with_their_comments(name, ending, project, capsys):
    photos = project.parent / f'{name}{ending}'
    photos.touch() if ending else photos.mkdir()
    assert photos_at(f'../{name}{ending}') == photos_at(str(photos)) == photos
    before = Path('params.yaml').read_text().splitlines()
    set_params({'source': 'folder', 'folder': str(photos)})
    after = Path('params.yaml').read_text()
    assert yaml.safe_load(after)['data']['folder'] == str(photos)
    changed = [line for line in before if line not in after.splitlines()]
    assert [line.split(':')[0].strip() for line in changed] == ['source', 'folder']
    comments = [line.partition('#')[2] for line in changed]
    assert [comment for comment in comments if comment not in after] == []
    assert capsys.readouterr().out == (
        f'params.yaml now has data.source: folder, data.folder: {photos}\n'
        'To go back afterwards: git checkout params.yaml dvc.lock metrics; dvc checkout\n'
    )


def test_a_tilde_that_the_shell_left_is_the_home_folder_unless_a_file_is_called_so(project, monkeypatch):
    monkeypatch.setenv('HOME', str(project.parent))
    (project.parent / 'photos').mkdir()
    assert photos_at('~/photos') == project.parent / 'photos'
    (project / '~' / 'photos').mkdir(parents=True)
    assert photos_at('~/photos') == project / '~' / 'photos'


WRITTEN = 'the workflow writes its own files there; copy the photos to another folder'


@pytest.mark.parametrize(('given', 'line'), [
    ('nowhere', '{}/nowhere: no such folder or archive; name the one that holds your photos'),
    ('a\nb', r'{}/a\nb: rename it, without control characters and bytes that are no text'),
    *((place, f'{{}}/{place}: {WRITTEN}') for place in ('data/raw/female', 'data/clean', 'data', 'metrics')),
    ('.', f'{{}}: {WRITTEN}'),
])  # fmt: skip
def test_photos_that_cannot_be_audited_are_named_and_no_param_is_set(given, line, project):
    for folder in ('a\nb', 'data/raw/female', 'data/clean', 'metrics'):
        (project / folder).mkdir(parents=True, exist_ok=True)
    before = Path('params.yaml').read_bytes()
    with pytest.raises(StudyError) as error:
        audit_folder([given])
    assert str(error.value) == line.format(project)
    assert Path('params.yaml').read_bytes() == before


def test_undecided_photos_are_counted_for_fail_on(project):
    rows = [('1', '1', ''), ('1', '0', ''), ('1', '1', 'drop'), ('0', '0', '')]
    write_csv(METRICS / 'audit.csv', ['flagged', 'proven', 'decision'], rows)
    assert (undecided('flagged'), undecided('proven')) == (2, 1)


def test_words_must_mean_a_label(project, capsys):
    with pytest.raises(SystemExit):
        audit_folder(['..', '--words', '0=woman'])
    assert '0=woman: write WORD=female or WORD=male' in capsys.readouterr().err


def test_words_are_set_as_text(project):
    set_params({'words': {'0': 'female', 'M': 'male'}})
    assert yaml.safe_load(Path('params.yaml').read_text())['data']['words'] == {'0': 'female', 'M': 'male'}
