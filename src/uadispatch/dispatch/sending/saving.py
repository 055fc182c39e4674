"""After a fault of the journal: what was tried is recorded all the same, if that works again.

It sends nothing, and claims nothing.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal import JournalError
from uadispatch.dispatch.news import Unrecorded
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch.dispatch.sending.trying import Tried
    from uadispatch.dispatch.sending.window import Window
    from uadispatch.dispatch.sending.work import Work

__all__ = ["NotRecorded", "save"]

RECORDING = timedelta(seconds=60)
"""How long recording is tried again before the run leaves."""
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
"""Seconds between two tries to record."""


class NotRecorded(JournalError):
    """The text names messages and what became of them: it is for a person, and for no log.

    Its cause is the fault of the journal.
    """

    def __init__(self, fault: JournalError, messages: list[Problem]) -> None:
        """Take both."""
        super().__init__([*fault.problems, *messages])
        self.number = len(messages)
        """How many messages it names."""


async def save(window: Window, work: Work, tell: Callable[[Tried], None]) -> None:
    """Record all that has finished, and `tell` of it; nothing is on its way any more.

    Raises:
        NotRecorded: what it was is in the text.
    """
    began, wait = work.clock.now(), FIRST_WAIT
    while finished := window.finished:
        known = [tried.settlement for tried in finished]
        try:
            await work.ask(lambda: work.record(known))  # noqa: B023 - awaited here
        except JournalError as exc:
            if work.clock.now() - began >= RECORDING:
                raise NotRecorded(exc, [*map(_unrecorded, finished)]) from exc
            with suppress(Exception):  # nobody to tell it to: it is recorded all the same
                work.tell(Unrecorded(len(known), str(exc)))
            await work.clock.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
            continue
        for tried in finished:
            tell(tried)
        window.finished = []


def _unrecorded(tried: Tried) -> Problem:
    row = tried.settlement
    return Problem(
        f"not recorded, and so in doubt from now on: {row.after}: {row.reason}; settle it with "
        f"uadispatch resolve",
        f"{tried.target}/{row.channel}",
    )
