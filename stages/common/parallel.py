"""Work spread over cores."""

import os
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import BrokenProcessPool
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from stages.common.errors import StudyError

# When a stage stops early, joblib would warn about results that were never fetched,
warnings.filterwarnings('ignore', '.*You could benefit from adjusting the input task iterator', UserWarning)
# and its resource tracker about what it had to clean up.
os.environ.setdefault('PYTHONWARNINGS', 'ignore:resource_tracker:UserWarning')


def each(function: Callable, items: Sequence, workers: int, label: str) -> Iterator:
    """Yield function(item) for every item, in the order of `items`, with a progress bar called `label`.

    `workers` processes share the work (0: one a core). A worker keeps its BLAS to one thread: two threads in each of
    two processes on two cores run ten times slower. If the work is given up before its end, the workers are killed.
    """
    # One worker is this very process, whose BLAS threads joblib leaves alone; so results would depend on `workers`.
    with parallel_config('loky', inner_max_num_threads=1), threadpool_limits(1):
        try:
            with _starting_workers():
                results = Parallel(n_jobs=workers or -1, return_as='generator')(
                    delayed(function)(item) for item in items
                )
            yield from tqdm(results, total=len(items), desc=label, disable=None, mininterval=1)
        except BrokenProcessPool:
            raise StudyError(
                f'{label}: a worker process was killed, perhaps because it ran out of memory; lower `workers`'
            ) from None
        except BaseException:
            if workers != 1:
                # Not a new one, for which that of joblib, which has other settings, would first be waited for.
                get_reusable_executor(reuse=True).shutdown(wait=False, kill_workers=True)
            raise


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
