"""Work spread over the cores of this machine or, where DASK_SCHEDULER_ADDRESS names one, over a Dask cluster."""

import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from joblib import Parallel, cpu_count, delayed, parallel_config
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from stages.common.errors import StudyError

# When a stage stops early, joblib would warn about tasks that were not done, and about what it had to clean up.
warnings.filterwarnings('ignore', r'\d+ tasks (have been|which were)', UserWarning)
os.environ.setdefault('PYTHONWARNINGS', 'ignore:resource_tracker:UserWarning')

MAX_AHEAD = 1000  # items that are in progress, or done and not yet consumed: joblib itself has no limit


def parallel_map(function: Callable, items: Collection, workers: int, title: str) -> Generator:
    """Yield function(item) for every item, in the order of `items`, with a progress bar.

    `workers` processes of this machine share the work (0: one a core), or all workers of the cluster. Each keeps its
    BLAS to one thread: two threads in each of two processes on two cores run ten times slower. Items are read as they
    are dispatched. If the caller closes it early, the items under way stop, too; it must, before Python ends.
    """
    return parallel_map_built(lambda: function, items, workers, title)


def parallel_map_built(build: Callable[[], Callable], items: Collection, workers: int, title: str) -> Generator:
    """Yield build()(item) for every item, as `parallel_map` does, where what `build` returns is large.

    On this machine it is built once, and the workers map its arrays into their memory. On a cluster only `build` and
    its arguments travel, once to each worker, which builds it for itself and keeps it until the work is done.
    """
    if address := os.environ.get('DASK_SCHEDULER_ADDRESS'):
        if find_spec('distributed') is None:
            raise StudyError(
                f'{title}: DASK_SCHEDULER_ADDRESS is set, and Dask is not installed: '
                "pip install '.[cluster]', or unset the variable"
            )
        # Dask takes half a second to import, which only a cluster is worth.
        from stages.cluster.dask import on_cluster

        results = on_cluster(build, items, address, title)
    else:
        results = _on_cores(build(), items, workers, title)
    with closing(results):
        yield from tqdm(results, total=len(items), desc=title, disable=None, mininterval=1)


def _on_cores(function: Callable, items: Collection, workers: int, title: str) -> Generator:
    """Yield function(item) for every item in order; a StudyError says that a worker process was killed."""
    with threadpool_limits(1):
        # A closed standard output is None, which starting a process does not expect.
        sys.stdout = sys.stdout or Path(os.devnull).open('w')  # noqa: SIM115
        if (workers or cpu_count()) == 1 or not _can_start_processes(title):
            yield from map(function, items)  # in this very process
            return
        left = iter(items)
        with (
            parallel_config(backend='loky', inner_max_num_threads=1),
            Parallel(workers or cpu_count(), return_as='generator', batch_size=1) as parallel,
        ):
            with _starting_workers():
                list(parallel(delayed(int)() for _ in range(parallel.n_jobs)))
            try:
                for _ in range(0, len(items), MAX_AHEAD):
                    yield from parallel(delayed(function)(item) for item in islice(left, MAX_AHEAD))
            except BrokenProcessPool:
                raise StudyError(
                    f'{title}: a worker process was killed, perhaps because it ran out of memory; lower `workers`'
                ) from None


def _can_start_processes(title: str) -> bool:
    """Return whether work can be shared, and say if not: processes need semaphores, which are in /dev/shm."""
    try:
        multiprocessing.Semaphore()
    except OSError as error:
        print(f'{title}: one process does all, since /dev/shm cannot be used: {error.strerror}', flush=True)
        return False
    return True


@contextmanager
def _starting_workers() -> Iterator[None]:
    """Start processes that Ctrl-C, which a terminal sends to all, does not reach: the stage itself ends them.

    A SIGTERM that arrives meanwhile is handled at the end, when all of them can be ended.
    """
    held = []
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: held.append(signal.SIGTERM)),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in held[:1]:
            signal.raise_signal(number)
