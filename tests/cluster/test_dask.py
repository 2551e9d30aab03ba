from itertools import count

import pytest

from stages.cluster.dask import MAX_AHEAD, in_order


class Work:
    """Record the submitted tasks and the largest number of items in flight."""

    def __init__(self, together=lambda done: 1):
        self.tasks, self.done, self.most_in_flight, self._together = [], 0, 0, together

    def submit(self, items: list) -> list:
        self.tasks.append(items)
        self.most_in_flight = max(self.most_in_flight, sum(map(len, self.tasks)) - self.done)
        return items

    def results(self, task: list):
        for item in task:
            self.done += 1
            yield item * item

    def together(self) -> int:
        return self._together(self.done)


@pytest.mark.parametrize('cores', [1, 3])
@pytest.mark.parametrize('several', [1, 3, 4])
def test_results_are_in_order_and_items_in_flight_are_limited(cores, several):
    work = Work(lambda done: several if done else 1)
    results = list(in_order(work.submit, work.results, range(100), lambda: cores, work.together))
    assert results == [item * item for item in range(100)]
    assert [item for task in work.tasks for item in task] == list(range(100))
    assert MAX_AHEAD * cores - several < work.most_in_flight <= MAX_AHEAD * cores
    assert {len(task) for task in work.tasks[MAX_AHEAD * cores : -1]} == {several}


def test_items_are_requested_lazily():
    requested = []
    work = Work()
    results = in_order(work.submit, work.results, (requested.append(item) or item for item in count()), lambda: 2)
    assert next(results) == 0
    assert len(requested) == 2 * MAX_AHEAD
    assert [next(results) for _ in range(5)] == [1, 4, 9, 16, 25]
    assert len(requested) == 2 * MAX_AHEAD + 5
