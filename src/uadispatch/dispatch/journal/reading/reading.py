"""What the journal says of a campaign, for people and for planning; it changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from uadispatch.channels.message import Counts
from uadispatch.dispatch.journal.naming import MANY, key_prefix
from uadispatch.dispatch.journal.reading.facts import Fact, Known
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.rows import Entry, Handed, Mark, Repeatable
from uadispatch.dispatch.journal.tables.schema import (
    AGAIN,
    facts,
    marks,
    messages,
    number_of,
    unindexed_campaign,
)
from uadispatch.dispatch.journal.tables.searching import AMONG, among, ends
from uadispatch.dispatch.snapshot import message_key
from uadispatch.dispatch.states import SERVED, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sqlalchemy import ColumnElement, Connection

    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Moment, Selection

__all__ = [
    "CHUNK",
    "FactsReader",
    "cancelled",
    "contact_marks",
    "due",
    "entry_of",
    "likely",
    "nearby",
    "receipt_id",
    "reopened_by",
    "rounds",
    "selected",
    "selected_only",
    "states_of",
    "targets_among",
    "went_out",
]

CHUNK = 500
EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Any time: what was read does not depend on it."""
_LAST_ROUND = 2**62
"""No round is as late."""


_FACTS = f"""
SELECT {", ".join(Fact._fields)} FROM facts
WHERE id > ? AND (+campaign = ? OR +campaign IS NULL) ORDER BY id
"""  # noqa: S608 - made of our own names


# On a server those of another campaign may be written at the same time, and get lower numbers.
_NEWEST = """
SELECT max(id) FROM (
    SELECT max(id) AS id FROM facts WHERE campaign = ?
    UNION ALL SELECT max(id) FROM facts WHERE campaign IS NULL) AS newest
"""


class FactsReader:
    """Reads the facts of a campaign; each is read once."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.forget()

    def forget(self) -> None:
        """Read all again: what was read may have been rolled back."""
        self._campaign: str | None = None
        self._read = Known()
        self._last = 0
        """No fact up to this one is unread."""
        self._made: tuple[object, Facts] | None = None

    def read(self, connection: Raw, moment: Moment) -> Facts:
        """The facts at `moment`: closed if its file or the journal says so."""
        (newest,) = connection.execute(_NEWEST, (moment.campaign,)).fetchone()
        state = (newest, replace(moment, now=EVER))
        if self._made is None or self._made[0] != state:
            self._read_further(connection, moment.campaign, newest or 0)
            self._made = (state, self._read.at(moment))
        return replace(self._made[1], now=moment.now)

    def _read_further(self, connection: Raw, campaign: str, newest: int) -> None:
        if campaign != self._campaign or newest < self._last:
            self.forget()
            self._campaign = campaign
        rows = connection.execute(_FACTS, (self._last, campaign))
        self._read.add(Fact._make(row) for row in rows)
        self._last = newest


def states_of(connection: Connection, keys: Iterable[str]) -> dict[str, Entry]:
    """The messages with these keys that the journal knows, by key."""
    found = {}
    wanted = list(keys)
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        for row in connection.execute(select(messages).where(messages.c.key.in_(part))):
            found[row.key] = entry_of(row)
    return found


def went_out(connection: Connection, campaign: str, round_: int) -> int:
    """How many messages of that round have gone out, or may have; a person's task is one."""
    return _count(connection, campaign, round_, SERVED)


def reopened_by(connection: Connection, campaign: str, because: str) -> str | None:
    """Who has opened the campaign again after it was closed for that reason; None: nobody."""
    query = (
        select(facts.c.kind, facts.c.by, facts.c.because)
        .where(facts.c.campaign == campaign, facts.c.kind.in_(["closed", "reopened"]))
        .order_by(facts.c.id)
    )
    closed, by = False, None
    for row in connection.execute(query):
        if row.kind == "reopened":
            by = row.by if closed else by
        closed = row.kind == "closed" and row.because == because
    return by


def cancelled(connection: Connection, campaign: str, round_: int) -> int:
    """How many messages of that round are cancelled: nothing sends them, but another round."""
    return _count(connection, campaign, round_, [State.CANCELLED])


def _count(connection: Connection, campaign: str, round_: int, states: Iterable[State]) -> int:
    query = select(func.count()).where(
        among(driver(connection), campaign),
        messages.c.round == round_,
        messages.c.state.in_(states),
    )
    return connection.execute(query).scalar_one()


def contact_marks(connection: Connection) -> dict[tuple[str, str], Mark]:
    """The contacts that were refused for good, in any campaign: (channel, contact) to how."""
    return {
        (row.channel, row.contact): Mark(row.at, row.campaign, row.because)
        for row in connection.execute(select(marks))
    }


def likely(connection: Connection, campaign: str, text: str) -> list[Entry]:
    """The messages that `text` may name; all that it does name are among them.

    A campaign may have a million: the one that a person means is not looked for in each of them.
    """
    target, channel = _parts(text)
    if (prefix := key_prefix(text)) is not None:
        # "g" follows on the last hexadecimal digit. PostgreSQL takes no BETWEEN in a collation.
        named = and_(messages.c.key >= prefix, messages.c.key < f"{prefix}g")
    else:
        named = messages.c.key.in_(
            [
                message_key(campaign, round_, target, channel)
                for round_ in rounds(connection, campaign)
            ]
        )
    mine = unindexed_campaign() == campaign
    rows = connection.execute(select(messages).where(mine, named).order_by(messages.c.id))
    return [entry_of(row) for row in rows]


