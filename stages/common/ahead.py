"""Results in order, with a bound on the work that is under way."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

AHEAD = 8  # items a core that are under way, or done and not yet taken

Item, Future, Result = TypeVar('Item'), TypeVar('Future'), TypeVar('Result')


def in_order(
    submit: Callable[[Item], Future],
    result: Callable[[Future], Result],
    items: Iterable[Item],
    cores: Callable[[], int],
) -> Iterator[Result]:
    """Yield result(submit(item)) for every item in order, with at most AHEAD items for each of cores() under way."""
    waiting = deque()
    for item in items:
        while len(waiting) >= AHEAD * cores():
            yield result(waiting.popleft())
        waiting.append(submit(item))
    while waiting:
        yield result(waiting.popleft())
