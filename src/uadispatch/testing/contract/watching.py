"""Sees whether a thread stands still outside of its event loop's own waiting."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

__all__ = ["Watch"]

_BETWEEN = 0.01
_LOOKS = 4
"""So many looks in a row must find a thread asleep at the same place: one that only waits for a
core is no sleeper, however slow the machine."""

_LONGEST = 0.15
"""Seconds of the processor, by this thread alone, that may pass before others have their turn."""


class Watch:
    """Looks at the thread that makes it, while an event loop runs there."""

    def __init__(self) -> None:
        self.blocked = ""
        """Where it stood still, in words; empty if it did not."""
        self._thread = threading.get_ident()
        self._system_thread = threading.get_native_id()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._watcher.join()

    def _look(self) -> None:
        last, times = (0, 0), 0
        callback, spent = None, 0.0
        while not self._over.wait(_BETWEEN):
            frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - the only way to ask
            here = (id(frame), -1 if frame is None else frame.f_lasti)
            if frame is None or _is_the_loops(frame):
                last, times, callback = (0, 0), 0, None
                continue
            now = _processor_time(self._thread)
            if (current := _callback(frame)) is not callback:
                callback, spent = current, now
            elif callback is not None and now - spent > _LONGEST:
                self.blocked = self.blocked or _place(frame)
            if not self._sleeps():
                last, times = (0, 0), 0
                continue
            times = times + 1 if here == last else 1
            last = here
            if times >= _LOOKS:
                self.blocked = self.blocked or _place(frame)

    def _sleeps(self) -> bool:
        """Whether the system says that the thread waits for something; True where nobody says."""
        try:
            stat = Path(f"/proc/self/task/{self._system_thread}/stat").read_text(encoding="ascii")
        except OSError:
            return True
        return stat.rpartition(")")[2].split()[0] == "S"


def _is_the_loops(frame: FrameType) -> bool:
    """Whether it is the event loop that waits for what may come."""
    name = frame.f_globals.get("__name__", "")
    return name in ("selectors", "asyncio.base_events", __name__)


def _place(frame: FrameType) -> str:
    """The innermost lines, as FILE:LINE in FUNCTION."""
    lines = traceback.extract_stack(frame)[-3:]
    return ", ".join(f"{Path(at.filename).name}:{at.lineno} in {at.name}" for at in lines)


def _callback(frame: FrameType) -> FrameType | None:
    """The frame in which the event loop runs one callback: another one for each."""
    found: FrameType | None = frame
    while found is not None:
        if found.f_code.co_name == "_run" and found.f_globals.get("__name__") == "asyncio.events":
            return found
        found = found.f_back
    return None


def _processor_time(thread: int) -> float:
    """Seconds of the processor that a thread has used; 0.0 where nobody says."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return 0.0
    return time.clock_gettime(time.pthread_getcpuclockid(thread))
