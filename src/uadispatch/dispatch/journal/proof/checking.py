"""The proof that the books are consistent: every table against the others and against the rules.

It reads row by row, in one transaction, and changes nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType

from uadispatch.dispatch.journal.proof.proving import is_time, prove
from uadispatch.dispatch.journal.reading.documents import DOCUMENT, document_of
from uadispatch.dispatch.journal.reading.exporting import BUFFER, moves_by_message
from uadispatch.dispatch.journal.reading.stories import PURGED
from uadispatch.dispatch.journal.tables.schema import (
    campaigns,
    facts,
    marks,
    messages,
    moves,
    rosters,
    snapshots,
    targets,
)
from uadispatch.dispatch.journal.writing.approvals import (
    APPROVED,
    UNAPPROVED,
    unlisted,
    wrong_with_last,
)
from uadispatch.dispatch.journal.writing.handing import HANDED_OVER
from uadispatch.dispatch.snapshot import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Table

__all__ = ["LISTED", "Checked", "Fault", "check"]

LISTED = 50
"""How many faults are listed; the others are counted."""

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "closed": ("campaign",),
    "reopened": ("campaign",),
    APPROVED: ("campaign", "value"),
    UNAPPROVED: ("campaign", "value"),
    "stopped": (),
    "resumed": (),
    "opted_out": ("channel", "value"),
    DOCUMENT: ("campaign", "value"),
    HANDED_OVER: ("campaign", "value"),
    PURGED: (),
}
"""The kinds of facts, and what each must say."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: with which message of which campaign, if with one."""

    says: str
    campaign: str | None = None
    message: str | None = None
    """``TARGET/CHANNEL``."""


@dataclass(slots=True)
class Checked:
    """What was read, and what was found."""

    rows: Counter[str] = field(default_factory=Counter)
    """How many rows of each table were read."""
    faults: list[Fault] = field(default_factory=list)
    """The first of them."""
    number: int = 0
    """How many faults there are."""
    clock_steps: int = 0
    """How often a move is earlier than the one before it, as if a clock had been set back."""

    def add(self, fault: Fault) -> None:
        """Count a fault, and list it if there is room."""
        self.number += 1
        if len(self.faults) < LISTED:
            self.faults.append(fault)


@dataclass(frozen=True, slots=True)
class _Tied:
    """What a snapshot is for; None: it was purged, or cannot be read."""

    campaign: str | None = None
    round: int | None = None
    purged: bool = False


def check(
    connection: Connection,
    faults_of: Callable[[Connection], Iterable[tuple[str, str | int | None]]],
) -> Checked:
    """Check the whole journal; `faults_of` asks the database itself."""
    found = Checked()
    streaming = connection.execution_options(yield_per=BUFFER)
    purged: set[str] = set()
    tied: dict[str, _Tied] = {}
    parts: Sequence[Callable[[], None]] = (
        lambda: _database(streaming, found, faults_of(streaming)),
        lambda: purged.update(_purged(streaming)),
        lambda: tied.update(_snapshots(streaming, found)),
        lambda: _campaigns(streaming, found, tied, purged),
        lambda: _facts(streaming, found),
        lambda: _marks(streaming, found),
        lambda: _targets(streaming, found),
        lambda: _approvals(connection, found, purged),
        lambda: _keys(streaming, found),
        lambda: _messages(streaming, found, tied, purged),
    )
    for part in parts:
        try:
            part()
        except DBAPIError as exc:  # damaged so that it cannot be read on
            found.add(Fault(f"a part of it cannot be read: {exc.orig}"))
    return found


def _database(
    connection: Connection, found: Checked, faults: Iterable[tuple[str, str | int | None]]
) -> None:
    """What the database itself says is wrong."""
    for says, message in faults:
        if message is not None and len(found.faults) < LISTED:
            where = messages.c.id == message
            found.add(_of(connection.execute(_raw(messages).where(where)).one(), says))
        else:
            found.add(Fault(says))


def _campaigns(
    connection: Connection, found: Checked, tied: Mapping[str, _Tied], purged: Container[str]
) -> None:
    """Campaigns are tied to snapshots of their own."""
    for row in connection.execute(_raw(campaigns)):
        found.rows["campaigns"] += 1
        its = tied.get(row.snapshot)
        if its is None:
            continue  # said among the rows that belong to nothing
        if its.purged and row.number not in purged:
            found.add(Fault("its texts are gone, and no purge has removed them", row.number))
        elif its.campaign not in (None, row.number):
            found.add(Fault(f"it is tied to a snapshot of {its.campaign}", row.number))


def _snapshots(connection: Connection, found: Checked) -> dict[str, _Tied]:
    """Snapshots are what their digests say; what each is for, by its digest."""
    tied: dict[str, _Tied] = {}
    for row in connection.execute(_raw(snapshots)):
        found.rows["snapshots"] += 1
        name = f"snapshot {str(row.digest)[:12]}"
        if not is_time(row.at):
            found.add(Fault(f"{name} has no time"))
        if row.body == "":
            tied[row.digest] = _Tied(purged=True)
            continue
        tied[row.digest] = _Tied()
        if not isinstance(row.body, str) or digest(row.body) != row.digest:
            found.add(Fault(f"{name} is not what its digest says"))
            continue
        try:
            content = json.loads(row.body)
            tied[row.digest] = _Tied(content["urgent_action"]["number"], content["round"])
        except (ValueError, KeyError, TypeError):
            found.add(Fault(f"{name} cannot be read"))
    return tied


def _purged(connection: Connection) -> set[str]:
    """The campaigns whose texts and contacts a purge has removed."""
    query = select(facts.c.campaign).where(facts.c.kind == PURGED, facts.c.campaign.is_not(None))
    return set(connection.execute(query.distinct()).scalars())


