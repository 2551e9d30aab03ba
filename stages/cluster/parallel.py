"""Work spread over the cores of this machine or, where DASK_SCHEDULER_ADDRESS names one, over a Dask cluster."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from queue import Empty
from uuid import uuid4

from joblib import cpu_count
from joblib.executor import get_memmapping_executor
from joblib.externals.loky.process_executor import BrokenProcessPool
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from stages.cluster.dask import in_order
from stages.common.errors import StudyError

# When a stage stops early, joblib's resource tracker would warn about what it had to clean up.
os.environ.setdefault('PYTHONWARNINGS', 'ignore:resource_tracker:UserWarning')

ONE_THREAD = {f'{library}_NUM_THREADS': '1' for library in ('OMP', 'OPENBLAS', 'MKL', 'BLIS', 'NUMBA', 'NUMEXPR')} | {
    'VECLIB_MAXIMUM_THREADS': '1'
}


def on_this_machine(function: Callable, items: Sequence, workers: int, label: str) -> Iterator:
    """Yield function(item) for every item in order, as done by `workers` processes (0: one a core).

    A StudyError says that one of them was killed.
    """
    # One worker is this very process; outside a stage, its BLAS has as many threads as it likes.
    with threadpool_limits(1):
        workers = workers or cpu_count()
        yield from map(function, items) if workers == 1 else _by_processes(function, items, workers, label)


def _by_processes(function: Callable, items: Sequence, workers: int, label: str) -> Iterator:
    executor = get_memmapping_executor(workers, env=ONE_THREAD)
    # Where arrays of this function are written for the workers to map, until the work is done.
    arrays, context = executor._temp_folder_manager, uuid4().hex
    arrays.set_current_context(context)
    try:
        with _starting_workers():
            executor.submit(int)
        yield from in_order(
            lambda item: executor.submit(function, *item), lambda future: [future.result()], items, lambda: workers
        )
    except BrokenProcessPool:
        raise StudyError(
            f'{label}: a worker process was killed, perhaps because it ran out of memory; lower `workers`'
        ) from None
    except BaseException:
        # Else the thread that hands items to workers would miss those that are given up, and end in a traceback.
        with suppress(Empty):
            while True:
                executor._work_ids.get_nowait()
        executor.shutdown(wait=False, kill_workers=True)
        raise
    arrays._clean_temporary_resources(context_id=context)


@contextmanager
def _starting_workers() -> Iterator[None]:
    """Start processes that Ctrl-C, which a terminal sends to all, does not reach: the stage itself ends them.

    A SIGTERM that comes meanwhile is taken up at the end, when all of them are there to be ended.
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


def each(function: Callable, items: Sequence, workers: int, label: str) -> Iterator:
    """Yield function(item) for every item, in the order of `items`, with a progress bar called `label`.

    `workers` processes of this machine share the work (0: one a core), or all workers of the cluster. Each keeps its
    BLAS to one thread: two threads in each of two processes on two cores run ten times slower. At most 8 items a core
    are under way, or done and not yet taken. If the work is given up before its end, so are the items under way.
    """
    return each_made(partial(_itself, function), items, workers, label)


def each_made(make: Callable[[], Callable], items: Sequence, workers: int, label: str) -> Iterator:
    """Yield make()(item) for every item, as `each` does, where what `make` returns is large and shared by all items.

    Here it is made once, and the workers map its arrays into their memory. On a cluster only `make` and its arguments
    travel, once to each worker, which makes it for itself and keeps it until the work is done.
    """
    address = os.environ.get('DASK_SCHEDULER_ADDRESS')
    results = _on_cluster(make, items, address, label) if address else on_this_machine(make(), items, workers, label)
    with closing(results):
        yield from tqdm(results, total=len(items), desc=label, disable=None, mininterval=1)


def _itself(function: Callable) -> Callable:
    return function


def _on_cluster(make: Callable[[], Callable], items: Sequence, address: str, label: str) -> Iterator:
    if find_spec('distributed') is None:
        raise StudyError(
            f'{label}: DASK_SCHEDULER_ADDRESS is set, and Dask is not installed: '
            "pip install '.[cluster]', or unset the variable"
        )
    # Dask takes half a second to import, which only a cluster is worth.
    from stages.cluster.dask import on_cluster

    return on_cluster(make, items, address, label)
