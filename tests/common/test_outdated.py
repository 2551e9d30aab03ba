import hashlib
import json
from pathlib import Path

import pytest
import yaml

from stages.common.errors import StudyError
from stages.common.outdated import LOCK, SHOWN, is_current, keep_current_metrics, read_lock
from stages.common.params import PARAMS
from tests.clone import ROOT

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
