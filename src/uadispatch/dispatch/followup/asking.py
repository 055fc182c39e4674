"""Asking services about what they took: for no more at once than they serve, and with a limit.

What is asked, and what an answer means, is the concern of `recalling` and `confirming`.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, TypeVar

from uadispatch.channels.message import Receipt
from uadispatch.dispatch.planning.retelling import retell

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Message
    from uadispatch.dispatch.journal import Entry, Journal
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["PATIENCE", "Line", "let_a_real_cancellation_pass", "taken"]

PATIENCE = 60.0
"""Seconds that a service has to answer for one message."""

T = TypeVar("T")


class Line:
    """A channel that is asked: for no more at once than it may send, and not if it is silent."""

    def __init__(self, channel: Channel[Any], patience: float) -> None:
        """Ask nothing yet; an answer must come within `patience` (seconds)."""
        self.channel = channel
        self.slots = asyncio.Semaphore(channel.settings.concurrency)
        self.silent = False
        """It gave no answer in time."""
        self._patience = patience

    async def ask(self, question: Awaitable[T]) -> T:
        """The answer. Raises TimeoutError, or whatever the channel raises."""
        limit = asyncio.timeout(self._patience)
        try:
            async with limit:
                return await question
        finally:
            self.silent = self.silent or limit.expired()


def taken(
    journal: Journal,
    campaign: str,
    entry: Entry,
    channel: Channel[Any],
    compose: Callable[[Snapshot], Composer],
) -> tuple[Message | None, Receipt | None]:
    """The message of `entry` as it went out, and what the service answered to its last try.

    Without such an answer there is no receipt: that of an earlier try is none of this one.

    Without the texts (they were purged, say) there is no message.
    """
    story = journal.story(campaign, entry.key)
    message = retell(story, lambda _: channel.contact, compose).message
    if story.receipt is None or entry.receipt_id is None:
        return message, None
    says = str(json.loads(story.receipt).get("says", entry.reason))
    return message, Receipt(says=says, id=entry.receipt_id)


def let_a_real_cancellation_pass(exc: BaseException) -> None:
    """Raise `exc` again if it is our own wish, and not something that a channel raised."""
    task = asyncio.current_task()
    if isinstance(exc, asyncio.CancelledError) and task is not None and task.cancelling():
        raise exc
