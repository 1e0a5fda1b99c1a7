"""How exports keep the processor and the disk busy at once: threads that read ahead, and pack."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def core_count() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that takes up nothing new once its block is left, whatever was the reason."""
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def made_ahead(
    make: Callable[[_Given], _Made], given: Iterable[_Given], ahead: int
) -> Generator[_Made, None, None]:
    """``map``, in a thread that is so many results ahead of whoever uses them."""
    waiting: deque[Future[_Made]] = deque()
    with threads(1) as pool:
        for each in given:
            waiting.append(pool.submit(make, each))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
