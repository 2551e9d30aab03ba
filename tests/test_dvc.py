"""dvc.yaml declares the dependencies of its stages, and is short."""

import json

import pytest
import yaml

from tests.clone import ROOT
from tests.modules import FILES, needed, script

TEXT = (ROOT / 'dvc.yaml').read_text()
STAGES = yaml.safe_load(TEXT)['stages']


def code_of(name: str) -> list:
    """Return the files that the outputs of a stage need: not those of the report, except for the report itself."""
    modules = needed(script(name), leave_out='' if name == 'report' else 'report')
    return [FILES[module] for module in modules if FILES[module].name != '__init__.py']


def deps_of(name: str) -> list:
    return [ROOT / dep for dep in STAGES[name]['deps'] if dep.startswith('stages')]


@pytest.mark.parametrize('name', STAGES)
def test_a_stage_depends_on_every_module_that_it_needs(name):
    assert len(code_of(name)) > 5
    assert [file for file in code_of(name) if not any(file.is_relative_to(dep) for dep in deps_of(name))] == []


@pytest.mark.parametrize('name', STAGES)
def test_stage_only_depends_on_modules_that_it_needs(name):
    assert [dep for dep in deps_of(name) if not any(file.is_relative_to(dep) for file in code_of(name))] == []


@pytest.mark.parametrize('name', STAGES)
def test_a_stage_depends_on_rooms_rather_than_on_many_files(name):
    assert len([dep for dep in deps_of(name) if dep.is_file()]) <= 4


@pytest.mark.parametrize('name', [name for name in STAGES if name != 'report'])
def test_a_changed_caption_makes_only_the_report_stale(name):
    assert [dep for dep in deps_of(name) if (ROOT / 'stages' / 'report').is_relative_to(dep)] == []


@pytest.mark.parametrize('name', ['adversarial', 'train', 'evaluate'])
def test_stages_without_workers_do_not_depend_on_the_cluster_code(name):
    assert ROOT / 'stages' / 'cluster' not in deps_of(name)


def test_results_that_git_tracks_stay_when_a_stage_is_stopped():
    outs = [out for stage in STAGES.values() for kind in ('outs', 'metrics') for out in stage.get(kind, ())]
    tracked = [options for out in outs if isinstance(out, dict) for options in out.values() if 'cache' in options]
    assert len(tracked) > 10
    assert all(options == {'cache': False, 'persist': True} for options in tracked)


def test_studies_are_drawn_with_the_same_axes():
    # One plot for each score, with the curves of both revisions in it.
    template = json.loads((ROOT / '.dvc' / 'plots' / 'arms.json').read_text())
    assert template['facet']['field'] == 'score'
    assert template['spec']['layer'][1]['encoding']['strokeDash']['field'] == 'rev'


def test_dvc_yaml_is_short():
    assert len(TEXT.splitlines()) <= 260
