"""Work on a Dask cluster of real processes, some of which are killed."""

import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from copy import copy
from pathlib import Path

import pytest

from tests.clone import LIMIT, ROOT, Clone
from tests.dask_cluster import Cluster, Program, kill, wait_until
from tests.forks import forking_python

distributed = pytest.importorskip('distributed', reason="Dask is not installed: pip install '.[cluster]'")

MAX_SECONDS = LIMIT  # time within which a failure must end in a plain line
SQUARES = """
items = range(20)
def work(item):
    time.sleep(0.01 * (20 - item))
    return item * item
"""
SLOW = """
items = range(30)
def work(item):
    time.sleep(0.2)
    return item
"""
MEMORY = '600MB'
# The third item retains so much memory that its worker pauses; only a worker with a nanny would be killed.
# The memory is released once there is a file `free`.
FULL = """
items = range(30)
def clear():
    while not Path('{free}').exists():
        time.sleep(0.1)
    sys.left.clear()
def work(item):
    if item == 2:
        from threading import Thread
        sys.left = [bytes(1_000_000).replace(b'\\0', b'x') for _ in range(450)]
        Thread(target=clear, daemon=True).start()
    time.sleep(0.3)
    return item
"""


@pytest.fixture(scope='module')
def two(tmp_path_factory):
    """A cluster of two workers that no test kills."""
    cluster = Cluster(tmp_path_factory.mktemp('two'), str(forking_python()))
    cluster.worker('first')
    cluster.worker('second')
    yield cluster
    cluster.end()


@pytest.fixture(scope='module')
def nannied(tmp_path_factory):
    """A cluster of one worker that a nanny restarts each time it dies."""
    cluster = Cluster(tmp_path_factory.mktemp('nannied'))
    cluster.worker('worker', '--nanny', '--memory-limit', '500MB')
    yield cluster
    cluster.end()


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a cluster, of forks unless told, which is killed at the end of the test."""
    started = []

    def start(python: str | None = None) -> Cluster:
        started.append(Cluster(tmp_path / f'cluster {len(started)}', python or str(forking_python())))
        return started[-1]

    yield start
    for cluster in started:
        cluster.end()


@pytest.fixture(scope='module', autouse=True)
def silent(tmp_path_factory):
    """Programs that wait until a timeout, by what they wait for; they are started first, since this takes a while."""
    folder = tmp_path_factory.mktemp('silent')
    clusters = {}
    try:
        for name in ('worker', 'workers', 'answer', 'memory'):
            # A fork has more memory of its own than a new process.
            python = sys.executable if name == 'memory' else str(forking_python())
            clusters[name] = Cluster(folder / name, python)
        worker, _ = clusters['workers'].worker('worker'), clusters['answer'].worker('worker')
        clusters['memory'].worker('worker', '--memory-limit', MEMORY)
        addresses = {'scheduler': 'tcp://127.0.0.1:9'} | {name: cluster.address for name, cluster in clusters.items()}
        works = {'workers': SLOW, 'answer': SLOW, 'memory': FULL.format(free=folder / 'never')}
        programs = {
            name: Program(folder / f'for {name}', works.get(name, SQUARES), address)
            for name, address in addresses.items()
        }
        wait_until(lambda: len(programs['workers'].lines()) > 2 and len(programs['answer'].lines()) > 2)
        kill(worker)
        os.killpg(clusters['answer'].scheduler.pid, signal.SIGSTOP)
        yield programs, addresses, time.time()
    finally:
        for cluster in clusters.values():
            cluster.end()


def fails(program: Program, line: str, code: int = 1, since: float | None = None) -> None:
    """Assert that a program ends soon enough, in one plain line after the line on the cluster and the results."""
    exit_code, lines = program.wait()
    assert (exit_code, lines[-1]) == (code, f'program: {line}')
    assert [other for other in lines[:-1] if not other.isdigit() and 'on the Dask cluster' not in other] == []
    assert program.seconds(since) < MAX_SECONDS


def test_results_are_in_order_and_a_line_names_the_cluster(two, tmp_path):
    code, lines = Program(tmp_path, SQUARES, two.address).wait()
    assert lines == [
        f'work: on the Dask cluster {two.address}, 2 workers, 2 cores',
        *(f'{number * number}' for number in range(20)),
    ]
    assert code == 0


AHEAD = """
items = range(60)
done = Path('{folder}')
def work(item):
    (done / str(item)).touch()
    return item
