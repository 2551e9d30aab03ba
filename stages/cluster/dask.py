"""Work spread over the workers of a Dask cluster, which need neither this project nor its files."""

import hashlib
import io
import logging
import operator
import pickle
import time
import warnings
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

import cloudpickle
from distributed import CancelledError, Client, Future, KilledWorker
from distributed.comm import CommClosedError, get_address_host_port, normalize_address

from stages.cluster import remote
from stages.common.errors import StudyError

AHEAD = 8  # items a core that are under way, or done and not yet taken

Item, Task, Result = TypeVar('Item'), TypeVar('Task'), TypeVar('Result')


def in_order(
    submit: Callable[[list[Item]], Task],
    results: Callable[[Task], Iterable[Result]],
    items: Iterable[Item],
    cores: Callable[[], int],
    together: Callable[[], int] = lambda: 1,
) -> Iterator[Result]:
    """Yield the results of every item in order, with at most AHEAD items for each of cores() under way.

    Each task is made by submit([item, ...]) of the next together() items, and results(task) yields what comes of them.
    """
    items, waiting, ahead = iter(items), deque(), 0
    while True:
        while waiting and ahead + together() > AHEAD * cores():
            count, task = waiting.popleft()
            yield from results(task)
            ahead -= count
        some = list(islice(items, together()))
        if not some:
            break
        waiting.append((len(some), submit(some)))
        ahead += len(some)
    for _, task in waiting:
        yield from results(task)


# What a user has to know, a StudyError says.
for name in ('distributed', 'distributed.client', 'distributed.gc', 'tornado', 'tornado.application', 'asyncio'):
    logging.getLogger(name).setLevel(logging.CRITICAL)
# Such as of large arguments, which here travel once.
warnings.filterwarnings('ignore', module='distributed')
cloudpickle.register_pickle_by_value(remote)

PATIENCE = 15  # seconds to wait for the scheduler, and for a worker that can work
TICK = 2  # seconds between two looks at the cluster
SHORT = 0.2  # seconds; of items that take less, a task has SEVERAL, since each task costs milliseconds of its own
SEVERAL = AHEAD // 2  # so that a core has the next task at hand when it is done with one
CODE = Path(__file__).parents[1]


def on_cluster(make: Callable[[], Callable], items: Sequence, address: str, label: str) -> Iterator:
    """Yield make()(item) for every item in order, as done by the workers of the cluster at `address`.

    A StudyError says that the cluster cannot be reached or used, or has given up.
    """
    with _connected(address, label) as client:
        cluster = _Cluster(client, address, label)
        cluster.wait_for_workers()
        print(f'{label}: on the Dask cluster {address}, {cluster.described()}')
        # A task, not scattered data, which would be lost with its workers: Dask makes it again.
        tasks = _Tasks(client, cluster, client.submit(pickle.loads, _shared(make), pure=False))
        yield from in_order(tasks.submit, tasks.results, items, lambda: cluster.cores, lambda: tasks.together)


def _shared(make: Callable[[], Callable]) -> bytes:
    code = _code()
    digest = hashlib.sha256(code).hexdigest()
    return cloudpickle.dumps(remote.Shared(digest, code, cloudpickle.dumps(make), remote.versions()))


