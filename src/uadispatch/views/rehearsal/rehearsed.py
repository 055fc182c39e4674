"""What a rehearsal came to: each message that was tried, beside what its stand-in got.

It knows the plan and the journal's word; no page and no markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from uadispatch.views.rehearsal.comparing import Comparison, arrivals, meant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from uadispatch.channels.standing_in import Received, StandIn
    from uadispatch.dispatch.journal import Entry
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.preparing import Prepared
    from uadispatch.views.cards import Change
    from uadispatch.views.rehearsal.comparing import Arrived

__all__ = ["Rehearsed", "Results", "results"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One message that was tried, or that came untried."""

    draft: Draft
    """As it was claimed, with what the rehearsal's journal has of it."""
    arrived: Sequence[Arrived]
    routed: bool
    """It went to the tester, for real: no stand-in can be asked."""
    difference: Change | None

    @property
    def name(self) -> str:
        """As people name a message."""
        return f"{self.draft.target.id}/{self.draft.channel}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All of a rehearsal."""

    messages: Sequence[Rehearsed]
    """In the order of the plan."""
    strange: Sequence[Arrived]
    """What a stand-in got that belongs to no message."""
    undrawn: int
    """Of so many messages the pages were not compared."""
    untried: Sequence[Entry]
    """The messages that were not tried, as the rehearsal's journal has them."""

    @property
    def differing(self) -> list[Rehearsed]:
        """The messages that did not come as they were meant."""
        return [message for message in self.messages if message.difference is not None]

    @property
    def as_meant(self) -> bool:
        """Whether nothing differs."""
        return not (self.strange or self.differing)


def results(
    prepared: Prepared,
    drafts: Iterable[Draft],
    entries: Sequence[Entry],
    received: Sequence[tuple[str, Received]],
    stand_ins: Mapping[str, StandIn],
    *,
    prefix: str,
    routed: Collection[str],
) -> Results:
    """Compare what was meant with what came; `prefix` begins this rehearsal's references."""
    came = arrivals(entries, received, stand_ins, prefix=prefix)
    recorded = {entry.key: entry for entry in entries}
    compare = Comparison()
    found = []
    for planned in drafts:
        entry, arrived = recorded.get(planned.key), came.of.get(planned.key, ())
        if entry is None or not (entry.attempts or arrived):
            continue
        draft = planned
        if draft.message is not None and entry.claimed_at is not None:
            draft = draft._replace(message=draft.message.dated(entry.claimed_at))
        draft = draft._replace(entry=entry)
        by_tester = draft.channel in routed
        difference = None
        if not by_tester:
            channel = prepared.channels[draft.channel]
            preview = None if draft.message is None else meant(channel, draft.message)
            to = entry.to if draft.message is None else draft.message.to.value
            difference = compare(entry, to, preview, arrived, channel.capabilities)
        found.append(
            Rehearsed(draft=draft, arrived=arrived, routed=by_tester, difference=difference)
        )
    tried = {message.draft.key for message in found}
    return Results(
        messages=found,
        strange=came.strange,
        undrawn=compare.undrawn,
        untried=[entry for entry in entries if entry.key not in tried],
    )
