import hashlib
import json
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from stages.common.errors import StudyError
from stages.common.outdated import (
    LOCK,
    PAGE,
    REPORT,
    REPORT_FOLDER,
    SHOWN,
    is_current,
    keep_current_metrics,
    photos_hash,
    read_lock,
    remove_other_report,
)
from stages.common.params import PARAMS
from tests.clone import ROOT, merged
from tests.modules import script

PARAMS_NOW = {'adv': {'target': 'male', 'fraction': 0.0}, 'train': {'epochs': 40}}
RESULTS = '{"study": 0.7}\n'


def lock() -> dict:
    """Return the stages of a lock in which the sweep ran on what the stage adversarial wrote last."""
    written = {'path': 'metrics/sweep.json', 'md5': hashlib.md5(RESULTS.encode()).hexdigest()}
    return {
        'adversarial': {'outs': [{'path': 'data/adversarial', 'md5': 'a.dir'}]},
        'sweep': {
            'deps': [{'path': 'data/adversarial', 'md5': 'a.dir'}, {'path': 'stages/sweep', 'md5': 'code'}],
            'params': {'params.yaml': {'adv.target': 'male', 'train': {'epochs': 40}}},
            'outs': [written],
        },
    }


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A function that does what evaluate does at its end, with a lock and params, where a sweep has results."""
    monkeypatch.chdir(tmp_path)
    Path('metrics').mkdir()
    (path := Path('metrics/sweep.json')).write_text(RESULTS)

    def after_evaluate(stages: dict, params: dict) -> str:
        LOCK.write_text(yaml.safe_dump({'schema': '2.0', 'stages': stages}))
        PARAMS.write_text(yaml.safe_dump(params))
        keep_current_metrics('evaluate')
        return path.read_text()

    return after_evaluate


def other_faces() -> dict:
    stages = lock()
    stages['adversarial']['outs'][0]['md5'] = 'b.dir'
    return stages


OTHER_EPOCHS = PARAMS_NOW | {'train': {'epochs': 10}}


@pytest.mark.parametrize(('stages', 'params', 'expected'), [
    (lock(), PARAMS_NOW, True),
    (lock(), PARAMS_NOW | {'adv': {'target': 'male', 'fraction': 0.05}}, True),
    (other_faces(), PARAMS_NOW, False),
    (lock(), OTHER_EPOCHS, False),
    (lock(), {'adv': PARAMS_NOW['adv']}, False),
    (lock(), PARAMS_NOW | {'adv': None}, False),
])  # fmt: skip
def test_a_stage_is_current_on_its_own_params_and_the_data_written_last(stages, params, expected):
    assert is_current('sweep', stages, params) == expected


@pytest.mark.parametrize('change', [(other_faces(), PARAMS_NOW), (lock(), OTHER_EPOCHS)])
def test_metrics_of_other_inputs_are_empty_until_these_come_back(workspace, change):
    assert workspace(lock(), PARAMS_NOW) == RESULTS
    assert json.loads(workspace(*change)) == {}
    assert json.loads(workspace(*change)) == {}
    assert workspace(lock(), PARAMS_NOW) == RESULTS


def test_the_stage_itself_has_just_run(workspace):
    stages = other_faces()
    workspace(stages, PARAMS_NOW)
    Path('metrics/sweep.json').write_text(RESULTS)
    keep_current_metrics('sweep')
    assert Path('metrics/sweep.json').read_text() == RESULTS


def test_metrics_that_are_shown_are_those_of_dvc_yaml():
    stages = yaml.safe_load((ROOT / 'dvc.yaml').read_text())['stages']
    assert {name for name, stage in stages.items() if 'metrics' in stage} == set(SHOWN)
    assert all(list(stages[name]['metrics'][0]) == [f'metrics/{name}.json'] for name in SHOWN)


@pytest.mark.parametrize('text', ['', '[]', 'stages: [', 'stages: 3', '<<<<<<< HEAD'])
def test_a_damaged_lock_is_refused(text):
    with pytest.raises(StudyError, match=r'^dvc\.lock: damaged; `git checkout dvc\.lock` restores the last one$'):
        read_lock(text)


@pytest.fixture
def reported(tmp_path, monkeypatch):
    """A function that gives a folder shipped params with changes, a lock for data/raw, and a report of other photos."""
    monkeypatch.chdir(tmp_path)
    shipped = yaml.safe_load((ROOT / 'params.yaml').read_text())

    def write(changes: dict, md5: str, page: str = 'photos: a.dir') -> None:
        ran_with = {'params.yaml': {'data': shipped['data']}}
        stage = {'deps': [], 'params': ran_with, 'outs': [{'path': 'data/raw', 'md5': md5}]}
        LOCK.write_text(yaml.safe_dump({'schema': '2.0', 'stages': {'download': stage}}))
        PARAMS.write_text(yaml.safe_dump(merged(shipped, changes)))
        REPORT_FOLDER.mkdir(parents=True, exist_ok=True)
        for path in REPORT[:2]:
            path.write_text(page)

    return write


@pytest.mark.parametrize(('changes', 'md5', 'stays'), [
    ({}, 'a.dir', True),
    ({'workers': 2, 'trigger': {'kind': 'patch'}}, 'a.dir', True),
    ({}, 'b.dir', False),  # as after the stage download
    ({'data': {'source': 'folder', 'folder': 'my photos'}}, 'a.dir', False),  # as before it
])  # fmt: skip
def test_only_a_report_of_these_photos_stays(reported, changes, md5, stays):
    reported(changes, md5)
    assert photos_hash() == md5
    remove_other_report()
    assert [path.exists() for path in REPORT] == [stays] * 3


STAGES = ('download', 'preprocess', 'adversarial', 'train', 'evaluate', 'sweep', 'detect', 'audit', 'replicate')


@pytest.mark.parametrize('stage', STAGES)
def test_no_stage_fails_beside_a_report_of_other_photos(reported, stage):
    reported({'data': {'source': 'folder', 'folder': 'my photos'}}, 'a.dir')
    with pytest.raises((StudyError, FileNotFoundError)):
        import_module(script(stage)).main()
    assert not PAGE.exists()


def test_a_folder_that_has_no_photos_any_more_leaves_no_report(reported):
    photos = {'source': 'folder', 'folder': 'my photos'}
    reported({'data': photos}, 'a.dir')
    lock = yaml.safe_load(LOCK.read_text())
    lock['stages']['download']['params']['params.yaml']['data'] |= photos
    LOCK.write_text(yaml.safe_dump(lock))
    Path('my photos').mkdir()
    remove_other_report()
    assert PAGE.exists()
    with pytest.raises(StudyError, match=r'^data\.folder: '):
        import_module('stages.download').main()
    assert not PAGE.exists()
