"""Asking services what became of what they took, or may have taken; nothing is sent by it.

A gateway that has accepted a fax learns later that the line was busy. And where an answer was
lost, the service is asked whether it has the message, instead of being sent it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from uadispatch.channels.message import Became, Outcome
from uadispatch.dispatch.followup.asking import PATIENCE, Line, let_a_real_cancellation_pass, taken
from uadispatch.dispatch.journal import Answered, JournalError
from uadispatch.dispatch.news import Confirming, Progress
from uadispatch.dispatch.pace.retrying import Failed, next_try
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.snapshot import canonical
from uadispatch.dispatch.states import State
from uadispatch.errors import ConfigError, UadispatchError, Unavailable, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from uadispatch.channels.contract import Channel
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Entry, Journal
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["Confirmed", "Confirmer", "may_be_asked"]

SHORTEST, LONGEST = timedelta(seconds=30), timedelta(minutes=15)
"""Between two questions about one message; it grows with the time since it was sent."""
ELSEWHERE = "another service, account or number took them than is set now; set that one to ask it"
TOO_OLD = timedelta(days=2)
"""Of what was sent longer ago nothing is asked unless a person does."""


@dataclass(slots=True)
class Confirmed:
    """What came of asking."""

    asked: int = 0
    found: Counter[str] = field(default_factory=Counter)
    """How many messages reached which state by it."""
    unknown: int = 0
    """Of how many the service knows nothing, or nothing new."""
    troubles: dict[str, str] = field(default_factory=dict)
    """Channels that could not be asked, and why."""

    def add(self, other: Confirmed) -> None:
        """Count another round of questions."""
        self.unknown = 0
        self.add_part(other)

    def add_part(self, other: Confirmed) -> None:
        """Count the questions about other messages, in the same round."""
        self.asked += other.asked
        self.found.update(other.found)
        self.unknown += other.unknown
        self.troubles |= other.troubles


def may_be_asked(entry: Entry, channels: Mapping[str, Channel[Any]]) -> bool:
    """Whether there is a service that may know more of a message than we do."""
    channel = channels.get(entry.channel)
    # Of what a person says was sent nothing is asked: there is no receipt.
    waits = entry.state is State.IN_DOUBT or (
        entry.state is State.ACCEPTED and entry.receipt_id is not None
    )
    return waits and channel is not None and channel.capabilities.confirms


def _is_elsewhere(entry: Entry, channel: Channel[Any]) -> bool:
    """Whether its last try was for another far end than the one that is set now."""
    return entry.far_end not in ("", channel.capabilities.far_end)


class Confirmer:
    """Asks the services of one campaign, and records what they say."""

    def __init__(
        self,
        journal: Journal,
        channels: Mapping[str, Channel[Any]],
        campaign: str,
        *,
        clock: Clock,
        random: Callable[[], float],
        by: str,
        compose: Callable[[Snapshot], Composer] = Composer,
        tell: Callable[[News], None] = lambda _: None,
        patience: float = PATIENCE,
    ) -> None:
        """Take what it needs; an answer must come within `patience` (seconds)."""
        self._journal = journal
        self._channels = channels
        self._campaign = campaign
        self._clock = clock
        self._random = random
        self._by = by
        self._compose = cache(compose)
        self._tell = tell
        self._patience = patience
        self._away: set[str] = set()

    @property
    def channels(self) -> frozenset[str]:
        """Those whose service can be asked."""
        return frozenset(
            name for name, channel in self._channels.items() if channel.capabilities.confirms
        )

    async def ask(self, entries: Sequence[Entry], *, goes_on: bool = False) -> Confirmed:
        """Ask for each of `entries` that a service may know more of.

        `goes_on`: they are more of the round before; a service that was away then is not waited
        for again.

        Raises:
            JournalError: an answer could not be recorded; it can be asked for again.
        """
        asked = [entry for entry in entries if may_be_asked(entry, self._channels)]
        asked.sort(key=lambda entry: (entry.ask_again_at is None, entry.ask_again_at))
        result = Confirmed(asked=len(asked))
        if not asked:
            return result
        if not goes_on:
            self._away.clear()
        self._tell(Confirming(len(asked)))
        done = count(1)
        names = {entry.channel for entry in asked}
        lines = {name: Line(self._channels[name], self._patience) for name in names}
        ends = await asyncio.gather(
            *(self._one(lines[entry.channel], entry, result, done) for entry in asked),
            return_exceptions=True,  # each is recorded, whatever becomes of the others
        )
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return result

    async def _one(self, line: Line, entry: Entry, result: Confirmed, done: Iterator[int]) -> None:
        name = line.channel.name
        async with line.slots:
            answer = self._nothing_new(entry)
            if _is_elsewhere(entry, line.channel):
                result.troubles.setdefault(name, ELSEWHERE)
            elif name not in self._away:
                try:
                    answer = self._answer(line.channel, entry, await self._question(line, entry))
                except (KeyboardInterrupt, JournalError):
                    raise
                except BaseException as exc:  # noqa: BLE001 - a plugin's own code
                    let_a_real_cancellation_pass(exc)
                    result.troubles[name] = _words(exc)
                    if line.silent or isinstance(exc, Unavailable | ConfigError):
                        self._away.add(name)  # the next ones would fare no better
            known = self._journal.answered(answer, by=self._by)
            self._tell(Confirming(result.asked, next(done)))
            if known is None:
                return  # somebody else was quicker
            if known is answer.before:
                result.unknown += 1
                return
            result.found[answer.after] += 1
            told = Progress(name, entry.target, answer.after, answer.reason, asked=True)
            self._tell(told._replace(key=entry.key, code=answer.code))

    async def _question(self, line: Line, entry: Entry) -> Outcome | None:
        channel = line.channel
        message, receipt = taken(self._journal, self._campaign, entry, channel, self._compose)
        if message is None:
            return None
        since = entry.claimed_at or entry.changed_at
        outcome = await line.ask(channel.confirm(message, receipt, since))
        if not isinstance(outcome, Outcome | None):
            raise TypeError("confirm must return an Outcome or None")
        return outcome

    def _answer(self, channel: Channel[Any], entry: Entry, outcome: Outcome | None) -> Answered:
        """What to record of an answer."""
        nothing_new = self._nothing_new(entry)
        if outcome is None:
            return nothing_new
        now, ask_at = nothing_new.at, nothing_new.ask_again_at
        after, again, reason = self._moves_to(channel, entry, outcome, now)
        open_ = after is State.ACCEPTED
        if open_ and outcome.ask_again_at is not None and ask_at is not None:
            ask_at = max(outcome.ask_again_at, now + timedelta(seconds=1))
        receipt = None
        if outcome.id is not None:
            receipt = canonical(
                {"attempt": entry.attempts, "id": str(outcome.id), "says": str(outcome.says)}
            )
        return nothing_new._replace(
            after=after, reason=reason, code=outcome.code, receipt=receipt, not_before=again,
            ask_again_at=ask_at if open_ else None,
            wrong_contact=outcome.contact and after is State.FAILED,
            exact=outcome.exact, otherwise_ask_at=nothing_new.ask_again_at,
        )  # fmt: skip

    def _nothing_new(self, entry: Entry) -> Answered:
        """It stays as it is, and is asked of again later."""
        now = self._clock.now()
        again = _next_question(entry.claimed_at or entry.changed_at, now)
        return Answered(
            entry.key, entry.attempts, entry.state, entry.state, now, ask_again_at=again
        )

    def _moves_to(
        self, channel: Channel[Any], entry: Entry, outcome: Outcome, now: datetime
    ) -> tuple[State, datetime | None, str]:
        """The state that an outcome leads to, when it is tried again if it is, and the reason."""
        says = outcome.says or f"its service says: {outcome.became}"
        if outcome.became is not Became.RETRY:
            return State(outcome.became), None, says
        if entry.state is State.IN_DOUBT:
            return State.PLANNED, None, says  # nothing has left: it begins anew
        failed = Failed(
            attempt=max(entry.counted, 1), first_at=entry.first_try_at or now, at=now,
            retry_after=outcome.retry_after,
        )  # fmt: skip
        again = next_try(channel.settings, failed, self._random)
        if again is None:
            tries = "1 try" if entry.counted == 1 else f"{entry.counted} tries"
            return State.FAILED, None, f"given up after {tries}: {says}"
        return State.RETRY, again, says


def _next_question(since: datetime, now: datetime) -> datetime | None:
    age = now - since
    return None if age > TOO_OLD else now + min(max(age / 2, SHORTEST), LONGEST)


def _words(exc: BaseException) -> str:
    if isinstance(exc, UadispatchError):
        return str(exc)
    if isinstance(exc, TimeoutError):
        return "its service gave no answer in time"
    return f"asking it failed unexpectedly: {place_of(exc)}"
