"""What the journal's facts of a campaign make at a moment; it reads none itself."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.campaign.issues import superseded
from uadispatch.dispatch.guards import Facts, Stop
from uadispatch.dispatch.journal.reading.documents import DOCUMENT, document_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from uadispatch.campaign.issues import Issue
    from uadispatch.dispatch.journal.tables.rows import Moment

__all__ = ["Fact", "Known", "facts_of"]

MEND_IT = "send from the campaign file that has the newer text"
_LAST_COUNTS = ("closed", "reopened", "approved", DOCUMENT)


class Fact(NamedTuple):
    """A fact of one campaign, or of all."""

    id: int
    kind: str
    target: str | None
    channel: str | None
    value: str | None
    by: str
    because: str


class OptedOut(AbstractSet[tuple[str, str]]):
    """(channel, contact identity) of those who want no more messages, as it was once.

    More may follow at any time, and there may be very many: what they share is never copied.
    """

    def __init__(self, places: Mapping[Any, int]) -> None:
        """Those that are in `places` now; each has its number there, from 0, and none ever goes."""
        self._places = places
        self._number = len(places)

    def __contains__(self, contact: object) -> bool:
        return self._places.get(contact, self._number) < self._number

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return islice(self._places, self._number)

    def __len__(self) -> int:
        return self._number


class Known:
    """The facts of one campaign that were read so far."""

    def __init__(self) -> None:
        """Begin with none."""
        self._opted_out: dict[tuple[str, str], int] = {}
        self._others: list[Fact] = []

    def add(self, rows: Iterable[Fact]) -> None:
        """Take further ones, in their order."""
        for row in rows:
            if row.kind == "opted_out":
                contact = (row.channel or "", row.value or "")
                self._opted_out.setdefault(contact, len(self._opted_out))
            else:
                self._others.append(row)

    def at(self, moment: Moment) -> Facts:
        """What they make at `moment`."""
        return _facts(self._others, OptedOut(self._opted_out), moment)


def facts_of(rows: Iterable[Fact], moment: Moment) -> Facts:
    """The facts that the journal's `rows` (none, where there is no journal) make at `moment`."""
    known = Known()
    known.add(rows)
    return known.at(moment)


def _facts(rows: Sequence[Fact], opted_out: AbstractSet[tuple[str, str]], moment: Moment) -> Facts:
    last = {row.kind: row for row in rows if row.kind in _LAST_COUNTS}
    closed, reopened = last.get("closed"), last.get("reopened")
    is_closed = closed is not None and (reopened is None or reopened.id < closed.id)
    approved = last["approved"].value if "approved" in last else None
    document = document_of(last[DOCUMENT].value) if DOCUMENT in last else None
    return Facts(
        now=moment.now,
        closed=closed.because if closed is not None and is_closed else moment.closed,
        stops=_stops(rows),
        opted_out=opted_out,
        unapproved=_unapproved(moment.approval_of, approved),
        document=document,
        superseded=_superseded(moment.document, document),
    )


def _superseded(at_hand: Issue | None, newest: Issue | None) -> str | None:
    if at_hand is None or newest is None:
        return None
    says = superseded(at_hand, newest)
    if says is None:
        return None
    also = "" if at_hand.is_named else ", or write the index of its document into this one"
    return f"{says}; {MEND_IT}{also}"


def _stops(rows: Sequence[Fact]) -> tuple[Stop, ...]:
    stops: dict[tuple[str | None, str | None], Stop] = {}
    for row in rows:
        scope = (row.target, row.channel)
        if row.kind == "stopped":
            stops[scope] = Stop(*scope, f"stopped by {row.by}: {row.because}".rstrip(": "))
        elif row.kind == "resumed":
            stops.pop(scope, None)
    return tuple(stops.values())


def _unapproved(needed: str | None, approved: str | None) -> str | None:
    if needed is None or approved == needed:
        return None
    changed = "it has changed since it was approved" if approved else "nobody has approved it"
    return f"{changed}, and approval.required is on"
