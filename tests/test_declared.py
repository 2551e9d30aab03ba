"""A stage reads exactly the params and data that dvc.yaml declares, by which DVC decides whether to run it again."""

import json
from functools import cache

import pytest
import yaml

from tests.clone import ROOT, TINY, Clone

STAGES = yaml.safe_load((ROOT / 'dvc.yaml').read_text())['stages']
EVERYWHERE = {'workers'}  # results do not depend on it


@pytest.fixture(scope='module')
def reads(tmp_path_factory, finished):
    """Return a function that runs a stage of a small study and returns what it read."""
    clone = Clone(tmp_path_factory.mktemp('declared') / 'clone', finished)
    # Reads of worker processes would not be recorded.
    assert TINY['workers'] == 1

    @cache
    def read(stage: str) -> dict:
        result = clone.fork('tests.reads', stage)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1])

    return read


def declares(declared: str, read: str) -> bool:
    return f'{read}.'.startswith(f'{declared}.')


@pytest.mark.parametrize('stage', STAGES)
def test_every_param_that_a_stage_reads_is_declared(reads, stage):
    read = set(reads(stage)['params']) - EVERYWHERE
    assert read
    assert [name for name in read if not any(declares(param, name) for param in STAGES[stage]['params'])] == []


@pytest.mark.parametrize('stage', STAGES)
def test_every_param_that_is_declared_is_read(reads, stage):
    read = reads(stage)['params']
    assert [param for param in STAGES[stage]['params'] if not any(declares(param, name) for name in read)] == []


@pytest.mark.parametrize('stage', STAGES)
def test_every_file_that_a_stage_reads_is_declared(reads, stage):
    deps = [dep for dep in STAGES[stage]['deps'] if not dep.startswith(('$', 'stages/'))]
    own = [name for out in STAGES[stage]['outs'] for name in ([out] if isinstance(out, str) else out)]
    read = [name for name in reads(stage)['files'] if not any(f'{name}/'.startswith(f'{out}/') for out in own)]
    assert [name for name in read if not any(f'{name}/'.startswith(f'{dep}/') for dep in deps)] == []
    data = [dep for dep in deps if dep != 'stages']
    assert [dep for dep in data if not any(f'{name}/'.startswith(f'{dep}/') for name in read)] == []
