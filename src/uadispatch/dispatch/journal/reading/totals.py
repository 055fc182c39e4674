"""What became of a campaign in numbers, for a report: summed up by the database itself.

A campaign may have a million messages: of the numbers nothing is ever held but sums, and what is
told of each target or message goes through one by one. Everything is of one moment.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    and_,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from uadispatch.channels.message import Counts
from uadispatch.dispatch.journal.reading.counted import Cell, Hour, Line, Outline, Said, Totals
from uadispatch.dispatch.journal.reading.exporting import BUFFER, concerning
from uadispatch.dispatch.journal.tables.in_json import field
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.schema import (
    Instant,
    campaigns,
    messages,
    moment_of,
    moves,
    snapshots,
    targets,
)
from uadispatch.dispatch.journal.tables.searching import among
from uadispatch.dispatch.journal.writing import crashes
from uadispatch.dispatch.journal.writing.decisions import SAID_SENT
from uadispatch.dispatch.reasons import Reasons
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ColumnElement, Connection, Select

    from uadispatch.dispatch.reasons import Reason

__all__ = ["totals"]

HOUR = 3_600_000_000
"""Microseconds."""

_EXPLAINED = (State.FAILED, State.REFUSED, State.CANCELLED, State.IN_DOUBT)
"""Of what is in these states the reason is counted."""


def totals(
    connection: Connection,
    campaign: str,
    is_alive: Callable[[str], bool],
    *,
    round_: int | None = None,
    outlines: int = 0,
    each: Callable[[str], Callable[[Line], object]] | None = None,
) -> Totals:
    """Count; what `each` makes, given the snapshot's body, is given every message in its order."""
    mine = among(driver(connection), campaign)
    if round_ is not None:
        mine = and_(mine, messages.c.round == round_)
    query = _Query(mine, crashes.state_as_it_is(crashes.dead(connection, is_alive, mine)))
    head = connection.execute(
        select(campaigns.c.title, snapshots.c.body)
        .outerjoin(snapshots, campaigns.c.snapshot == snapshots.c.digest)
        .where(campaigns.c.number == campaign)
    ).one_or_none()
    rounds = select(messages.c.round).where(messages.c.campaign == campaign).distinct()
    number, reached, open_until = connection.execute(query.targets()).one()
    if each is not None:
        give = each((head.body or "") if head else "")
        for row in _streamed(connection, query.lines()):
            give(_line(row))
    return Totals(
        campaign=campaign,
        title=head.title if head else "",
        snapshot_body=(head.body or "") if head else "",
        rounds=sorted(connection.execute(rounds).scalars()),
        cells=[_cell(row) for row in connection.execute(query.cells())],
        reasons=_reasons(connection, query),
        hours=[
            Hour(moment_of(row.hour * HOUR), row.state, row.counts, row.number)
            for row in connection.execute(query.hours())
        ],
        targets=number,
        reached=reached,
        outlines=list(_outlines(connection, query, outlines)),
        said=[
            Said(row.at, row.kind, row.target, row.channel, row.value, row.by, row.because)
            for row in concerning(connection, campaign)
        ],
        planned_at=connection.execute(query.planned_at()).scalar(),
        open_until=open_until,
    )


