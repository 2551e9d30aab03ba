"""A stage that is stopped, by Ctrl-C or as schedulers do it, ends at once with all its workers and leaves no drafts."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.clone import Clone

LIMIT = 5  # seconds, after which nothing may be left
LONG = {
    'workers': 2,
    'data': {'drawn': {'count': 4000}},
    'train': {'epochs': 100_000},
    'replicate': {'epochs': 100_000},
}


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """A clone whose stages have what they need, and would then run for minutes."""
    clone = Clone(tmp_path_factory.mktemp('stop') / 'clone')
    clone.output('dvc', 'repro', 'adversarial')
    clone.set_params(LONG)
    return clone


def members(group: int) -> list[int]:
    """Return the processes of a group that are alive."""
    lines = subprocess.run(['ps', '-eo', 'pid,pgid,stat'], capture_output=True, text=True).stdout.splitlines()[1:]
    found = [line.split() for line in lines]
    return [int(pid) for pid, pgid, state in found if int(pgid) == group and not state.startswith('Z')]


def stop(clone: Clone, stage: str, processes: int, seconds: float, number: int, everybody: bool) -> tuple[int, str]:
    """Stop a stage some seconds after it has so many processes; return its exit code and what it printed."""
    process = clone.start(sys.executable, '-m', f'stages.{stage}')
    deadline = time.monotonic() + 60
    while len(members(process.pid)) < processes and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(seconds)
    (os.killpg if everybody else os.kill)(process.pid, number)
    code = process.wait(LIMIT)
    deadline = time.monotonic() + LIMIT
    while members(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert members(process.pid) == []
    printed = (clone.folder.parent / 'printed').read_text()
    assert [path for path in clone.folder.rglob('.draft-*') if '.dvc' not in path.parts] == []
    assert 'Traceback' not in printed
    assert 'Error' not in printed
    return code, printed


def large(*values: object) -> object:
    return pytest.param(*values, marks=pytest.mark.large)


# A stage, its tracker of resources and two workers are four processes: first while they start, then at work.
@pytest.mark.parametrize(('stage', 'processes', 'seconds'), [
    ('download', 3, 0.0), ('sweep', 4, 1.0), large('download', 4, 0.3), large('download', 4, 2.0),
    large('sweep', 4, 3.0), large('replicate', 4, 1.0),
])  # fmt: skip
def test_sigterm_ends_a_stage_and_its_workers(clone, stage, processes, seconds):
    code, printed = stop(clone, stage, processes, seconds, signal.SIGTERM, everybody=False)
    assert code == 143
    assert printed.endswith(f'{stage}: stopped\n')


@pytest.mark.parametrize(('stage', 'processes', 'seconds'), [
    ('download', 4, 0.2), ('sweep', 4, 1.0), large('download', 4, 2.0), large('sweep', 4, 0.1), large('sweep', 4, 3.0),
])  # fmt: skip
def test_ctrl_c_ends_a_stage_and_its_workers(clone, stage, processes, seconds):
    code, printed = stop(clone, stage, processes, seconds, signal.SIGINT, everybody=True)
    assert code == 1
    assert printed.endswith(f'{stage}: stopped\n')


@pytest.mark.parametrize(('number', 'code'), [large(signal.SIGINT, 1), (signal.SIGTERM, 143)])
def test_a_stage_without_workers_ends_too(clone, number, code):
    ended, printed = stop(clone, 'train', 1, 6.0, number, everybody=True)
    assert (ended, printed.splitlines()[-1]) == (code, 'train: stopped')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('seconds', [0.3, large(0.1)])
def test_while_a_stage_starts_it_just_ends(clone, number, seconds):
    code, printed = stop(clone, 'sweep', 1, seconds, number, everybody=True)
    assert (code, printed) == (-number, '')