takings = []
def taken():
    takings.append(True)
    if len(takings) in (1, 31):
        while len(list(done.iterdir())) < len(takings) + (15 if len(takings) == 1 else 12):
            time.sleep(0.02)
        time.sleep(0.7)  # no more may be processed in this time; a busy machine may miss some, but does not fail
        print('ahead', len(takings), len(list(done.iterdir())) - len(takings) + 1)
"""


def test_at_most_eight_items_per_core_are_processed_ahead(two, tmp_path):
    (tmp_path / 'done').mkdir()
    code, lines = Program(tmp_path, AHEAD.format(folder=tmp_path / 'done'), two.address).wait()
    ahead = {line.split()[1]: int(line.split()[2]) for line in lines if 'ahead' in line}
    # Later tasks have several items each, so there may be no room for another task.
    assert ahead['1'] == 16
    assert 12 < ahead['31'] <= 16
    assert (code, lines[-1]) == (0, '59')


TASKS = """
from distributed import get_worker
items = range(32)
def work(item):
    time.sleep({seconds})
    return item, get_worker().get_current_task()
"""


def items_by_task(folder: Path, address: str, seconds: float) -> dict[str, list[int]]:
    """Return the items, each of which takes so many seconds, by task."""
    _, lines = Program(folder, TASKS.format(seconds=seconds), address).wait()
    tasks = {}
    for line in lines[1:]:
        item, task = line.strip('()').split(', ')
        tasks.setdefault(task, []).append(int(item))
    assert sorted(item for items in tasks.values() for item in items) == list(range(32))
    return tasks


def test_short_items_share_tasks_once_their_duration_is_known_and_long_ones_do_not(two, tmp_path):
    tasks = items_by_task(tmp_path / 'short', two.address, 0.01)
    assert [len(items) for items in tasks.values()] == 16 * [1] + 4 * [4]
    assert len(items_by_task(tmp_path / 'long', two.address, 0.21)) == 32


FAILING = """
items = range(32)
def work(item):
    if item == 26:
        raise StudyError('such is item 26')
    return item
"""


def test_error_of_an_item_ends_the_results_just_before_it(two, tmp_path):
    program = Program(tmp_path, FAILING, two.address)
    fails(program, 'such is item 26')
    assert program.lines()[1:-1] == [f'{number}' for number in range(26)]


ONCE = """
items = range(24)
class Made:
    def __init__(self, folder, big):
        (Path(folder) / f'{{os.getpid()}} {{time.time()}}').touch()
        self.big = big
    def __call__(self, item):
        time.sleep(0.02)
        return int(self.big.sum()) + item
    def __reduce__(self):
        raise TypeError('what is made does not travel')
import numpy as np
from functools import partial
make = partial(Made, '{folder}', np.ones(3_000_000, np.uint8))
"""


def test_shared_state_is_made_once_by_each_worker_and_never_sent(two, tmp_path):
    (tmp_path / 'made').mkdir()
    code, lines = Program(tmp_path, ONCE.format(folder=tmp_path / 'made'), two.address).wait()
    assert (code, lines[1:]) == (0, [f'{3_000_000 + item}' for item in range(24)])
    makers = [path.name.split()[0] for path in (tmp_path / 'made').iterdir()]
    assert len(makers) == len(set(makers)) == 2


LABELS = """
from stages.common import params as labels
items = range(8)
def work(item):
    time.sleep(0.1)
    from stages.common.params import LABELS
    return os.getpid(), LABELS, labels.LABELS