def _facts(connection: Connection, found: Checked) -> None:
    for row in connection.execute(_raw(facts).order_by(facts.c.id)):
        found.rows["facts"] += 1
        for says in _wrong_with(row):
            campaign = row.campaign if isinstance(row.campaign, str) else None
            found.add(Fault(f"fact {row.id}: {says}", campaign))


def _wrong_with(row: Any) -> Iterator[str]:
    if row.kind not in _NEEDS:
        yield f"{str(row.kind)[:20]!r} is no kind of fact"
        return
    for name in _NEEDS[row.kind]:
        if not getattr(row, name):
            yield f"it is {row.kind}, and does not say of which {name}"
    if row.kind in (APPROVED, UNAPPROVED) and row.value and not _DIGEST.fullmatch(str(row.value)):
        yield f"what was {row.kind} is no digest"
    if row.kind == DOCUMENT and row.value and document_of(str(row.value)) is None:
        yield "the document that it names cannot be read"
    if not is_time(row.at):
        yield "it has no time"
    if not (isinstance(row.by, str) and row.by):
        yield "it does not say who stated it"
    for name in ("campaign", "target", "channel", "value", "because"):
        if not isinstance(getattr(row, name), str | None):
            yield f"its {name} is no text"


def _marks(connection: Connection, found: Checked) -> None:
    known = set(connection.execute(select(campaigns.c.number)).scalars())
    for row in connection.execute(_raw(marks)):
        found.rows["marks"] += 1
        name = f"the mark of {row.contact} on {row.channel}"
        if not is_time(row.at):
            found.add(Fault(f"{name} has no time"))
        if not all(isinstance(text, str) for text in (row.channel, row.contact, row.because)):
            found.add(Fault(f"{name} has a text that is none"))
        if row.campaign not in known:
            found.add(Fault(f"{name} was made in a campaign that is not there: {row.campaign}"))


def _targets(connection: Connection, found: Checked) -> None:
    for row in connection.execute(_raw(targets)):
        found.rows["targets"] += 1
        # An empty one was purged; whether it may be, its messages tell.
        if row.body != "" and not (isinstance(row.body, str) and digest(row.body) == row.digest):
            found.add(Fault(f"target {str(row.digest)[:12]} is not what its digest says"))


def _approvals(connection: Connection, found: Checked, purged: Container[str]) -> None:
    """Lists of targets are what their digests say; and what was approved last is all there."""
    for name in connection.execute(select(rosters.c.digest).distinct()).scalars().all():
        found.rows["rosters"] += 1
        if says := unlisted(connection, name):
            found.add(Fault(f"roster {str(name)[:12]}: {says}"))
    for campaign, says in wrong_with_last(connection, purged):
        found.add(Fault(says, campaign))


def _keys(connection: Connection, found: Checked) -> None:
    twice = select(messages.c.key, func.count()).group_by(messages.c.key).having(func.count() > 1)
    for key, number in connection.execute(twice):
        found.add(Fault(f"the key {str(key)[:12]} is there {number} times"))


def _messages(
    connection: Connection, found: Checked, tied: Mapping[str, _Tied], purged: Container[str]
) -> None:
    """Each message with its moves, its snapshot and its target."""
    known = set(connection.execute(select(campaigns.c.number)).scalars())
    audit = moves_by_message(
        _counted(connection.execute(_raw(moves).order_by(moves.c.message, moves.c.id)), found)
    )
    of, its_moves = next(audit, (None, []))
    query = _raw(messages).add_columns(type_coerce(targets.c.body, NullType()).label("body"))
    query = query.outerjoin(targets, messages.c.target_digest == targets.c.digest)
    for row in connection.execute(query.order_by(messages.c.id)):
        found.rows["messages"] += 1
        while (
            isinstance(of, int) and of < row.id
        ):  # of no message: said among what belongs to nothing
            of, its_moves = next(audit, (None, []))
        proof = prove(row, its_moves if of == row.id else [])
        found.clock_steps += proof.clock_steps
        for says in proof.faults:
            found.add(_of(row, says))
        if row.campaign not in known:
            found.add(_of(row, "its campaign is not there"))
        for says in _wrong_ties(row, tied.get(row.snapshot), purged=row.campaign in purged):
            found.add(_of(row, says))
    for _ in audit:  # the rest is counted
        pass


def _counted(rows: Any, found: Checked) -> Iterator[Any]:
    for row in rows:
        found.rows["moves"] += 1
        yield row


def _wrong_ties(row: Any, snapshot: _Tied | None, *, purged: bool) -> Iterator[str]:
    if snapshot is not None:
        if snapshot.purged and not purged:
            yield "its text is gone, and no purge has removed it"
        if snapshot.campaign not in (None, row.campaign):
            yield f"it is tied to a snapshot of {snapshot.campaign}"
        elif snapshot.round not in (None, row.round):
            yield f"it is of round {row.round}, and tied to a snapshot of round {snapshot.round}"
    if row.body == "" and not purged:
        yield "its target is gone, and no purge has removed it"
    elif row.body:
        try:
            target = json.loads(row.body)["id"]
        except (ValueError, KeyError, TypeError):
            yield "its target cannot be read"
            return
        if target != row.target:
            yield f"it is tied to the target {str(target)[:64]!r}"


def _of(row: Any, says: str) -> Fault:
    return Fault(says, str(row.campaign), f"{row.target}/{row.channel}")


def _raw(table: Table) -> Any:
    """The rows of `table` as they are, whatever stands in them."""
    return select(*(type_coerce(column, NullType()).label(column.name) for column in table.c))
