"""Every command in README, docs and CONTRIBUTING.md is valid."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import chain

import pytest
import yaml
from dvc.cli import parse_args

from stages.common.params import load_params
from stages.report.__main__ import Params
from stages.sources.source import chosen_source
from stages.triggers.trigger import chosen_trigger
from tests.clone import ROOT, merged
from tests.dask_cluster import check_command_of_dask

PROGRAMS = ('bash', 'cat', 'dask', 'dvc', 'make', 'pip', 'python')
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').glob('*.md'))]
SHIPPED = yaml.safe_load((ROOT / 'params.yaml').read_text(encoding='utf-8'))
STAGES = yaml.safe_load((ROOT / 'dvc.yaml').read_text(encoding='utf-8'))['stages']


def commands(text: str) -> list[list[str]]:
    """Return the commands of a page, from its code blocks and inline code, as lists of words."""
    blocks = re.findall(r'^```\n(.*?)^```', text, re.MULTILINE | re.DOTALL)
    lines = chain.from_iterable(block.splitlines() for block in blocks)
    inline = re.findall(r'`([^`\n]+(?:\n[^`\n]+)?)`', re.sub(r'^```.*?^```', '', text, flags=re.MULTILINE | re.DOTALL))
    lines = [line.removeprefix('$ ') for line in chain(lines, inline)]
    return [shlex.split(line) for line in lines if line.split(' ')[0] in PROGRAMS and ' ' in line]


COMMANDS = [(page.name, command) for page in PAGES for command in commands(page.read_text(encoding='utf-8'))]


def commands_of(program: str) -> list:
    return [
        pytest.param(command, id=f'{page}: {" ".join(command)}') for page, command in COMMANDS if command[0] == program
    ]


def test_there_are_commands_of_each_program():
    assert {command[0] for _, command in COMMANDS} == set(PROGRAMS)
    assert len(COMMANDS) > 40


@pytest.mark.parametrize('command', commands_of('dvc'))
def test_dvc_accepts_the_command(command):
    parsed = parse_args(command[1:])
    targets = getattr(parsed, 'targets', None) or []
    if command[1] in ('repro', 'exp') and command[1:3] != ['exp', 'push']:
        assert set(targets) <= set(STAGES)


# The trigger in architecture.md only exists in test_seams.py, which runs its command.
SET = [param for param in commands_of('dvc') if '-S' in param.values[0] and not param.id.startswith('architecture.md')]


@pytest.mark.parametrize('command', SET)
def test_params_of_the_command_exist_and_accept_its_values(command, tmp_path):
    for override in parse_args(command[1:]).set_param:
        name, _, values = override.partition('=')
        for value in values.split(',') if '--queue' in command else [values]:
            changes = yaml.safe_load(value)
            for part in reversed(name.split('.')):
                changes = {part: changes}
            changed = merged(SHIPPED, changes)
            assert shape(changed) == shape(SHIPPED), override
            path = tmp_path / 'params.yaml'
            path.write_text(yaml.safe_dump(changed))
            params = load_params(Params, path)
            chosen_source(params.data.model_dump())
            chosen_trigger(params.trigger)


def shape(content: object) -> object:
    """Return the names of params in nested sections."""
    return {name: shape(value) for name, value in content.items()} if isinstance(content, dict) else None


@pytest.mark.parametrize('command', commands_of('dask'))
def test_dask_accepts_the_command(command):
    pytest.importorskip('distributed')
    check_command_of_dask(command)


@pytest.mark.parametrize('command', commands_of('python'))
def test_module_of_the_command_exists(command):
    assert command[1] == '-m'
    module = ROOT.joinpath(*command[2].split('.'))
    assert any(path.is_file() for path in (module.with_suffix('.py'), module / '__main__.py')) or command[2] == 'pytest'


@pytest.mark.parametrize('command', commands_of('make'))
def test_target_of_the_command_exists(command):
    assert re.search(rf'^{command[1]}:', (ROOT / 'Makefile').read_text(encoding='utf-8'), re.MULTILINE)


@pytest.mark.parametrize('command', commands_of('pip'))
def test_extra_of_the_command_exists(command):
    extras = tomllib.loads((ROOT / 'pyproject.toml').read_text(encoding='utf-8'))['project']['optional-dependencies']
    assert set(re.fullmatch(r'\.\[(.+)\]', command[-1])[1].split(',')) <= set(extras)


@pytest.mark.parametrize('command', commands_of('cat') + commands_of('bash'))
def test_file_of_the_command_exists(command):
    assert (ROOT / command[1]).is_file()


@pytest.mark.parametrize('name', ['a b', "o'clock", 'a (b) & c'])
def test_make_works_in_a_folder_of_any_name(tmp_path, name):
    folder = tmp_path / name
    (folder / 'stages').mkdir(parents=True)
    (folder / 'Makefile').write_bytes((ROOT / 'Makefile').read_bytes())
    (folder / '.venv' / 'bin').mkdir(parents=True)
    (folder / '.venv' / 'bin' / 'python').symlink_to(sys.executable)
    (folder / 'stages' / '__init__.py').touch()
    (folder / 'stages' / 'report.py').write_text('print("it runs")')
    # `make test` hands its own flags down, and then an inner make names each folder it enters.
    env = {name: value for name, value in os.environ.items() if name not in ('MAKEFLAGS', 'MAKELEVEL', 'MFLAGS')}
    command = ['make', '-o', '.venv/installed', 'report']
    made = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert (made.stdout, made.stderr) == ('it runs\n', '')


def test_git_changes_no_line_endings_and_takes_no_photos():
    def git(*command: str) -> str:
        return subprocess.run(['git', *command], cwd=ROOT, capture_output=True, text=True, check=False).stdout

    assert git('check-attr', 'text', '--', 'params.yaml', 'stages/train.py').count('text: unset') == 2
    photos = ['data/photos/women/1.jpg', 'data/photos/1.jpg', 'data/photos/README.md']
    assert git('check-ignore', '--no-index', *photos).splitlines() == photos[:2]