def _code() -> bytes:
    """Return the package `stages` as a zip archive, the same bytes for the same code."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w', zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(CODE.rglob('*.py')):
            archive.writestr(zipfile.ZipInfo(path.relative_to(CODE.parent).as_posix()), path.read_bytes())
    return content.getvalue()


@contextmanager
def _connected(address: str, label: str) -> Iterator[Client]:
    """Connect to a scheduler; what is under way when the connection ends, it cancels."""
    try:
        # Of an address that is none, Dask's client complains again as it is removed, half a minute later.
        get_address_host_port(normalize_address(address))
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError):
        raise StudyError(
            f'{label}: no Dask scheduler answers at {address}; start one there, or unset DASK_SCHEDULER_ADDRESS'
        ) from None
    try:
        yield client
    except KilledWorker:
        raise StudyError(
            f'{label}: an item killed one worker after another of {address}, perhaps for want of memory; '
            'give the workers more memory, or look into their logs'
        ) from None
    except (CancelledError, CommClosedError):
        raise StudyError(
            f'{label}: the Dask scheduler at {address} has gone or was restarted; run again when it is back'
        ) from None
    finally:
        with suppress(TimeoutError, OSError):
            client.close(timeout=TICK)


class _Cluster:
    """The workers as they come and go: `cores` is how many of them there were at the last look, at least 1."""

    def __init__(self, client: Client, address: str, label: str):
        self.cores = 1
        self._client, self._address, self._label = client, address, label
        self._workers = {}
        self._able = self._looked = time.monotonic()

    def described(self) -> str:
        """Return how many workers and cores there are, in words."""
        count = len(self._workers)
        return f'{count} worker{"s" * (count != 1)}, {self.cores} core{"s" * (self.cores != 1)}'

    def wait_for_workers(self) -> None:
        """Wait for a first worker, and refuse those whose versions are not those of this process."""
        self._look()
        while not self._workers:
            time.sleep(0.1)
            self._look()
        # Not the function itself, which Dask would have the worker import.
        differences = cloudpickle.loads(cloudpickle.dumps(remote.differences))
        found = self._client.run(differences, remote.versions(), on_error='return')
        wrong = [f'the worker {worker} has {said}' for worker, said in found.items() if isinstance(said, str) and said]
        if wrong:
            raise StudyError(f'{self._label}: {"; ".join(wrong)}')

    def result(self, future: Future) -> object:
        """Return what comes of a task; a StudyError says that there has been no able worker for too long."""
        while True:
            if time.monotonic() > self._looked + TICK:
                self._look()
            try:
                return pickle.loads(future.result(timeout=TICK))
            except TimeoutError:
                if future.status == 'error':  # the task's own
                    raise
            except MemoryError:
                raise StudyError(
                    f'{self._label}: a worker of {self._address} ran out of memory; give the workers more'
                ) from None

    def _look(self) -> None:
        try:
            scheduler = self._client.scheduler
            identity = self._client.sync(scheduler.identity, n_workers=-1, callback_timeout=PATIENCE)
        except (AttributeError, OSError):  # the client has given the scheduler up, or that does not answer
            raise CancelledError from None
        self._looked = time.monotonic()
        self._workers = identity['workers']
        self.cores = max(1, len(self._workers))
        for worker, facts in self._workers.items():
            if facts['nthreads'] != 1:
                raise StudyError(
                    f'{self._label}: the worker {worker} has {facts["nthreads"]} threads; '
                    'start it with --nthreads 1, and one worker a core'
                )
        if any(facts['status'] == 'running' for facts in self._workers.values()):
            self._able = self._looked
        elif self._looked > self._able + PATIENCE:
            lack = 'all workers are short of memory' if self._workers else 'there are no workers'
            raise StudyError(
                f'{self._label}: {lack} at the Dask scheduler {self._address}; start more there and run again'
            )


class _Tasks:
    """What goes to the workers: `together` is how many items the next task has, 1 until items turn out to be short."""

    def __init__(self, client: Client, cluster: _Cluster, shared: Future):
        self.together = 1
        self._client, self._cluster, self._shared = client, cluster, shared

    def submit(self, items: list) -> tuple[list, Future]:
        """Send a task, and return it."""
        return items, self._client.submit(operator.call, self._shared, cloudpickle.dumps(items), pure=False)

    def results(self, task: tuple[list, Future]) -> Iterator:
        """Yield what comes of the items of a task."""
        items, future = task
        done, seconds = self._cluster.result(future)
        self.together = SEVERAL if seconds < SHORT * len(done) else 1
        yield from done
        if len(done) < len(items):
            # The next one has failed, and as the first of a task it ends that in its own error.
            yield from self.results(self.submit(items[len(done) :]))
