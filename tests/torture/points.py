"""The points at which a process can be told to kill itself; only a child of `warm` installs them.

Besides those with names there is "line": each line of Python of the parts that send and record.
"""

from __future__ import annotations

import asyncio.selector_events
import fcntl
import inspect
import os
import signal
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uadispatch_email
from uadispatch import dispatch
from uadispatch.dispatch.journal import store
from uadispatch.dispatch.journal.on_file import opening
from uadispatch.dispatch.journal.on_file.books import FileBooks
from uadispatch.dispatch.journal.writing import claiming, settling
from uadispatch.dispatch.sending import engine, run
from uadispatch_email import channel, session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["LINE", "NAMES", "install"]

LINE = "line"
TRACED = tuple(
    str(Path(module.__file__ or "").parent)
    for module in (dispatch, uadispatch_email)
)  # fmt: skip

AROUND: tuple[tuple[Any, str, str], ...] = (
    (opening, "_make", "making the file"),
    (opening, "_bring_up_to_date", "making the tables"),
    (store.Store, "record_plan", "recording the plan"),
    (store.Store, "recover", "recovering"),
    (store.Store, "turn", "a turn"),
    (store.Store, "close", "closing the journal"),
    (settling, "settle", "settling"),
    (claiming, "claim", "claiming"),
    (fcntl, "flock", "locking"),
    (Path, "rename", "naming a lock"),
    (Path, "unlink", "removing a lock"),
    (Path, "rmdir", "removing the folder of locks"),
    (engine.Engine, "run", "the run"),
    (channel.EmailChannel, "send", "a send"),
    (session.Session, "data_received", "a reply"),
    (run, "close", "closing the channels"),
)
"""Functions, each with what it does: "before" and "after" it a process can be killed."""


NAMES = (
    *(f"{when} {what}" for *_, what in AROUND for when in ("before", "after")),
    "before a transaction", "a transaction begun", "before a commit", "after a commit",
    "before a write", "amid a write", "after a write",
)  # fmt: skip
"""Every point but the lines."""


def install(point: str, passing: int) -> Counter[str]:
    """Kill this process when it comes by `point` the n-th time; returns the counts so far."""
    counted: Counter[str] = Counter()
    lock = threading.Lock()

    def by(name: str) -> None:
        with lock:
            counted[name] += 1
            if name == point and counted[name] == passing:
                os.kill(os.getpid(), signal.SIGKILL)

    for owner, name, what in AROUND:
        _surround(owner, name, what, by)
    _surround_transactions(by)
    _surround_writes(by)
    if point in (LINE, ""):
        _trace_lines(by)
    return counted


def _surround(owner: Any, name: str, what: str, by: Callable[[str], None]) -> None:
    original = getattr(owner, name)

    @wraps(original)
    def plain(*args: Any, **kwargs: Any) -> Any:
        by(f"before {what}")
        result = original(*args, **kwargs)
        by(f"after {what}")
        return result

    @wraps(original)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        by(f"before {what}")
        result = await original(*args, **kwargs)
        by(f"after {what}")
        return result

    setattr(owner, name, awaited if inspect.iscoroutinefunction(original) else plain)


def _surround_transactions(by: Callable[[str], None]) -> None:
    for name in ("reading", "_writing"):
        original = getattr(FileBooks, name)

        @contextmanager
        def transaction(
            self: FileBooks, *how: Any, original: Any = original, **more: Any
        ) -> Iterator[Any]:
            by("before a transaction")
            with original(self, *how, **more) as connection:
                by("a transaction begun")
                yield connection
                by("before a commit")
            by("after a commit")

        setattr(FileBooks, name, transaction)


def _surround_writes(by: Callable[[str], None]) -> None:
    """Before, amid and after what is written to a socket."""
    module: Any = asyncio.selector_events
    transport = module._SelectorSocketTransport
    original = transport.write

    def write(self: Any, data: Any) -> None:
        by("before a write")
        # The first half is handed to the kernel, and nothing after it if this is the end.
        half = bytes(data[: len(data) // 2])
        if half and not self._buffer:
            sent = self._sock.send(half)
            by("amid a write")
            data = data[sent:]
        original(self, data)
        by("after a write")

    transport.write = write


def _trace_lines(by: Callable[[str], None]) -> None:
    def called(frame: FrameType, _: str, __: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(TRACED) else None

    def line(_: FrameType, event: str, __: Any) -> Any:
        if event == "line":
            by(LINE)
        return line

    threading.settrace(called)
    sys.settrace(called)
