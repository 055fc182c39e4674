"""The first time that a page's messages are gone through: what there is to count, and its pages.

It keeps numbers and what occurs; no message.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

from uadispatch.dispatch.states import UNSENT, State
from uadispatch.views.dry_run.batches import MOST, batches
from uadispatch.views.shapes import state_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.views.dry_run.seen import Seen

__all__ = ["KEPT_BACK", "Counted", "Fate", "count", "fate", "is_held"]

KEPT_BACK = "kept back"


class Fate(StrEnum):
    """What becomes of a message if the campaign is sent at the moment of the dry-run."""

    NOW = "go out now"
    LATER = "go out later"
    HELD = "held"
    REFUSED = "refused"
    KEPT = KEPT_BACK
    OUT = "out already"
    PEOPLE = "with people"
    DOUBT = "in doubt"
    OVER = "failed or cancelled"


_FATES = {
    State.WITH_PERSON: Fate.PEOPLE,
    State.IN_DOUBT: Fate.DOUBT,
    State.FAILED: Fate.OVER,
    State.CANCELLED: Fate.OVER,
}


def fate(draft: Draft, now: datetime) -> Fate:
    """What becomes of `draft` if it is sent at `now`."""
    if draft.goes_out:
        return Fate.NOW if draft.waits_until(now) is None else Fate.LATER
    if draft.entry is not None and draft.entry.state not in UNSENT:
        return _FATES.get(draft.entry.state, Fate.OUT)
    if is_held(draft):
        return Fate.HELD
    return Fate.REFUSED if state_of(draft) is State.REFUSED else Fate.KEPT


def is_held(draft: Draft) -> bool:
    """Whether a person must look at it first."""
    return draft.held is not None or (draft.entry is not None and draft.entry.held is not None)


class Counted:
    """What occurs among messages, and how often."""

    def __init__(self, now: datetime, deadline: date) -> None:
        """None of them yet; `deadline` is the last day of the campaign."""
        self._now = now
        self._deadline = deadline
        self.total = 0
        self.pages = 0
        """How many pages they make, if they stand on several."""
        self.by_channel: dict[str, Counter[Fate]] = {}
        self.by_whom: Counter[str] = Counter()
        """Of what goes out: by program, or by a person."""
        self.fallbacks: Counter[str] = Counter()
        """Why messages are in another language than was preferred."""
        self.marked = 0
        """How many go to a contact that was refused before."""
        self.earliest: datetime | None = None
        self.latest: datetime | None = None
        """When what must wait goes out, at the earliest and at the latest."""
        self.languages: set[str] = set()
        self.states: dict[str, None] = {}
        self.held = False
        """Whether a person must look at any of them first."""
        self.guards: dict[str, Counter[str]] = {}
        """Guard to reason to number; a deadline once, however many zones it passed in."""

    def add(self, draft: Draft) -> None:
        """Look at one message."""
        its = fate(draft, self._now)
        self.total += 1
        self.by_channel.setdefault(draft.channel, Counter())[its] += 1
        if its in (Fate.NOW, Fate.LATER):
            self.by_whom[draft.by] += 1
        if its is Fate.LATER and (waits := draft.waits_until(self._now)):
            self.earliest = min(self.earliest or waits, waits)
            self.latest = max(self.latest or waits, waits)
        if draft.choice.fallback:
            self.fallbacks[draft.choice.fallback] += 1
        self.marked += draft.mark is not None
        self.languages.add(draft.choice.language)
        self.states[str(state_of(draft))] = None
        self.held = self.held or is_held(draft)
        if draft.waits and draft.verdict is not None:
            self._objected(draft.verdict.guard, draft.verdict.reason)

    def _objected(self, guard: str, reason: str) -> None:
        if guard == "expired":
            reason = f"the deadline has passed: its last day was {self._deadline:%-d %B %Y}"
        if guard == "held":  # each has a reason of its own, and is listed
            reason = "a person must look first"
        self.guards.setdefault(guard, Counter())[reason] += 1

    @property
    def by_fate(self) -> Counter[Fate]:
        """All channels together."""
        return sum(self.by_channel.values(), Counter())


def count(seen: Seen, most: int = MOST) -> Counted:
    """Go through the messages that are shown, of which a page has so many at `most`."""
    counted = Counted(seen.at, seen.prepared.source.campaign.urgent_action.deadline)
    drafts = seen.drafts if seen.outlines is None else seen.outlines
    for number, _, few in batches(drafts, most):
        counted.pages = number
        for draft in few:
            counted.add(draft)
    return counted
