"""A planned message and its sheet as a card, in the words that a reviewer reads.

It knows the plan; no file, no page and no markup.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from uadispatch.campaign.codes import right_to_left
from uadispatch.campaign.local_time import is_open, local_times, opens_next
from uadispatch.dispatch.states import UNSENT, State
from uadispatch.views.cards import Card
from uadispatch.views.shapes import mark_of, reason_of, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from uadispatch.campaign.model import Target
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.views.cards import Change, Sheet

__all__ = ["card_of", "clocks", "office_now", "short", "time_there", "what_it_is"]

KEY_SHOWN = 12
"""So many digits of a key are shown, and tell a card from all others."""

_SECOND = timedelta(seconds=1)


def card_of(
    draft: Draft, sheet: Sheet | None, *, at: datetime, change: Change | None = None
) -> Card:
    """The card of `draft` as of `at`; `change` is how it differs from what was approved."""
    entry = draft.entry
    times = clocks(draft.target, at, getattr(draft.contact, "region", None))
    held = draft.held or (entry.held if entry is not None else None)
    state = state_of(draft)
    waits = state in UNSENT and state is not State.REFUSED
    kept = waits and draft.verdict is not None and held is None
    mark, fallback = mark_of(draft), draft.choice.fallback
    return Card(
        key=short(draft.key),
        target=draft.target.id,
        name=draft.target.name,
        role=draft.target.role or "",
        channel=draft.channel,
        to=draft.contact.written,
        language=draft.choice.language,
        right_to_left=right_to_left(draft.choice.language),
        state=state,
        reason=reason_of(draft),
        by=draft.by,
        held=held is not None,
        kept=kept,
        stands_out=bool(state == "refused" or held is not None or kept or fallback or mark),
        fallback=fallback,
        when=_when(draft, at, times),
        local_time=time_there(times),
        template=draft.template,
        sheet=sheet,
        change=change,
    )


def short(key: str) -> str:
    """The first digits of a key, as people are shown them."""
    return key[:KEY_SHOWN]


def what_it_is(draft: Draft) -> str:
    """A message in words, for those who cannot see its picture."""
    return f"{draft.channel} to {draft.target.name}"


def clocks(target: Target, at: datetime, region: str | None = None) -> tuple[datetime, ...]:
    """What the clocks show there: one time, or the earliest and latest possible; () if unknown."""
    return local_times(target, at, region)


def time_there(times: Sequence[datetime]) -> str:
    """The time at a target, in words; of two possible ones both."""
    words = [f"{moment:%H:%M on %A}" for moment in times]
    zones = sorted({str(moment.tzinfo) for moment in times})
    return f"{' to '.join(words)} ({', '.join(zones)})" if words else ""


def office_now(target: Target, times: Sequence[datetime]) -> str:
    """Whether its office is open, in words; "" where its hours or its zone are not known."""
    if target.hours is None or not times:
        return ""
    said = {is_open(target.hours, moment) for moment in times}
    if len(said) > 1:
        return "open or closed, for its time zone is not known"
    if said == {True}:
        return "open now"
    return f"closed now, opens {opens_next(target.hours, times[0]):%A %H:%M} there"


def _when(draft: Draft, at: datetime, times: Sequence[datetime]) -> str:
    """When it goes out, and the last moment for it; only the last if it does not go."""
    last = draft.expires_at - _SECOND
    if len(times) == 1:
        until = f"last day {last.astimezone(times[0].tzinfo):%-d %B %Y} there"
    else:
        until = f"until {draft.expires_at:%-d %B %Y, %H:%M} UTC"
    if not draft.goes_out:
        return until
    waits = draft.waits_until(at)
    begins = "at once" if waits is None else f"from {waits:%-d %B %Y, %H:%M} UTC on"
    return f"{begins}; {until}"
