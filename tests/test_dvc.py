"""dvc.yaml names what its stages depend on."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.clone import ROOT

STAGES = yaml.safe_load((ROOT / 'dvc.yaml').read_text())['stages']
LIST = 'import stages.{}, sys; print(*(m.__file__ for n, m in sys.modules.items() if n.startswith("stages.")))'


@cache
def imported(name: str) -> list[Path]:
    """Return the files of this project that the script of a stage imports."""
    listing = subprocess.run([sys.executable, '-c', LIST.format(name)], cwd=ROOT, capture_output=True, text=True)
    return [Path(file) for file in listing.stdout.split()]


@pytest.mark.parametrize('name', STAGES)
def test_a_stage_depends_on_every_module_that_it_imports(name):
    deps = [ROOT / dep for dep in STAGES[name]['deps'] if dep.startswith('stages/')]
    assert len(imported(name)) > 5
    # A package without code of its own changes nothing.
    missing = [
        file for file in imported(name) if file.name != '__init__.py' and not any(file.is_relative_to(d) for d in deps)
    ]
    assert missing == []


@pytest.mark.parametrize('name', STAGES)
def test_a_stage_depends_on_no_module_that_it_does_not_import(name):
    deps = [ROOT / dep for dep in STAGES[name]['deps'] if dep.startswith('stages/') and 'photos' not in dep]
    assert [dep for dep in deps if not any(file.is_relative_to(dep) for file in imported(name))] == []
