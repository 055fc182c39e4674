"""From drafts to what the page shows of them: sections of targets, with a card for each message.

It asks the channels for what their recipients will see, and has pictures drawn for as many as a
reader can look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from uadispatch.campaign.codes import countries
from uadispatch.views.differences import first_of, since_approval
from uadispatch.views.messages import card_of, clocks, office_now, time_there, what_it_is
from uadispatch.views.shapes import previewed
from uadispatch.views.sheets import sheet_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uadispatch.campaign.model import Target
    from uadispatch.channels.message import Preview
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.views.cards import Card, Change, Picture
    from uadispatch.views.dry_run.seen import Seen

__all__ = ["Maker", "Section", "country_in_words", "has_pictures"]

BRIEF = 600
"""Characters that show what changed in one of very many messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A target, with its messages."""

    id: str
    name: str
    role: str
    country: str
    """In words; "" if it is not known."""
    local_time: str
    hours: str
    """Its office hours, and whether it is open; "" if they are not known."""
    lacks: tuple[str, ...]
    """The channels that it has no contact for."""
    cards: tuple[Card, ...]


class Maker:
    """Makes cards of drafts; `keep` takes pictures."""

    def __init__(self, seen: Seen, keep: Callable[[bytes, str], Picture]) -> None:
        """Nothing is made yet."""
        self._seen = seen
        self._keep = keep

    def preview(self, draft: Draft, *, brief: bool = False) -> Preview | None:
        """What its recipient will see; None if there is nothing to show. See `previewed`."""
        return previewed(self._seen.prepared, draft, brief=brief)

    def card(
        self, draft: Draft, preview: Preview | None, *, drawn: bool, brief: bool = False
    ) -> Card:
        """The card of `draft`; its pictures only if they are to be `drawn`. Raises OSError.

        `brief`: of what changed only so much as finds room beside very many others.
        """
        sheet = None
        if preview is not None:
            keep = self._keep if drawn else None
            without = "" if drawn or not has_pictures(preview) else self._undrawn(draft)
            sheet = sheet_of(preview, keep, what=what_it_is(draft), without=without)
        return card_of(draft, sheet, at=self._seen.at, change=self._change(draft, brief=brief))

    def section(self, target: Target, cards: Iterable[Card]) -> Section:
        """The section of `target`."""
        times = clocks(target, self._seen.at)
        office = office_now(target, times)
        hours = f"{target.hours}{f': {office}' if office else ''}" if target.hours else ""
        return Section(
            id=target.id,
            name=target.name,
            role=target.role or "",
            country=country_in_words(target),
            local_time=time_there(times),
            hours=hours,
            lacks=self._seen.look.lacks(target),
            cards=tuple(cards),
        )

    def _change(self, draft: Draft, *, brief: bool) -> Change | None:
        before = self._seen.before
        if before is None:
            return None
        found = since_approval(before(draft), draft.message)
        return first_of(found, BRIEF) if brief and found is not None else found

    def _undrawn(self, draft: Draft) -> str:
        return f"its pictures are not drawn here; {self._seen.alone(draft)} draws them"


def has_pictures(preview: Preview) -> bool:
    """Whether there may be something to draw of it."""
    # What its channel has not set is the field's default.
    return preview.draw is not tuple or preview.sketch is not tuple


def country_in_words(target: Target) -> str:
    """``United States, for Kazakhstan``: where it is, and the state it stands for."""
    named = countries()
    where = named.get(target.country or "", target.country or "")
    if target.represents is None:
        return where
    whom = named.get(target.represents, target.represents)
    return f"{where}, for {whom}" if where else f"for {whom}"