_ROUND_BELOW = "SELECT max(round) FROM messages WHERE campaign = ? AND round < ?"


_TARGETS = f"""
SELECT DISTINCT target FROM messages
WHERE {AMONG} AND target IN (SELECT value FROM json_each(:names))
UNION SELECT target FROM (SELECT target FROM messages WHERE {AMONG} LIMIT :others)
"""  # noqa: S608 - made of our own names


def targets_among(
    connection: Connection, campaign: str, names: Collection[str], *, others: int
) -> set[str]:
    """Those of `names` that are targets of `campaign`, and so many `others` of its messages."""
    below = driver(connection)
    meant = {
        **ends(below, campaign)._asdict(), "campaign": campaign, "names": json.dumps(list(names)),
        "others": others,
    }  # fmt: skip
    return {target for (target,) in below.execute(_TARGETS, meant)}


def rounds(connection: Connection, campaign: str) -> Iterator[int]:
    """The rounds of a campaign, the newest first: an index gives each at once."""
    found = _LAST_ROUND
    while True:
        (found,) = driver(connection).execute(_ROUND_BELOW, (campaign, found)).fetchone()
        if found is None:
            return
        yield found


def nearby(connection: Connection, campaign: str, text: str) -> Iterator[Entry]:
    """Messages to suggest where `text` names none: those of its target, then some of all."""
    target, _ = _parts(text)
    mine = select(messages).where(among(driver(connection), campaign))
    for query in (mine.where(messages.c.target == target), mine):
        for row in connection.execute(query.order_by(messages.c.id).limit(MANY)):
            yield entry_of(row)


def _parts(text: str) -> tuple[str, str]:
    """Target and channel; what was typed may hold bytes that are no text, and SQLite takes none."""
    target, _, channel = text.strip().encode("utf-8", "replace").decode().partition("/")
    return target, channel


# The states stand in it as in the index, which serves it in order, up to the limit.
_DUE, _DUE_AGAIN = (
    f"""
SELECT id FROM messages INDEXED BY {index}
WHERE campaign = ? AND channel = ? AND {states} AND id > ?
  AND held IS NULL AND (not_before IS NULL OR not_before <= ?)
  AND (? IS NULL OR target IN (SELECT value FROM json_each(?)))
ORDER BY id LIMIT ?
"""  # noqa: S608 - made of our own names
    for index, states in (
        ("messages_waiting", "state IN ('planned', 'retry')"),
        ("messages_again", AGAIN),
    )
)


def due(
    connection: Connection,
    campaign: str,
    channel: str,
    selection: Selection,
    *,
    now: datetime,
    after: int,
    limit: int,
) -> list[int]:
    """Ids greater than `after` of messages that may be claimed now, in their order."""
    if selection.channels is not None and channel not in selection.channels:
        return []
    targets = None if selection.targets is None else json.dumps(sorted(selection.targets))
    given = (campaign, channel, after, number_of(now), targets, targets, limit)
    run = driver(connection).execute
    found = [id_ for query in (_DUE, _DUE_AGAIN) for (id_,) in run(query, given)]
    return sorted(found)[:limit]


def selected(campaign: str, selection: Selection) -> list[ColumnElement[bool]]:
    """The conditions that a message is of `campaign`, and selected."""
    return [messages.c.campaign == campaign, *selected_only(selection)]


def selected_only(selection: Selection) -> Iterator[ColumnElement[bool]]:
    """The conditions that a message is selected."""
    if selection.channels is not None:
        yield messages.c.channel.in_(sorted(selection.channels))
    if selection.targets is not None:
        yield messages.c.target.in_(sorted(selection.targets))


def entry_of(row: Any) -> Entry:
    """A row of `messages` as a value."""
    return Entry(
        key=row.key,
        round=row.round,
        target=row.target,
        channel=row.channel,
        to=row.to,
        contact=row.contact,
        state=State(row.state),
        reason=row.reason,
        held=row.held,
        attempts=row.attempts,
        not_before=row.not_before,
        claimed_at=row.claimed_at,
        owner=row.owner,
        expires_at=row.expires_at,
        changed_at=row.changed_at,
        repeatable=Repeatable(row.repeatable) if row.repeatable else None,
        counted=row.attempts - row.excused,
        first_try_at=row.first_try_at,
        ask_again_at=row.ask_again_at,
        receipt_id=receipt_id(row.receipt, row.attempts),
        far_end=row.far_end or "",
        outcome=row.outcome,
        counts=Counts(row.counts) if row.counts else None,
        lease_by=row.lease_by,
        lease_until=row.lease_until,
        handed=_handed(row),
    )


def receipt_id(receipt: str | None, attempt: int) -> str | None:
    """What a service calls what it took at the try `attempt`, as a receipt that is kept says.

    Of receipts of the versions before none says its try: they hold for the first alone.
    """
    kept = json.loads(receipt) if receipt else {}
    name = kept.get("id")
    return str(name) if name and kept.get("attempt", 1) == attempt else None


_HANDED = (State.WITH_PERSON, State.DONE, State.CANCELLED)


def _handed(row: Any) -> Handed | None:
    if row.state not in _HANDED or not row.receipt:
        return None
    kept = json.loads(row.receipt)
    return Handed(tuple(kept.get("files", ())), tuple(kept.get("links", ())))
