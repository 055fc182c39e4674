"""What something takes of the memory at its worst, whatever has run in this process before."""

from __future__ import annotations

import gc
import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def memory_watched() -> Iterator[Callable[[], int]]:
    """Yield what says how many bytes were held at once since then, at the worst."""
    # A command that ran in this process has told the collector to come seldom: garbage would count.
    usual = gc.get_threshold()
    gc.collect()
    gc.set_threshold(700, 10, 10)
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.set_threshold(*usual)


def once(holds: Callable[[], bool]) -> bool:
    """Whether it holds at one of three times.

    What else lives in this process takes some at any time: threads, and tables that happen to grow
    just then, by 200 kB and more. What does hold too much holds it each time.
    """
    return any(holds() for _ in range(3))
