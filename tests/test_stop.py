"""A stage stopped by Ctrl-C or SIGTERM ends at once with all its workers, and leaves no drafts."""

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
    """A clone whose stages have their inputs and would run for many minutes."""
    clone = Clone(tmp_path_factory.mktemp('stop') / 'clone', finished)
    clone.set_params(LONG)
    return clone


def stop(clone: Clone, stage: str, begun: Callable[[int], bool], number: int, whole_group: bool) -> tuple[int, str]:
    """Stop a stage once begun() is true for its process, and return its exit code and output."""
    process = clone.start(sys.executable, '-m', f'stages.{stage}', PYTHONUNBUFFERED='1')
    wait_until(lambda: begun(process.pid))
    (os.killpg if whole_group else os.kill)(process.pid, number)
    code = process.wait(LIMIT)
    wait_until(lambda: members(process.pid) == [])
    output = (clone.folder.parent / 'printed').read_text()
    assert [path for path in clone.folder.rglob('.draft-*') if '.dvc' not in path.parts] == []
    assert 'Traceback' not in output
    assert 'Error' not in output
    return code, output


def busy(processes: int, seconds: float) -> Callable[[int], bool]:
    """Return a function that tells whether a stage has this many processes and each worker has taken this CPU time.

    All processes except the stage itself and its resource tracker are workers.
    """

    def begun(pid: int) -> bool:
        others = cpu_seconds([process for process in members(pid) if process.pid != pid])
        return len(others) >= processes - 1 and others[processes - 3] >= seconds

    return begun


def caught(pid: int, number: int) -> bool:
    """Return whether a process has its own handler for a signal."""
    status = dict(line.split(':', 1) for line in Path(f'/proc/{pid}/status').read_text().splitlines())
    return bool(int(status['SigCgt'], 16) >> (number - 1) & 1)


def large(*values: object) -> object:
    return pytest.param(*values, marks=pytest.mark.large)


# A stage, its resource tracker and two workers are four processes: while they start, and while they work.
@pytest.mark.parametrize(('stage', 'processes', 'seconds'), [
    ('download', 3, 0.0), ('sweep', 4, 2.0), large('download', 4, 0.3), large('download', 4, 2.0),
    large('sweep', 4, 3.0), large('replicate', 4, 1.0),
])  # fmt: skip
def test_sigterm_ends_a_stage_and_its_workers(clone, stage, processes, seconds):
    code, output = stop(clone, stage, busy(processes, seconds), signal.SIGTERM, whole_group=False)
    assert code == 143
    assert output.endswith(f'{stage}: stopped\n')


@pytest.mark.parametrize(('stage', 'processes', 'seconds'), [
    ('download', 4, 0.2), ('sweep', 4, 2.0), large('download', 4, 2.0), large('sweep', 4, 0.1), large('sweep', 4, 3.0),
])  # fmt: skip
def test_ctrl_c_ends_a_stage_and_its_workers(clone, stage, processes, seconds):
    working = busy(processes, seconds)

    def begun(pid: int) -> bool:
        # While its workers start, a stage ignores Ctrl-C: they would otherwise get it before they can.
        return working(pid) and caught(pid, signal.SIGINT)

    code, output = stop(clone, stage, begun, signal.SIGINT, whole_group=True)
    assert code == 1
    assert output.endswith(f'{stage}: stopped\n')


@pytest.mark.parametrize(('number', 'code'), [large(signal.SIGINT, 1), (signal.SIGTERM, 143)])
def test_a_stage_without_workers_ends_too(clone, number, code):
    def begun(pid: int) -> bool:
        return 'solver: ' in (clone.folder.parent / 'printed').read_text() and caught(pid, number)

    exit_code, output = stop(clone, 'train', begun, number, whole_group=True)
    assert (exit_code, output.splitlines()[-1]) == (code, 'train: stopped')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('library', ['scipy', large('numpy')])
def test_signal_ends_a_stage_that_is_starting(clone, number, library):
    def begun(pid: int) -> bool:
        # Libraries are imported after the code that lets Ctrl-C end the process by default.
        return f'/{library}/' in Path(f'/proc/{pid}/maps').read_text() and not caught(pid, number)

    code, output = stop(clone, 'sweep', begun, number, whole_group=True)
    assert (code, output) == (-number, '')