"""


def test_worker_runs_the_code_of_the_client(start, tmp_path):
    other = tmp_path / 'other'
    shutil.copytree(ROOT / 'stages', other / 'stages')
    labels = other / 'stages' / 'common' / 'params.py'
    labels.write_text(labels.read_text() + "\nLABELS = ('other', 'code')\n")
    cluster = start()
    # Their own code is the other version, which one of them has imported before it gets any work.
    cluster.worker('importing', '--preload', 'stages.common.params', PYTHONPATH=str(other))
    cluster.worker('able to import', PYTHONPATH=str(other))
    for number, (code, name) in enumerate([(ROOT, 'female'), (other, 'other'), (ROOT, 'female')]):
        exit_code, lines = Program(tmp_path / str(number), LABELS, cluster.address, code).wait()
        assert exit_code == 0, lines
        assert {line.count(f"'{name}'") for line in lines[1:]} == {2}
        assert len({line.split(',')[0] for line in lines[1:]}) == 2


def test_worker_does_not_import_its_own_code(start, tmp_path):
    (tmp_path / 'old' / 'stages').mkdir(parents=True)
    code = f"from pathlib import Path\nPath('{tmp_path / 'imported'}').touch()\n"
    (tmp_path / 'old' / 'stages' / '__init__.py').write_text(code)
    cluster = start()
    for name in ('first', 'second'):  # one of which sends the shared state to the other
        cluster.worker(name, PYTHONPATH=str(tmp_path / 'old'))
    exit_code, lines = Program(tmp_path, LABELS, cluster.address).wait()
    assert (exit_code, len({line.split(',')[0] for line in lines[1:]})) == (0, 2)
    assert not (tmp_path / 'imported').exists()


BLAS = """
from functools import partial
from threadpoolctl import threadpool_info
items = range(2)
def make():
    import numpy, scipy.linalg
    return lambda item: {pool['num_threads'] for pool in threadpool_info()}
"""


def test_worker_limits_blas_to_one_thread(start, tmp_path):
    cluster = start(sys.executable)
    variables = dict.fromkeys(('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'), '2')
    cluster.worker('worker', **variables)
    assert Program(tmp_path, BLAS, cluster.address).wait()[1][1:] == ['{1}', '{1}']


def outdated(folder: Path) -> str:
    """Return a folder for PYTHONPATH in which another version of dlib is installed."""
    (folder / 'dlib_bin-1.0.dist-info').mkdir(parents=True)
    (folder / 'dlib_bin-1.0.dist-info' / 'METADATA').write_text('Metadata-Version: 2.1\nName: dlib-bin\nVersion: 1.0\n')
    return str(folder)


def test_worker_with_other_versions_is_refused_before_any_work(start, tmp_path):
    cluster = start()
    cluster.worker('good')
    cluster.worker('bad', PYTHONPATH=outdated(tmp_path / 'library'))
    program = Program(tmp_path, f"{SQUARES}    Path('{tmp_path / 'worked'}').touch()\n", cluster.address)
    from stages.cluster.remote import versions

    complaint = f'has dlib-bin 1.0 instead of {versions()["dlib-bin"]}'
    fails(program, f'work: the worker {cluster.address_of("bad")} {complaint}')
    assert not (tmp_path / 'worked').exists()


def test_later_worker_with_other_versions_does_no_work(start, tmp_path):
    cluster = start()
    cluster.worker('good')
    program = Program(tmp_path, SLOW, cluster.address)
    wait_until(lambda: len(program.lines()) > 2)
    cluster.worker('bad', PYTHONPATH=outdated(tmp_path / 'library'))
    code, lines = program.wait()
    assert code == 1
    assert lines[-1].startswith(f'program: the worker {cluster.address_of("bad")} has dlib-bin 1.0 instead of ')


def test_worker_with_several_threads_is_refused(start, tmp_path):
    cluster = start()
    cluster.worker('worker', '--nthreads', '2')
    line = 'has 2 threads; start it with --nthreads 1, and one worker a core'
    fails(Program(tmp_path, SQUARES, cluster.address), f'work: the worker {cluster.address_of("worker")} {line}')


def test_without_dask_a_line_says_how_to_install_it(tmp_path):
    program = Program(tmp_path, f"sys.modules['distributed'] = None\n{SQUARES}", 'tcp://127.0.0.1:9')
    fails(program, "work: DASK_SCHEDULER_ADDRESS is set, and Dask is not installed: pip install '.[cluster]', "
                   'or unset the variable')  # fmt: skip


@pytest.mark.parametrize('address', ['nonsense', 'http://127.0.0.1:9'])
def test_invalid_address(tmp_path, address):
    line = f'work: no Dask scheduler answers at {address}; start one there, or unset DASK_SCHEDULER_ADDRESS'
    fails(Program(tmp_path, SQUARES, address), line)


def test_killed_scheduler_is_an_error(start, tmp_path):
    cluster = start()
    cluster.worker('worker')
    program = Program(tmp_path, SLOW, cluster.address)
    wait_until(lambda: len(program.lines()) > 2)
    kill(cluster.scheduler)
    since = time.time()
    line = f'work: the Dask scheduler at {cluster.address} disconnected or was restarted; run again when it is up'
    fails(program, line, since=since)


def test_work_continues_after_a_worker_is_killed(start, tmp_path):
    cluster = start()
    first = cluster.worker('first')
    cluster.worker('second')
    program = Program(tmp_path, SLOW, cluster.address)
    wait_until(lambda: len(program.lines()) > 3)
    kill(first)
    code, lines = program.wait()
    assert (code, lines[1:]) == (0, [f'{number}' for number in range(30)])


def test_worker_short_of_memory_continues_once_memory_is_free(start, tmp_path):
    cluster = start(sys.executable)
    cluster.worker('worker', '--memory-limit', MEMORY)
    program = Program(tmp_path, FULL.format(free=tmp_path / 'free'), cluster.address)
    wait_until(lambda: 'Pausing worker' in cluster.log('worker'))
    (tmp_path / 'free').touch()
    code, lines = program.wait()
    assert (code, lines[1:]) == (0, [f'{number}' for number in range(30)])


FATAL = """
items = range(6)
def work(item):
    if item == 2:
        {fate}
    return item
