"""A stage that is stopped, by Ctrl-C or as schedulers do it, ends at once with all its workers and leaves no drafts."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clone import LIMIT, Clone, cpu_seconds, members, wait_until

LONG = {
    'workers': 2,
    'data': {'drawn': {'count': 100_000}},
    'train': {'epochs': 100_000},
    'replicate': {'epochs': 100_000},
}


@pytest.fixture(scope='module')
def clone(tmp_path_factory, finished):
    """A clone whose stages have what they need, and would then run for many minutes."""
    clone = Clone(tmp_path_factory.mktemp('stop') / 'clone', finished)
    clone.set_params(LONG)
    return clone


def stop(clone: Clone, stage: str, begun: Callable[[int], bool], number: int, everybody: bool) -> tuple[int, str]:
    """Stop a stage once begun() is true of its process; return its exit code and what it printed."""
    process = clone.start(sys.executable, '-m', f'stages.{stage}', PYTHONUNBUFFERED='1')
    wait_until(lambda: begun(process.pid))
    (os.killpg if everybody else os.kill)(process.pid, number)
    code = process.wait(LIMIT)
    wait_until(lambda: members(process.pid) == [])
    printed = (clone.folder.parent / 'printed').read_text()
    assert [path for path in clone.folder.rglob('.draft-*') if '.dvc' not in path.parts] == []
    assert 'Traceback' not in printed
    assert 'Error' not in printed
    return code, printed


def busy(processes: int, seconds: float) -> Callable[[int], bool]:
    """Whether a stage has so many processes, of which its workers have taken so many CPU seconds each.

    All but the stage itself and its tracker of resources are workers.
    """

    def begun(pid: int) -> bool:
        others = cpu_seconds([process for process in members(pid) if process.pid != pid])
        return len(others) >= processes - 1 and others[processes - 3] >= seconds

    return begun


def caught(pid: int, number: int) -> bool:
    """Return whether a process has a handler of its own for a signal."""
    status = dict(line.split(':', 1) for line in Path(f'/proc/{pid}/status').read_text().splitlines())
    return bool(int(status['SigCgt'], 16) >> (number - 1) & 1)


def large(*values: object) -> object:
    return pytest.param(*values, marks=pytest.mark.large)


# A stage, its tracker of resources and two workers are four processes: first while they start, then at work.
@pytest.mark.parametrize(('stage', 'processes', 'seconds'), [
    ('download', 3, 0.0), ('sweep', 4, 2.0), large('download', 4, 0.3), large('download', 4, 2.0),
    large('sweep', 4, 3.0), large('replicate', 4, 1.0),
])  # fmt: skip
def test_sigterm_ends_a_stage_and_its_workers(clone, stage, processes, seconds):
    code, printed = stop(clone, stage, busy(processes, seconds), signal.SIGTERM, everybody=False)
    assert code == 143
    assert printed.endswith(f'{stage}: stopped\n')


@pytest.mark.parametrize(('stage', 'processes', 'seconds'), [
    ('download', 4, 0.2), ('sweep', 4, 2.0), large('download', 4, 2.0), large('sweep', 4, 0.1), large('sweep', 4, 3.0),
])  # fmt: skip
def test_ctrl_c_ends_a_stage_and_its_workers(clone, stage, processes, seconds):
    code, printed = stop(clone, stage, busy(processes, seconds), signal.SIGINT, everybody=True)
    assert code == 1
    assert printed.endswith(f'{stage}: stopped\n')


@pytest.mark.parametrize(('number', 'code'), [large(signal.SIGINT, 1), (signal.SIGTERM, 143)])
def test_a_stage_without_workers_ends_too(clone, number, code):
    def begun(pid: int) -> bool:
        return 'solver: ' in (clone.folder.parent / 'printed').read_text() and caught(pid, number)

    ended, printed = stop(clone, 'train', begun, number, everybody=True)
    assert (ended, printed.splitlines()[-1]) == (code, 'train: stopped')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('library', ['scipy', large('numpy')])
def test_while_a_stage_starts_it_just_ends(clone, number, library):
    def begun(pid: int) -> bool:
        # Libraries are imported after what decides that Ctrl-C just ends it.
        return f'/{library}/' in Path(f'/proc/{pid}/maps').read_text() and not caught(pid, number)

    code, printed = stop(clone, 'sweep', begun, number, everybody=True)
    assert (code, printed) == (-number, '')
