"""Work spread over processes of this machine."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty
from uuid import uuid4

from joblib import cpu_count
from joblib.executor import get_memmapping_executor
from joblib.externals.loky.process_executor import BrokenProcessPool
from threadpoolctl import threadpool_limits

from stages.common.ahead import in_order
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
