"""One try of one claimed message: compose it, send it, and say what became of it.

Whatever a channel answers or raises becomes a settlement of this message alone. It knows no
journal: recording is the engine's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.channels.message import Handover, Receipt
from uadispatch.dispatch.followup.asking import let_a_real_cancellation_pass
from uadispatch.dispatch.journal import LONGEST_PAUSE, ContactFact, Pace, Settlement
from uadispatch.dispatch.pace.pacing import enter
from uadispatch.dispatch.pace.retrying import Failed, next_try, next_try_after_outage
from uadispatch.dispatch.snapshot import canonical
from uadispatch.dispatch.states import State
from uadispatch.errors import (
    ConfigError,
    OptedOut,
    Rejected,
    Temporary,
    Unavailable,
    Unknown,
    place_of,
)
from uadispatch.rendering.text import BrokenTemplate

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from uadispatch.campaign.model import Target
    from uadispatch.channels.contract import Channel
    from uadispatch.channels.message import Message
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Claimed
    from uadispatch.dispatch.pace.pacing import Start, Withdrawn
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.errors import DeliveryError

__all__ = ["Tried", "Tries", "settled"]

FIRST_QUESTION = timedelta(minutes=1)
"""After a try whose answer was lost its service is asked for it."""
EARLIER = "an earlier try of it may have gone out"


class Tried(NamedTuple):
    """How one try ended: what to record of its message, and what it says of its channel."""

    settlement: Settlement
    target: str
    key: str
    served: bool = False
    """The far end served it, well or badly: it is there."""
    outage: Unavailable | None = None
    """The far end serves nobody for now."""
    withdrawn: Withdrawn | None = None
    """It was not tried: it must not begin, or not yet."""


class Tries:
    """Makes tries; each is made once, and every one ends in a settlement."""

    def __init__(
        self,
        composer_of: Callable[[str], Composer],
        target_of: Callable[[Claimed], Target],
        clock: Clock,
        random: Callable[[], float],
        *,
        cannot_send: Callable[[str, str], None],
    ) -> None:
        """Take what a try needs: the composer of a snapshot's digest, the target of a claim.

        `cannot_send` is told the name of a channel that cannot send at all, and why.
        """
        self._composer_of = composer_of
        self._target_of = target_of
        self._clock = clock
        self._random = random
        self._cannot_send = cannot_send

    async def attempt(
        self,
        channel: Channel[Any],
        row: Claimed,
        start: Start,
        ready: Message | Tried | None = None,
    ) -> Tried:
        """One try; whatever it raises becomes this message's settlement.

        `ready` is what `ready` has said of it, if it was asked.
        """
        found = ready or self.ready(channel, row)
        if isinstance(found, Tried):
            return found
        try:
            enter(start)
            start.sending()
            try:
                answer = await channel.send(found)
            except Exception as exc:  # noqa: BLE001 - sorted by what it is
                return self._sorted(channel, row, exc, start)
            return Tried(self._answered(row, answer), row.target, row.key, served=True)
        except BaseException as exc:  # noqa: BLE001 - not even sys.exit() ends the run of others
            let_a_real_cancellation_pass(exc)
            return self._unforeseen(row, exc)

    def ready(self, channel: Channel[Any], row: Claimed) -> Message | Tried:
        """The message of `row`, or how it fails before anything has left."""
        try:
            message = self._compose(channel, row)
            channel.check(message)
        except Rejected as exc:
            return self._failed(row, exc.reason, exc.code)
        except BrokenTemplate as exc:
            return self._failed(row, str(exc))
        except BaseException as exc:  # noqa: BLE001 - nothing has left: it fails this message alone
            let_a_real_cancellation_pass(exc)
            return self._failed(row, f"it cannot be composed: {place_of(exc)}")
        return message

    def _compose(self, channel: Channel[Any], row: Claimed) -> Message:
        target = self._target_of(row)
        contact = target.contact_on(channel.contact)
        if contact is None:
            raise Rejected("the target has lost this contact")
        return self._composer_of(row.snapshot).compose(
            target, channel.name, contact, row.language, key=row.key, at=row.claimed_at
        )

    def _settled(self, row: Claimed, after: State, reason: str, **more: Any) -> Settlement:
        return settled(row, after, self._clock.now(), reason, **more)

    def _failed(self, row: Claimed, reason: str, code: str | None = None) -> Tried:
        """Before anything was sent."""
        return Tried(self._settled(row, State.FAILED, reason, code=code), row.target, row.key)

    def _unforeseen(self, row: Claimed, exc: BaseException) -> Tried:
        """It may have gone out: nobody can tell what had left when this was raised."""
        reason = f"the channel failed unexpectedly: {place_of(exc)}"
        return Tried(self._settled(row, State.IN_DOUBT, reason), row.target, row.key)

    def _answered(self, row: Claimed, answer: object) -> Settlement:
        if isinstance(answer, Receipt):
            receipt = None
            if answer.id is not None:
                receipt = canonical(
                    {"attempt": row.attempt, "id": str(answer.id), "says": str(answer.says or "")}
                )
            return Settlement(
                row.id,
                row.attempt,
                State.CONFIRMED if answer.confirmed else State.ACCEPTED,
                self._clock.now(),
                answer.says,
                answer.code,
                receipt,
                channel=row.channel,
                contact=row.contact,
                ask_again_at=None if answer.confirmed else answer.ask_again_at,
            )
        if isinstance(answer, Handover):
            handed = {
                "files": [str(file) for file in answer.files],
                "links": [*map(str, answer.links)],
            }
            return self._settled(row, State.WITH_PERSON, answer.says, receipt=canonical(handed))
        reason = f"the channel answered neither Receipt nor Handover but {type(answer).__name__}"
        return self._settled(row, State.IN_DOUBT, reason)

    def _sorted(self, channel: Channel[Any], row: Claimed, exc: Exception, start: Start) -> Tried:
        """What an exception from `send` means for the message."""
        match exc:
            case ConfigError():
                self._cannot_send(channel.name, str(exc))
                return Tried(self._settled(row, State.PLANNED, str(exc)), row.target, row.key)
            case Temporary() if start.withdrawn is not None:
                back = self._settled(row, State.PLANNED, exc.reason)
                return Tried(back, row.target, row.key, withdrawn=start.withdrawn)
            case Unavailable():
                return self._outage(channel, row, exc)
            case Temporary():
                pace = None
                if exc.retry_after is not None and exc.retry_after > timedelta(0):
                    spacing, until = start.turnstile.slow_down(min(exc.retry_after, LONGEST_PAUSE))
                    pace = Pace(spacing=spacing, slow_until=until)
                settled = self._retry_or_give_up(channel, row, exc)
                return Tried(settled._replace(pace=pace), row.target, row.key, served=True)
            case Rejected():
                says = ContactFact.REJECTED if exc.contact else None
                return self._for_good(row, exc, says)
            case OptedOut():
                return self._for_good(row, exc, ContactFact.OPTED_OUT)
            case Unknown():
                return self._doubt(channel, row, exc)
            case _:
                return self._unforeseen(row, exc)

    def _doubt(self, channel: Channel[Any], row: Claimed, exc: Unknown) -> Tried:
        """It may have gone out: who may ask or try again, and when, the channel says."""
        again = ask_at = None
        if channel.capabilities.idempotent:  # the far end itself drops a second one
            failed = self._as_failed(row, Temporary(exc.reason))
            again = next_try(channel.settings, failed, self._random)
        if channel.capabilities.confirms:
            ask_at = self._clock.now() + FIRST_QUESTION
        settled = self._settled(
            row, State.IN_DOUBT, exc.reason, code=exc.code, not_before=again, ask_again_at=ask_at
        )
        return Tried(settled, row.target, row.key)

    def _for_good(self, row: Claimed, exc: DeliveryError, says: ContactFact | None) -> Tried:
        settled = self._settled(row, State.FAILED, exc.reason, code=exc.code, says_of_contact=says)
        return Tried(settled, row.target, row.key, served=True)

    def _outage(self, channel: Channel[Any], row: Claimed, exc: Unavailable) -> Tried:
        """The far end serves nobody: the message waits, and its try does not count."""
        pace = None
        if exc.retry_after is not None:
            until = self._clock.now() + min(exc.retry_after, LONGEST_PAUSE)
            pace = Pace(paused_until=until, because=exc.reason)
        again = next_try_after_outage(channel.settings, self._as_failed(row, exc), self._random)
        if again is None:
            waited = channel.settings.give_up_after
            reason = f"given up after {waited}: {exc.reason}"
            settled = self._settled(row, State.FAILED, reason, code=exc.code, pace=pace)
        else:
            settled = self._settled(
                row, State.RETRY, exc.reason, code=exc.code, pace=pace, not_before=again,
                excused=True,
            )  # fmt: skip
        return Tried(settled, row.target, row.key, outage=exc)

    def _retry_or_give_up(self, channel: Channel[Any], row: Claimed, exc: Temporary) -> Settlement:
        again = next_try(channel.settings, self._as_failed(row, exc), self._random)
        if again is None:
            tries = "1 try" if row.counted == 1 else f"{row.counted} tries"
            reason = f"given up after {tries}: {exc.reason}"
            return self._settled(row, State.FAILED, reason, code=exc.code)
        return self._settled(row, State.RETRY, exc.reason, code=exc.code, not_before=again)

    def _as_failed(self, row: Claimed, exc: Temporary) -> Failed:
        return Failed(
            attempt=row.counted,
            first_at=row.first_try_at,
            at=self._clock.now(),
            retry_after=exc.retry_after,
        )


def settled(row: Claimed, after: State, at: datetime, reason: str = "", **more: Any) -> Settlement:
    """What became of a claim; `planned` is one whose try has not begun."""
    found = Settlement(
        id=row.id, attempt=row.attempt, after=after, at=at, reason=reason,
        channel=row.channel, contact=row.contact, **more,
    )  # fmt: skip
    return _still_in_doubt(found, row) if row.doubtful else found


def _still_in_doubt(found: Settlement, row: Claimed) -> Settlement:
    """What a try that failed says of an earlier one, which may have gone out: nothing."""
    match found.after:
        case State.RETRY:
            return found._replace(after=State.IN_DOUBT)
        case State.PLANNED:
            # It may go at once; but a run that waits for times to come need not wake for it.
            due = row.first_try_at
            return found._replace(after=State.IN_DOUBT, not_before=due, excused=True)
        case State.FAILED:
            return found._replace(after=State.IN_DOUBT, reason=f"{found.reason}; {EARLIER}")
        case _:
            return found
