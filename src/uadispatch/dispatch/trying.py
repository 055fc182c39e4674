"""One try of one claimed message: compose it, send it, and say what became of it.

Whatever a channel answers or raises becomes a settlement of this message alone. It knows no
journal: recording is the engine's.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.model import Target
from uadispatch.channels.message import Handover, Receipt
from uadispatch.dispatch.journal import Settlement
from uadispatch.dispatch.retrying import Failed, next_try
from uadispatch.dispatch.snapshot import canonical
from uadispatch.dispatch.states import State
from uadispatch.errors import ConfigError, OptedOut, Rejected, Temporary, Unknown, place_of
from uadispatch.rendering.text import BrokenTemplate

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Message
    from uadispatch.clock import Clock
    from uadispatch.dispatch.composing import Composer
    from uadispatch.dispatch.journal import Claimed

__all__ = ["Tries"]


class Tries:
    """Makes tries; each is made once, and every one ends in a settlement."""

    def __init__(
        self,
        composer_of: Callable[[str], Composer],
        clock: Clock,
        random: Callable[[], float],
        *,
        cannot_send: Callable[[str, str], None],
    ) -> None:
        """Take what a try needs.

        `cannot_send` is told the name of a channel that cannot send at all, and why.
        """
        self._composer_of = composer_of
        self._clock = clock
        self._random = random
        self._cannot_send = cannot_send

    async def attempt(self, lane: Channel[Any], row: Claimed) -> Settlement:
        """One try; whatever it raises becomes this message's settlement."""
        settled = Settlement(id=row.id, after=State.FAILED, at=row.claimed_at)
        try:
            target = Target.model_validate_json(row.target_body)
            contact = target.contact_on(lane.contact)
            if contact is None:
                return replace(settled, reason="the target has lost this contact")
            message = self._composer_of(row.snapshot).compose(
                target, lane.name, contact, row.language, key=row.key, at=row.claimed_at
            )
            lane.check(message)
        except Rejected as exc:
            return replace(settled, at=self._clock.now(), reason=exc.reason, code=exc.code)
        except BrokenTemplate as exc:
            return replace(settled, at=self._clock.now(), reason=str(exc))
        except BaseException as exc:  # noqa: BLE001 - nothing has left: it fails this message alone
            _let_a_real_cancellation_pass(exc)
            reason = f"it cannot be composed: {place_of(exc)}"
            return replace(settled, at=self._clock.now(), reason=reason)
        try:
            return await self._send(lane, row, message)
        except BaseException as exc:  # noqa: BLE001 - not even sys.exit() ends the run of others
            _let_a_real_cancellation_pass(exc)
            return self._unforeseen(row, exc)

    async def _send(self, lane: Channel[Any], row: Claimed, message: Message) -> Settlement:
        try:
            answer = await lane.send(message)
        except Exception as exc:  # noqa: BLE001 - sorted by what it is
            return self._sorted(lane, row, exc)
        return self._answered(row, answer)

    def _unforeseen(self, row: Claimed, exc: BaseException) -> Settlement:
        """It may have gone out: nobody can tell what had left when this was raised."""
        reason = f"the channel failed unexpectedly: {place_of(exc)}"
        return Settlement(id=row.id, after=State.IN_DOUBT, at=self._clock.now(), reason=reason)

    def _answered(self, row: Claimed, answer: object) -> Settlement:
        settled = Settlement(id=row.id, after=State.IN_DOUBT, at=self._clock.now())
        if isinstance(answer, Receipt):
            return replace(
                settled,
                after=State.CONFIRMED if answer.confirmed else State.ACCEPTED,
                reason=answer.says,
                code=answer.code,
                receipt=canonical({"id": str(answer.id or ""), "says": str(answer.says or "")}),
            )
        if isinstance(answer, Handover):
            receipt = {
                "files": [str(file) for file in answer.files],
                "links": [*map(str, answer.links)],
            }
            return replace(
                settled, after=State.WITH_PERSON, reason=answer.says, receipt=canonical(receipt)
            )
        reason = f"the channel answered neither Receipt nor Handover but {type(answer).__name__}"
        return replace(settled, reason=reason)

    def _sorted(self, lane: Channel[Any], row: Claimed, exc: Exception) -> Settlement:
        """What an exception from `send` means for the message."""
        now = self._clock.now()
        settled = Settlement(id=row.id, after=State.FAILED, at=now, reason=str(exc))
        match exc:
            case ConfigError():
                self._cannot_send(lane.name, str(exc))
                return replace(settled, after=State.PLANNED)
            case Temporary():
                return self._retry_or_give_up(lane, row, exc, replace(settled, code=exc.code))
            case Rejected():
                return replace(settled, code=exc.code)
            case OptedOut():
                return replace(settled, code=exc.code, opted_out=True)
            case Unknown():
                doubt = replace(settled, after=State.IN_DOUBT, code=exc.code)
                if not lane.capabilities.idempotent:
                    return doubt
                # The far end itself drops a second one.
                again = Temporary(exc.reason, code=exc.code)
                tried = self._retry_or_give_up(lane, row, again, doubt)
                return tried if tried.after is State.RETRY else doubt
            case _:
                return self._unforeseen(row, exc)

    def _retry_or_give_up(
        self, lane: Channel[Any], row: Claimed, exc: Temporary, settled: Settlement
    ) -> Settlement:
        failed = Failed(
            attempt=row.attempt,
            first_at=row.first_try_at,
            at=settled.at,
            retry_after=exc.retry_after,
        )
        again = next_try(lane.settings, failed, self._random)
        if again is None:
            tries = "1 try" if row.attempt == 1 else f"{row.attempt} tries"
            reason = f"given up after {tries}: {exc.reason}"
            return replace(settled, after=State.FAILED, reason=reason)
        return replace(settled, after=State.RETRY, not_before=again)


def _let_a_real_cancellation_pass(exc: BaseException) -> None:
    """Raise `exc` again if it is the engine's own wish, and not something a channel raised."""
    task = asyncio.current_task()
    if isinstance(exc, asyncio.CancelledError) and task is not None and task.cancelling():
        raise exc