"""
# More memory than the worker may use, a little at a time so that its nanny notices.
EATING = """
        eaten = []
        for _ in range(300):
            eaten.append(b'x' * 10_000_000)
            time.sleep(0.02)"""
KILLED = (
    'work: an item killed one worker after another of {}, perhaps out of memory; '
    'give the workers more memory, or look at their logs'
)
SHORT_OF_MEMORY = 'work: a worker of {} ran out of memory; give the workers more'


@pytest.mark.parametrize(('fate', 'line'), [
    ('os.kill(os.getpid(), 9)', KILLED), (EATING, KILLED), ('raise MemoryError', SHORT_OF_MEMORY),
])  # fmt: skip
def test_item_that_always_kills_its_worker_or_exhausts_its_memory(nannied, tmp_path, fate, line):
    fails(Program(tmp_path, FATAL.format(fate=fate), nannied.address), line.format(nannied.address))


@pytest.mark.parametrize(('number', 'code'), [(signal.SIGINT, 1), (signal.SIGTERM, 143)])
def test_stopped_program_cancels_its_items(two, tmp_path, number, code):
    program = Program(tmp_path, SLOW.replace('30', '6000'), two.address, python=sys.executable)
    wait_until(lambda: len(program.lines()) > 3)
    program.process.send_signal(number)
    since = time.time()
    fails(program, 'stopped', code, since)  # although most of its work is left
    with distributed.Client(two.address, set_as_default=False) as client:
        wait_until(lambda: client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0)


BUSY = """
import signal
from threading import Timer

from distributed import Client

items = range(2)
def work(item):
    time.sleep(3 * item)
    return item
def taken():
    loop = next(iter(Client._instances)).loop
    def hold():
        time.sleep(0.5)  # the program begins to wait for its second item
        loop.add_callback(time.sleep, 1)  # and is interrupted
    loop.add_callback(hold)
    Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
