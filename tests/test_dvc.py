"""dvc.yaml names what its stages depend on."""

import pytest
import yaml

from tests.clone import ROOT
from tests.modules import FILES, needed

STAGES = yaml.safe_load((ROOT / 'dvc.yaml').read_text())['stages']


def code_of(name: str) -> list:
    """The files that a stage needs; a package without code of its own changes nothing."""
    return [FILES[module] for module in needed(f'stages.{name}') if FILES[module].name != '__init__.py']


def deps_of(name: str) -> list:
    return [ROOT / dep for dep in STAGES[name]['deps'] if dep.startswith('stages/')]


@pytest.mark.parametrize('name', STAGES)
def test_a_stage_depends_on_every_module_that_it_needs(name):
    assert len(code_of(name)) > 5
    assert [file for file in code_of(name) if not any(file.is_relative_to(dep) for dep in deps_of(name))] == []


@pytest.mark.parametrize('name', STAGES)
def test_a_stage_depends_on_no_module_that_it_does_not_need(name):
    assert [dep for dep in deps_of(name) if not any(file.is_relative_to(dep) for file in code_of(name))] == []


@pytest.mark.parametrize('name', STAGES)
def test_a_stage_depends_on_rooms_rather_than_on_many_files(name):
    assert len([dep for dep in deps_of(name) if dep.is_file()]) <= 4
