"""Work distributed over local processes: order of results, errors and early stops."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from threadpoolctl import threadpool_info

from stages.cluster.parallel import parallel_map, parallel_map_built
from stages.common.errors import StudyError
from tests.clone import ROOT, wait_until

WORKERS = pytest.mark.parametrize('workers', [1, 2])


@pytest.fixture(autouse=True)
def on_this_machine(monkeypatch):
    monkeypatch.delenv('DASK_SCHEDULER_ADDRESS', raising=False)


class Lazy(Collection):
    """Numbers that count how many of them were read."""

    def __init__(self, count: int):
        self.count, self.read = count, 0

    def __len__(self) -> int:
        return self.count

    def __contains__(self, number: object) -> bool:
        return number in range(self.count)

    def __iter__(self):
        for number in range(self.count):
            self.read += 1
            yield number


def slow_first(number: int) -> int:
    time.sleep(0.2 * (number == 0))
    return number * number


def process_id(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def touched(folder: Path, number: int) -> int:
    (folder / str(number)).touch()
    time.sleep(0.01)
    return number


def fails_at(bad: int, number: int) -> int:
    if number == bad:
        raise StudyError(f'item {number} is wrong')
    return number


def killed(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def threads(_: int) -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool['num_threads'] for pool in threadpool_info()}


@WORKERS
def test_results_come_in_the_order_of_the_items(workers):
    assert list(parallel_map(slow_first, range(40), workers, 'test')) == [number * number for number in range(40)]
    assert list(parallel_map(slow_first, [], workers, 'test')) == []


def test_one_worker_is_this_process_and_more_are_others():
    assert set(parallel_map(process_id, range(4), 1, 'test')) == {os.getpid()}
    others = set(parallel_map(process_id, range(20), 2, 'test'))
    assert len(others) == 2
    assert os.getpid() not in others


@WORKERS
def test_items_are_read_lazily_and_not_after_the_caller_stops(workers, tmp_path):
    items = Lazy(10_000)
    results = parallel_map(partial(touched, tmp_path), items, workers, 'test')
    assert items.read == 0
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    results.close()
    # A few items are dispatched ahead, and more are processed while results wait to be consumed.
    assert 3 <= items.read <= (3 if workers == 1 else 100)
    done = len(list(tmp_path.iterdir()))
    time.sleep(0.3)
    assert len(list(tmp_path.iterdir())) == done <= items.read


def test_number_of_waiting_results_is_limited(monkeypatch, tmp_path):
    monkeypatch.setattr('stages.cluster.parallel.MAX_AHEAD', 10)
    items = Lazy(35)
    results = parallel_map(partial(touched, tmp_path), items, 2, 'test')
    for number in range(35):
        assert next(results) == number
        if number in (0, 10):
            wait_until(lambda done=number + 10: len(list(tmp_path.iterdir())) == done)
            time.sleep(0.2)
            assert items.read == number + 10
    assert list(results) == []


def test_after_an_early_stop_no_worker_is_left():
    results = parallel_map(process_id, range(1000), 2, 'test')
    worker = next(results)
    results.close()
    deadline = time.monotonic() + 10
    while psutil.pid_exists(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(worker)


@WORKERS
def test_error_of_an_item_is_raised(workers):
    results = parallel_map(partial(fails_at, 5), range(20), workers, 'test')
    with pytest.raises(StudyError, match=r'^item 5 is wrong$'):
        list(results)


def test_killed_worker_is_an_error_with_advice():
    line = r'^drawing: a worker process was killed, perhaps because it ran out of memory; lower `workers`$'
    with pytest.raises(StudyError, match=line):
        list(parallel_map(killed, range(20), 2, 'drawing'))
    # The next call starts new workers.
    assert list(parallel_map(slow_first, range(4), 2, 'drawing')) == [0, 1, 4, 9]


@WORKERS
def test_each_worker_has_one_blas_thread(workers):
    assert set.union(*parallel_map(threads, range(4), workers, 'test')) == {1}


class Built:
    """State that is built once and shared by all items."""

    def __init__(self, folder: Path, size: int):
        (folder / f'built by {os.getpid()}').touch()
        self.numbers = np.arange(size)

    def __call__(self, number: int) -> tuple[int, bool]:
        return int(self.numbers[number]), isinstance(self.numbers, np.memmap)


@WORKERS
def test_shared_state_is_built_once_and_workers_map_its_arrays(workers, tmp_path):
    results = list(parallel_map_built(partial(Built, tmp_path, 1_000_000), [5, 7, 9], workers, 'test'))
    assert [number for number, _ in results] == [5, 7, 9]
    assert {is_mapped for _, is_mapped in results} == {workers > 1}
    assert [path.name for path in tmp_path.iterdir()] == [f'built by {os.getpid()}']


def test_signal_handlers_are_restored_once_workers_have_started():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    results = parallel_map(process_id, range(10), 2, 'test')
    next(results)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    results.close()


PROGRAM = """
import os
import signal
import sys
import time

from stages.cluster.parallel import parallel_map
from stages.common.errors import StudyError, run_stage


def work(number):
    time.sleep(0.002)
    return number


def main():
    for number in parallel_map(work, range(100_000), 2, 'work'):
        if number == 30:
            if sys.argv[1] == 'error':
                raise StudyError('the disk is full')
            os.kill(os.getpid(), getattr(signal, sys.argv[1]))


if __name__ == '__main__':
    run_stage('program', main)
"""


@pytest.mark.parametrize(('reason', 'code', 'line'), [
    ('error', 1, 'program: the disk is full'), ('SIGTERM', 143, 'program: stopped'), ('SIGINT', 1, 'program: stopped'),
])  # fmt: skip
def test_abandoned_short_items_leave_no_warnings_or_tracebacks(tmp_path, reason, code, line):
    (tmp_path / 'program.py').write_text(PROGRAM)
    result = subprocess.run(
        [sys.executable, 'program.py', reason],
        cwd=tmp_path,
        env=os.environ | {'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout, result.stderr) == (code, '', f'{line}\n')


SHARED = """
from stages.cluster.parallel import parallel_map
assert list(parallel_map(abs, [-1, -2, -3], 2, 'work')) == [1, 2, 3]
"""


def shared(*command: str) -> subprocess.CompletedProcess:
    """Run SHARED by a command of the shell, in which it is "$@"."""
    python = [sys.executable, '-Wignore', '-c', SHARED]
    return subprocess.run([*command, 'sh', *python], cwd=ROOT, capture_output=True, text=True)


def test_a_closed_output_is_no_error():
    result = shared('sh', '-c', 'exec "$@" >&-')
    assert (result.returncode, result.stderr) == (0, '')


def test_without_semaphores_one_process_does_all():
    if subprocess.run(['unshare', '-rm', 'true'], capture_output=True).returncode:
        pytest.skip('no mounts are allowed here')
    result = shared('unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o ro none /dev/shm && exec "$@"')
    line = 'work: one process does all, since /dev/shm cannot be used: Read-only file system\n'
    assert (result.returncode, result.stdout, result.stderr) == (0, line, '')
