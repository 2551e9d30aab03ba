"""Results in order, with a bound on the work that is under way."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

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
