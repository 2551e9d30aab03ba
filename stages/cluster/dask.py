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
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import cloudpickle
from distributed import CancelledError, Client, Future, KilledWorker
from distributed.comm import CommClosedError, get_address_host_port, normalize_address

from stages.cluster import remote
from stages.common.errors import StudyError, counted

# What users need to know is in a StudyError.
for name in ('distributed', 'distributed.client', 'distributed.gc', 'tornado', 'tornado.application', 'asyncio'):
    logging.getLogger(name).setLevel(logging.CRITICAL)
# Such as about large arguments, which travel once here.
warnings.filterwarnings('ignore', module='distributed')
# A client that is interrupted while its event loop is busy drops what it was about to await.
warnings.filterwarnings('ignore', r"coroutine '.*' was never awaited", RuntimeWarning)
cloudpickle.register_pickle_by_value(remote)

MAX_AHEAD = 8  # items a core that are in progress, or done and not yet consumed
TIMEOUT = 15  # seconds to wait for the scheduler, and for a worker that is able to work
POLL_SECONDS = 2  # between two looks at the cluster
SHORT_SECONDS = 0.2  # items that take less are sent BATCH a task, since a task costs milliseconds
BATCH = MAX_AHEAD // 2  # so that a core has the next task ready when it finishes one
CODE = Path(__file__).parents[1]


class _ClusterError(Exception):
    """Why a cluster cannot do the work; what the work is called goes before it."""


def on_cluster(build: Callable[[], Callable], items: Iterable, address: str, title: str) -> Generator:
    """Yield build()(item) for every item in order, by the cluster at `address`; a StudyError says why it cannot."""
    try:
        with _connected(address) as client:
            work = _Work(client, address)
            print(f'{title}: on the Dask cluster {address}, {work.start(build)}')
            yield from in_order(work, items)
    except _ClusterError as error:
        raise StudyError(f'{title}: {error}') from None


def in_order(work: '_Work', items: Iterable) -> Iterator:
    """Yield the results of every item in order, with at most MAX_AHEAD items a core in progress."""
    left, ahead = iter(items), 0
    waiting: deque[tuple[list, Future]] = deque()
    while batch := list(islice(left, work.together)):
        waiting.append((batch, work.submit(batch)))
        ahead += len(batch)
        while waiting and ahead + work.together > MAX_AHEAD * work.cores:
            first, task = waiting.popleft()
            yield from work.results(first, task)
            ahead -= len(first)
    for batch, task in waiting:
        yield from work.results(batch, task)


def _shared(build: Callable[[], Callable]) -> bytes:
    """Return pickled what all tasks share, with the package `stages`: the same bytes for the same code."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, 'w', zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(CODE.rglob('*.py')):
            archive.writestr(zipfile.ZipInfo(path.relative_to(CODE.parent).as_posix()), path.read_bytes())
    digest = hashlib.sha256(code.getvalue()).hexdigest()
    return cloudpickle.dumps(remote.Shared(digest, code.getvalue(), cloudpickle.dumps(build), remote.versions()))


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """Connect to a scheduler; tasks in progress are cancelled when the connection ends."""
    try:
        # With an invalid address, Dask's client complains again when it is deleted, half a minute later.
        get_address_host_port(normalize_address(address))
        client = Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError):
        advice = 'start one there, or unset DASK_SCHEDULER_ADDRESS'
        raise _ClusterError(f'no Dask scheduler answers at {address}; {advice}') from None
    try:
        yield client
    except KilledWorker:
        reason = f'an item killed one worker after another of {address}, perhaps out of memory'
        raise _ClusterError(f'{reason}; give the workers more memory, or look at their logs') from None
    except (CancelledError, CommClosedError):
        reason = f'the Dask scheduler at {address} disconnected or was restarted'
        raise _ClusterError(f'{reason}; run again when it is up') from None
    finally:
        with suppress(TimeoutError, OSError):
            client.close(timeout=POLL_SECONDS)


class _Work:
    """Tasks on workers that come and go.

    cores: the number of workers at the last look, at least 1. together: how many items the next task has, 1 until items
    prove to be short.
    """

    def __init__(self, client: Client, address: str):
        self.cores = self.together = 1
        self._client, self._address = client, address
        self._workers: dict[str, dict] = {}
        self._able = self._looked = time.monotonic()

    def start(self, build: Callable[[], Callable]) -> str:
        """Wait for a first worker, refuse those of other versions, and share `build`; return how many there are."""
        self._look()
        while not self._workers:
            time.sleep(0.1)
            self._look()
        # Not the function itself, which Dask would have the worker import.
        differences = cloudpickle.loads(cloudpickle.dumps(remote.differences))
        answers = self._client.run(differences, remote.versions(), on_error='return')
        texts = {worker: text for worker, text in answers.items() if isinstance(text, str) and text}
        if texts:
            raise _ClusterError('; '.join(f'the worker {worker} has {text}' for worker, text in texts.items()))
        # A task, not scattered data, which would be lost with its workers: Dask recomputes it.
        self._shared = self._client.submit(pickle.loads, _shared(build), pure=False)
        return f'{counted(len(self._workers), "worker")}, {counted(self.cores, "core")}'

    def submit(self, items: list) -> Future:
        """Send items as a task, and return it."""
        return self._client.submit(operator.call, self._shared, cloudpickle.dumps(items), pure=False)

    def results(self, items: list, task: Future) -> Iterator:
        """Yield the results of the items of a task."""
        done, seconds = self._result(task)
        self.together = BATCH if seconds < SHORT_SECONDS * len(done) else 1
        yield from done
        if len(done) < len(items):
            # The next one failed: as the first of a task it raises its own error.
            rest = items[len(done) :]
            yield from self.results(rest, self.submit(rest))

    def _result(self, future: Future) -> tuple[list, float]:
        while True:
            if time.monotonic() > self._looked + POLL_SECONDS:
                self._look()
            try:
                return pickle.loads(future.result(timeout=POLL_SECONDS))
            except TimeoutError:
                if future.status == 'error':  # the task's own
                    raise
            except MemoryError:
                reason = f'a worker of {self._address} ran out of memory'
                raise _ClusterError(f'{reason}; give the workers more') from None

    def _look(self) -> None:
        """Look who is there; there may be no able worker for a while, but not for too long."""
        try:
            scheduler: Any = self._client.scheduler
            identity = self._client.sync(scheduler.identity, n_workers=-1, callback_timeout=TIMEOUT)
        except (AttributeError, OSError):  # the client has given up, or the scheduler does not answer
            raise CancelledError from None
        self._looked = time.monotonic()
        self._workers = identity['workers']
        self.cores = max(1, len(self._workers))
        for worker, facts in self._workers.items():
            if facts['nthreads'] != 1:
                advice = 'start it with --nthreads 1, and one worker a core'
                raise _ClusterError(f'the worker {worker} has {facts["nthreads"]} threads; {advice}')
        if any(facts['status'] == 'running' for facts in self._workers.values()):
            self._able = self._looked
        elif self._looked > self._able + TIMEOUT:
            lack = 'all workers are low on memory' if self._workers else 'there are no workers'
            raise _ClusterError(f'{lack} at the Dask scheduler {self._address}; start more there and run again')