"""


def test_program_interrupted_while_its_event_loop_is_busy_ends_in_one_plain_line(two, tmp_path):
    fails(Program(tmp_path, BUSY, two.address, python=sys.executable), 'stopped')


STAGES = ('sweep', 'detect', 'replicate')


@pytest.fixture(scope='module')
def study(two, tmp_path_factory, finished):
    """A small study run on the cluster: its clone, output and dvc.lock, and the dvc.lock of a local run."""
    folder = tmp_path_factory.mktemp('study')
    clone, local = Clone(folder / 'there' / 'clone'), Clone(folder / 'here' / 'clone', finished)
    output = clone.dvc('repro', *STAGES, DASK_SCHEDULER_ADDRESS=two.address)
    lock = clone.lock()['stages']
    assert set(lock) > set(STAGES)
    return clone, output, lock, {name: local.lock()['stages'][name] for name in lock}


def test_cluster_gives_the_same_bytes(study, two):
    _, output, lock, local_lock = study
    assert lock == local_lock
    for label in ('drawing', 'finding faces', 'cases', 'replications'):
        assert f'\n{label}: on the Dask cluster {two.address}, 2 workers, 2 cores\n' in output


def four(start: Callable[[], Cluster]) -> Cluster:
    """Return a cluster of four workers."""
    cluster = start()
    for number in range(4):
        cluster.worker(f'{number}')
    return cluster


def test_four_workers_give_the_same_bytes(study, start, tmp_path):
    original, _, lock, _ = study
    shutil.copytree(original.folder, tmp_path / 'clone', symlinks=True)
    shutil.rmtree(tmp_path / 'clone' / 'data' / 'trainings')
    clone = copy(original)
    clone.folder = tmp_path / 'clone'
    cluster = four(start)
    # The results of `dvc repro` are there, and are computed again.
    again = ('repro', '--force', '--single-item', 'preprocess', *STAGES)
    output = clone.dvc(*again, DASK_SCHEDULER_ADDRESS=cluster.address)
    assert clone.lock()['stages'] == lock
    for label in ('finding faces', 'trainings', 'replications'):
        assert f'\n{label}: on the Dask cluster {cluster.address}, 4 workers, 4 cores\n' in output


@pytest.mark.large
def test_clusters_give_the_same_bytes_with_the_shipped_params(two, start, tmp_path):
    locks = []
    for number, address in enumerate((two.address, four(start).address, '')):
        clone = Clone(tmp_path / f'{number}' / 'clone')
        shutil.copy(ROOT / 'params.yaml', clone.folder)
        assert clone.start('dvc', 'repro', *STAGES, DASK_SCHEDULER_ADDRESS=address).wait() == 0
        locks.append(clone.lock())
    assert locks[0] == locks[1] == locks[2]


def test_sweep_continues_with_cached_trainings_after_its_cluster_is_killed(study, start):
    clone, *_ = study
    clone.set_params({'train': {'epochs': 800}})
    before = (clone.folder / 'metrics' / 'sweep.json').read_bytes()

    def kept() -> int:
        return len(list((clone.folder / 'data' / 'trainings').rglob('[!.]*.npz')))

    earlier, cluster = kept(), start()
    run = clone.start(sys.executable, '-m', 'stages.sweep', DASK_SCHEDULER_ADDRESS=cluster.address)
    cluster.worker('worker')
    wait_until(lambda: kept() > earlier + 1)
    kill(cluster.scheduler)
    finished = kept() - earlier
    assert run.wait(60) == 1
    printed = clone.folder.parent / 'printed'
    lines = printed.read_text().splitlines()
    complaint = f'the Dask scheduler at {cluster.address} disconnected or was restarted'
    assert lines[-1] == f'sweep: trainings: {complaint}; run again when it is up'
    assert 'Traceback' not in '\n'.join(lines)
    assert (clone.folder / 'metrics' / 'sweep.json').read_bytes() == before
    assert list((clone.folder / 'metrics').rglob('.draft-*')) == []
    again = clone.start(sys.executable, '-u', '-m', 'stages.sweep')
    wait_until(lambda: 'already finished\n' in printed.read_text())
    kill(again)
    cached, total = re.search(r'trainings: (\d+) of (\d+) are already finished', printed.read_text()).groups()
    assert finished <= int(cached) < int(total)


LINES = {
    'scheduler': 'work: no Dask scheduler answers at {}; start one there, or unset DASK_SCHEDULER_ADDRESS',
    'worker': 'work: there are no workers at the Dask scheduler {}; start more there and run again',
    'workers': 'work: there are no workers at the Dask scheduler {}; start more there and run again',
    'answer': 'work: the Dask scheduler at {} disconnected or was restarted; run again when it is up',
    'memory': 'work: all workers are low on memory at the Dask scheduler {}; start more there and run again',
}


@pytest.mark.parametrize('missing', LINES)
def test_waiting_for_the_cluster_ends_with_a_timeout(silent, missing):
    programs, addresses, since = silent
    fails(programs[missing], LINES[missing].format(addresses[missing]), since=since)