class _Query:
    """The questions, for the messages that are meant and their states as they are."""

    def __init__(self, mine: ColumnElement[bool], state: ColumnElement[str]) -> None:
        self._mine = mine
        self._state = state
        accepted = messages.c.state == State.ACCEPTED
        self._asked = and_(accepted, messages.c.ask_again_at.is_not(None))
        self._code = (
            select(moves.c.code)
            .where(moves.c.message == messages.c.id)
            .order_by(moves.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        self._told = case(
            (accepted, func.coalesce(self._code == SAID_SENT, false())), else_=false()
        )
        self._out = or_(
            and_(accepted, messages.c.ask_again_at.is_(None)),
            messages.c.state == State.CONFIRMED,
            and_(
                messages.c.state == State.DONE,
                func.coalesce(messages.c.counts == Counts.CONTACT, false()),
            ),
        )
        self._went_at = case(
            (messages.c.state == State.DONE, messages.c.changed_at), else_=messages.c.claimed_at
        )

    def cells(self) -> Select[*tuple[Any, ...]]:
        """How many messages have everything in common."""
        names = [
            messages.c.round, messages.c.channel, messages.c.language, self._state.label("state_"),
            messages.c.counts, messages.c.outcome, messages.c.held.is_not(None).label("held_"),
            self._asked.label("asked"), self._told.label("told"),
        ]  # fmt: skip
        sums = [
            func.count().label("number"),
            func.min(self._went_at, type_=Instant).label("first"),
            func.max(self._went_at, type_=Instant).label("last"),
        ]
        places = [str(place) for place in range(1, len(names) + 1)]
        return (
            select(*names, *sums)
            .where(self._mine)
            .group_by(*map(_raw, places))
            .order_by(*map(_raw, places))
        )

    def reasons(self) -> Select[*tuple[Any, ...]]:
        """Each reason with its number; also those for which messages are held."""
        gone = and_(messages.c.state == State.CLAIMED, self._state == State.IN_DOUBT)
        reason = case((gone, crashes.CUT_OFF), else_=messages.c.reason)
        state = self._state.label("state_")
        return (
            select(
                state, messages.c.channel, func.coalesce(self._code, "").label("code"),
                reason.label("text"), func.count().label("number"),
            )
            .where(self._mine, self._state.in_(_EXPLAINED))
            .group_by(*map(_raw, "1234"))
            .order_by(*map(_raw, "1234"))
        )  # fmt: skip

    def held(self) -> Select[*tuple[Any, ...]]:
        """Why messages are held."""
        return (
            select(messages.c.channel, messages.c.held.label("text"), func.count().label("number"))
            .where(self._mine, messages.c.held.is_not(None))
            .group_by(*map(_raw, "12"))
            .order_by(*map(_raw, "12"))
        )

    def hours(self) -> Select[*tuple[Any, ...]]:
        """When messages reached where they stand, of those that are at an end."""
        hour = type_coerce(messages.c.changed_at, BigInteger) // HOUR
        ends = (State.ACCEPTED, State.CONFIRMED, State.DONE, State.FAILED)
        return (
            select(hour.label("hour"), messages.c.state, messages.c.counts,
                   func.count().label("number"))
            .where(self._mine, messages.c.state.in_(ends))
            .group_by(*map(_raw, "123"))
            .order_by(*map(_raw, "123"))
        )  # fmt: skip

    def targets(self) -> Select[*tuple[Any, ...]]:
        """How many there are, how many of them were reached, and until when more may go out."""
        may_go = and_(messages.c.state.in_(CLAIMABLE), messages.c.held.is_(None))
        return select(
            func.count(messages.c.target.distinct()),
            func.count(case((self._out, messages.c.target)).distinct()),
            func.max(case((may_go, messages.c.expires_at)), type_=Instant),
        ).where(self._mine)

    def planned_at(self) -> Select[*tuple[Any, ...]]:
        """When the first message was planned."""
        first = select(func.min(messages.c.id)).where(self._mine).scalar_subquery()
        return select(func.min(moves.c.at)).where(moves.c.message == first)

    def lines(self) -> Select[*tuple[Any, ...]]:
        """Every message, in the order in which they were planned."""
        return self._lines().where(self._mine).order_by(messages.c.id)

    def outlines(self, limit: int) -> Select[*tuple[Any, ...]]:
        """Every message of so many targets, by target."""
        looks = or_(self._state == State.IN_DOUBT, messages.c.held.is_not(None))
        rank = case(
            (func.max(case((looks, 1), else_=0)) == 1, 0),
            (func.max(case((self._out, 1), else_=0)) == 0, 1),
            else_=2,
        )
        chosen = (
            select(messages.c.target.label("target"), rank.label("rank"),
                   func.min(messages.c.id).label("first"))
            .where(self._mine)
            .group_by(messages.c.target)
            .order_by(*map(_raw, "23"))
            .limit(limit)
            .subquery()
        )  # fmt: skip
        return (
            self._lines()
            .join(chosen, messages.c.target == chosen.c.target)
            .where(self._mine)
            .order_by(chosen.c.rank, chosen.c.first, messages.c.id)
        )

    def _lines(self) -> Select[*tuple[Any, ...]]:
        def of_target(name: str) -> ColumnElement[Any]:
            return field(targets.c.body, name).label(f"{name}_")

        return select(
            messages.c.key, messages.c.round, messages.c.target, of_target("name"),
            of_target("role"), messages.c.channel, messages.c.to, messages.c.language,
            self._state.label("state_"), messages.c.counts, messages.c.outcome, messages.c.held,
            self._asked.label("asked"), self._told.label("told"), messages.c.attempts,
            messages.c.first_try_at, messages.c.changed_at,
            case((self._out, self._went_at)).label("went_at"), messages.c.reason,
            self._code.label("code"),
        ).outerjoin(targets, messages.c.target_digest == targets.c.digest)  # fmt: skip


def _raw(place: str) -> ColumnElement[Any]:
    """A column by its place, so that its expression is not worked out twice."""
    return literal_column(place)


def _streamed(connection: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    yield from connection.execution_options(yield_per=BUFFER).execute(query)


def _cell(row: Any) -> Cell:
    found = Cell(*row)
    return found._replace(held=bool(found.held), asked=bool(found.asked), told=bool(found.told))


def _line(row: Any) -> Line:
    found = Line(*row)
    return found._replace(asked=bool(found.asked), told=bool(found.told))


def _reasons(connection: Connection, query: _Query) -> tuple[Reason, ...]:
    found = Reasons()
    for row in _streamed(connection, query.reasons()):
        found.add(row.state_, row.channel, row.code, row.text, row.number)
    for row in _streamed(connection, query.held()):
        found.add("held", row.channel, "", row.text, row.number)
    return found.all()


def _outlines(connection: Connection, query: _Query, limit: int) -> Iterator[Outline]:
    if not limit:
        return
    rows = map(_line, _streamed(connection, query.outlines(limit)))
    for target, its in groupby(rows, key=attrgetter("target")):
        yield Outline(target, list(its))
