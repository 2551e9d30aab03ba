"""Work spread over the cores of this machine or, where DASK_SCHEDULER_ADDRESS names one, over a Dask cluster."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from importlib.util import find_spec

from tqdm import tqdm

from stages.common.errors import StudyError
from stages.common.local import on_this_machine


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
    from stages.common.cluster import on_cluster

    return on_cluster(make, items, address, label)
