from itertools import count

import pytest

from stages.cluster.dask import MAX_AHEAD, in_order


class Work:
    """Record the submitted tasks, of one item until the first is done, and the number of items in flight at each."""

    def __init__(self, cores: int, several: int = 1):
        self.cores, self.together, self._several = cores, 1, several
        self.tasks, self.done, self.in_flight = [], 0, []

    def submit(self, items: list) -> int:
        self.tasks.append(items)
        self.in_flight.append(sum(map(len, self.tasks)) - self.done)
        return len(self.tasks) - 1

    def results(self, items: list, task: int):
        assert self.tasks[task] == items
        self.together = self._several
        for item in items:
            self.done += 1
            yield item * item


@pytest.mark.parametrize('cores', [1, 3])
@pytest.mark.parametrize('several', [1, 3, 4])
def test_results_are_in_order_and_items_in_flight_are_limited(cores, several):
    work = Work(cores, several)
    results = list(in_order(work, range(100)))
    assert results == [item * item for item in range(100)]
    assert [item for task in work.tasks for item in task] == list(range(100))
    assert max(work.in_flight) <= MAX_AHEAD * cores
    assert min(work.in_flight[MAX_AHEAD * cores : -1]) > MAX_AHEAD * cores - several
    assert {len(task) for task in work.tasks[MAX_AHEAD * cores : -1]} == {several}


def test_items_are_requested_lazily():
    requested = []
    results = in_order(Work(cores=2), (requested.append(item) or item for item in count()))
    assert next(results) == 0
    assert len(requested) == 2 * MAX_AHEAD
    assert [next(results) for _ in range(5)] == [1, 4, 9, 16, 25]
    assert len(requested) == 2 * MAX_AHEAD + 5
