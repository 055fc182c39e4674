"""How observers are called: beside all that sends, each on a thread of its own, for a limited time.

It knows nothing of campaigns or journals. Nothing that an observer does reaches whoever tells.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from copy import deepcopy
from time import monotonic
from typing import TYPE_CHECKING

from uadispatch.errors import UadispatchError, place_of
from uadispatch.observers.hooks import HOOKS, MessageSettled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uadispatch.observers.hooks import Event, Observer, ObserverTools

__all__ = ["LIMIT", "ROOM", "Observers"]

LIMIT = 10.0
"""Seconds for one call, and at the end for all that is still to be told."""
ROOM = 1000
"""Events that may wait for one observer; of more, messages are left out."""


class Observers:
    """Those who observe, while a command lasts. Telling them costs no more than a queue."""

    def __init__(
        self,
        observers: Sequence[Observer],
        tools: ObserverTools,
        *,
        limit: float = LIMIT,
        room: int = ROOM,
        say: Callable[[str], None],
    ) -> None:
        """Start nothing yet: a thread begins with the first event that its observer hears.

        A call may take `limit` seconds. `say` is given a line for people, from any thread.
        """
        self._limit = limit
        self._seats = [_Seat(observer, tools, limit, room, say) for observer in observers]
        self._of_hook = {
            hook: [seat for seat in self._seats if hook in seat.observer.hooks]
            for hook, _ in HOOKS.values()
        }
        self._ended = threading.Event()
        self._watch: threading.Thread | None = None

    @property
    def hear_messages(self) -> bool:
        """Whether any is to be told of each message; if not, nobody need put it in words."""
        return bool(self._of_hook["message_settled"])

    def tell(self, event: Event) -> None:
        """Tell whoever hears of such; returns at once, and raises nothing."""
        seats = self._of_hook[HOOKS[type(event)][0]]
        if not seats:
            return
        for seat in seats:
            # What one does to the counts of a run, the next one must not be told.
            seat.put(event if type(event) is MessageSettled else deepcopy(event))
        if self._watch is None:
            self._watch = threading.Thread(target=self._look, name="observers", daemon=True)
            with suppress(RuntimeError):
                self._watch.start()

    def close(self, *, wait: bool = True) -> None:
        """Take nothing more; wait at most the limit for what is still to be told, if at all.

        Ctrl-C ends the waiting and nothing else.
        """
        end = monotonic() + (self._limit if wait else 0.0)
        with suppress(KeyboardInterrupt):
            for seat in self._seats:
                seat.finish(end)
        for seat in self._seats:
            seat.leave()
        self._ended.set()
        if self._watch is not None:
            # What it has begun to say is said; it does nothing else.
            with suppress(RuntimeError, KeyboardInterrupt):
                self._watch.join()

    def _look(self) -> None:
        """Let down whoever takes too long, as soon as that is so."""
        left = self._limit
        while not self._ended.wait(left):
            left = min(seat.check() for seat in self._seats)


class _Seat:
    """One observer: what waits for it, the thread that calls it, and what was said of it."""

    def __init__(
        self,
        observer: Observer,
        tools: ObserverTools,
        limit: float,
        room: int,
        say: Callable[[str], None],
    ) -> None:
        self.observer = observer
        self._tools = tools
        self._limit = limit
        self._room = room
        self._say = say
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._began: float | None = None
        self._closing = self._let_down = self._has_failed = False
        self._left_out = 0

    def put(self, event: Event) -> None:
        """Let `event` wait for its turn; a message only where there is room."""
        with self._changed:
            if self._let_down or self._closing:
                return
            if type(event) is MessageSettled and len(self._waiting) >= self._room:
                self._left_out += 1
                return
            self._waiting.append(event)
            self._changed.notify()
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        name = f"observer {self.observer.plugin}"
        self._thread = threading.Thread(target=self._call_all, name=name, daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # the machine has no thread left: sending comes first
            self._let_down = True
            self._tell_people("could not be called: no thread could be started")

    def check(self) -> float:
        """Let it down if its call takes too long; seconds after which to look again."""
        with self._changed:
            if self._began is None or self._let_down:
                return self._limit
            left = self._began + self._limit - monotonic()
            if left > 0:
                return left
            self._let_down = True
            self._waiting.clear()
            self._changed.notify_all()
        self._tell_people(
            f"took more than {self._limit:g} s over one call; it is called no more by this command"
        )
        return self._limit

    def finish(self, end: float) -> None:
        """Wait until all was told, or until `end`."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            while self._thread is not None and not self._let_down and self._busy:
                left = end - monotonic()
                if left <= 0:
                    return
                self._changed.wait(left)

    @property
    def _busy(self) -> bool:
        return bool(self._waiting) or self._began is not None

    def leave(self) -> None:
        """Tell it nothing more, and say what it was not told."""
        with self._changed:
            untold = 0 if self._let_down else len(self._waiting)
            unended = not self._let_down and self._began is not None
            left_out, self._left_out = self._left_out, 0
            self._let_down = self._closing = True
            self._waiting.clear()
            self._changed.notify_all()
        if unended or untold:
            amid = "amid a call, " if unended else ""
            self._tell_people(f"was left {amid}with {untold:,} not told, when the command ended")
        if left_out:
            self._tell_people(f"was too slow: {left_out:,} messages were not told to it")

    def _call_all(self) -> None:
        """The thread of the observer."""
        while (event := self._next()) is not None:
            try:
                hook, name = HOOKS[type(event)]
                self.observer.hooks[hook](**{name: event, "tools": self._tools})
            except BaseException as exc:  # noqa: BLE001 - SystemExit too: it is the observer's affair
                self._failed(hook, exc)
            with self._changed:
                self._began = None
                self._changed.notify_all()

    def _next(self) -> Event | None:
        """The next event, or None when there will be none."""
        with self._changed:
            while not (self._waiting or self._closing or self._let_down):
                self._changed.wait()
            if self._let_down or not self._waiting:
                return None
            self._began = monotonic()
            return self._waiting.popleft()

    def _failed(self, hook: str, exc: BaseException) -> None:
        """Say so once: where, and no word of it unless it was written for people."""
        with self._changed:
            told, self._has_failed = self._has_failed, True
            # What comes after it was let down, nobody asked for.
            if told or self._let_down:
                return
        says = str(exc) if isinstance(exc, UadispatchError) else f"it failed, {place_of(exc)}"
        self._tell_people(f"{hook}: {says}")

    def _tell_people(self, says: str) -> None:
        with suppress(Exception):  # nobody hears it; nor may this reach whoever sends
            self._say(" ".join(f"{self.observer.plugin}: {says}".split()))
