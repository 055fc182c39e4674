"""Asking the journal without waiting for it: who watches hears that it does not answer.

A server that hangs answers nothing, and no limit of its own holds. So each question is asked on a
thread by itself, one at a time, and its answer is kept for a while.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from uadispatch.dispatch.journal import JournalAway, JournalError, NoJournal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Answer", "Asked"]

PATIENCE = 3.0
"""Seconds for which an answer is waited for; two of them are less than a scraper waits."""
FRESH = 2.0
"""Seconds for which an answer is kept."""
SHARE, LONGEST = 20, 600.0
"""What costs something may take a part of the time, one of so many: its answer is kept for longer,
but no more than so many seconds."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What is known by now."""

    value: T | None = None
    """The last answer; None: there is none."""
    age: float = 0.0
    """Seconds since it was asked for."""
    fault: str = ""
    """Why there is no new one, in words that name nobody."""
    is_late: bool = False
    """Whether a new one may still come."""


class Asked(Generic[T]):
    """One question to the journal, which is asked again when its answer is old."""

    def __init__(self, question: Callable[[], T], *, is_costly: bool = False) -> None:
        """Ask nothing yet; `question` may raise JournalError."""
        self._question = question
        self._is_costly = is_costly
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._last: Answer[T] = Answer()
        self._asked_at = 0.0
        self._keep_until = self._forgotten_at = 0.0

    def answer(self) -> Answer[T]:
        """The answer, for which nobody waits longer than `PATIENCE`.

        If it is not there by then, the one before is given, and its age says so.
        """
        with self._changed:
            if self._thread is None and monotonic() >= self._keep_until:
                self._thread = threading.Thread(target=self._ask, name="watch", daemon=True)
                self._thread.start()
            in_time = self._changed.wait_for(lambda: self._thread is None, PATIENCE)
            fault = self._last.fault if in_time else f"it has not answered for {PATIENCE:g} seconds"
            return Answer(self._last.value, monotonic() - self._asked_at, fault, not in_time)

    def forget(self) -> None:
        """Keep no answer to what was asked until now: much may have changed, or it has hung."""
        with self._changed:
            self._forgotten_at, self._keep_until = monotonic(), 0.0

    def close(self) -> None:
        """Wait for a question that is under way, as long as for an answer."""
        thread = self._thread
        if thread is not None:
            thread.join(PATIENCE)

    def _ask(self) -> None:
        began = monotonic()
        found: Answer[T] = Answer(fault="it cannot be read")
        try:
            found = Answer(self._question())
        except JournalError as exc:
            found = Answer(fault=_in_words(exc))
        finally:
            now = monotonic()
            with self._changed:
                self._last, self._asked_at, self._thread = found, began, None
                is_kept = self._is_costly and not found.fault and began >= self._forgotten_at
                costs = SHARE * (now - began) if is_kept else 0.0
                self._keep_until = now + min(max(FRESH, costs), LONGEST)
                self._changed.notify_all()


def _in_words(exc: JournalError) -> str:
    """What is wrong with the journal, without its URL or the server's own words."""
    if isinstance(exc, NoJournal):
        return "there is none yet"
    return "it cannot be reached" if isinstance(exc, JournalAway) else "it cannot be read"
