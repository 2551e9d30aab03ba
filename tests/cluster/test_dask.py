from itertools import count

import pytest

from stages.cluster.dask import MAX_AHEAD, in_order


class Work:
    """Takes note of the tasks that are made, and of how many items were under way at most."""

    def __init__(self, together=lambda done: 1):
        self.tasks, self.done, self.most, self._together = [], 0, 0, together

    def submit(self, items: list) -> list:
        self.tasks.append(items)
        self.most = max(self.most, sum(map(len, self.tasks)) - self.done)
        return items

    def results(self, task: list):
        for item in task:
            self.done += 1
            yield item * item

    def together(self) -> int:
        return self._together(self.done)


@pytest.mark.parametrize('cores', [1, 3])
@pytest.mark.parametrize('several', [1, 3, 4])
def test_results_come_in_order_and_no_more_than_so_many_items_are_under_way(cores, several):
    work = Work(lambda done: several if done else 1)
    found = list(in_order(work.submit, work.results, range(100), lambda: cores, work.together))
    assert found == [item * item for item in range(100)]
    assert [item for task in work.tasks for item in task] == list(range(100))
    assert MAX_AHEAD * cores - several < work.most <= MAX_AHEAD * cores
    assert {len(task) for task in work.tasks[MAX_AHEAD * cores : -1]} == {several}


def test_items_are_asked_for_only_when_it_is_their_turn():
    asked = []
    work = Work()
    results = in_order(work.submit, work.results, (asked.append(item) or item for item in count()), lambda: 2)
    assert next(results) == 0
    assert len(asked) == 2 * MAX_AHEAD
    assert [next(results) for _ in range(5)] == [1, 4, 9, 16, 25]
    assert len(asked) == 2 * MAX_AHEAD + 5
