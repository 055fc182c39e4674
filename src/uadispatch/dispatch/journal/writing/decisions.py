"""What people decide about messages: settle a doubt, end a campaign or a round; each audited."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from uadispatch.channels.message import Counts
from uadispatch.dispatch.guards import Candidate, ask
from uadispatch.dispatch.journal.reading.reading import CHUNK
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.schema import messages, moment_of, number_of
from uadispatch.dispatch.journal.tables.searching import AMONG, SELECTED, Ends, between, ends, given
from uadispatch.dispatch.journal.writing import settling
from uadispatch.dispatch.journal.writing.audit import move, record
from uadispatch.dispatch.journal.writing.desks import FREE
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Selection

PART = 5000
"""Messages that are cancelled in one transaction: nobody is to wait for a million."""

__all__ = ["SAID_SENT", "cancel_ended", "resolve", "supersede", "take_back"]

SAID_SENT, SAID_NOT_SENT = "resolve --sent", "resolve --not-sent"
"""Codes of the moves by which a person settles a doubt: whose word it is, when texts are gone."""


def resolve(
    connection: Connection, keys: Iterable[str], *, sent: bool, note: str, at: datetime, by: str
) -> list[str]:
    """Settle the doubt about messages: they were sent, or they were not and may go again.

    Returns the keys of those that were in doubt; any other is left as it is. What was not sent
    begins anew: its tries so far do not count. Of what was sent nobody is asked any more.
    """
    after = State.ACCEPTED if sent else State.PLANNED
    reason = f"{by} says that it was {'sent' if sent else 'not sent'}"
    rows = _rows(connection, keys, State.IN_DOUBT)
    anew = {"excused": messages.c.attempts, "first_try_at": None, "not_before": None}
    _decide(
        connection, rows, after, f"{reason}: {note}" if note else reason, at=at, by=by,
        code=SAID_SENT if sent else SAID_NOT_SENT,
        more={"held": None, "ask_again_at": None} if sent else anew,
    )  # fmt: skip
    return [row.key for row in rows]


def take_back(
    connection: Connection, key: str, attempt: int, *, reason: str, at: datetime, by: str
) -> bool:
    """Cancel what a service gave back (`recall`); False if that try is no longer `accepted`."""
    rows = [row for row in _rows(connection, [key], State.ACCEPTED) if row.attempts == attempt]
    _decide(connection, rows, State.CANCELLED, reason, at=at, by=by)
    return bool(rows)


def cancel_ended(
    connection: Raw,
    facts: Facts,
    numbers: Counter[str],
    *,
    campaign: str,
    selection: Selection,
    among: Ends,
    by: str,
) -> Ends | None:
    """Cancel what can never go out any more, a part of it, and add how many to `numbers` by reason.

    That is what a closing ends (work of a person too) or whose deadline has passed. Returns
    `among` which the rest is; None: there are no more.
    """
    states = CLAIMABLE | ({State.WITH_PERSON} if facts.closed is not None else frozenset())
    meant = {
        **given(campaign, selection), **among._asdict(), "chunk": PART,
        "states": json.dumps(sorted(states)),
        "ended": None if facts.closed is not None else number_of(facts.now),
    }  # fmt: skip
    rows = connection.execute(_WAITING, meant).fetchall()
    ended = []
    for id_, state, target, channel, contact, expires_at in rows:
        verdict = ask(Candidate(target, channel, contact, moment_of(expires_at)), facts)
        if verdict is not None and verdict.final:
            ended.append((id_, State(state), verdict))
            numbers[verdict.reason] += 1
    settling.cancel(connection, ended, facts=facts, by=by)
    return Ends(rows[-1][0] + 1, among.last) if len(rows) == PART else None


_WAITING = f"""
SELECT id, state, target, channel, contact, expires_at FROM messages
WHERE {AMONG} AND {SELECTED} AND state IN (SELECT value FROM json_each(:states))
  AND (:ended IS NULL OR expires_at <= :ended)
ORDER BY id LIMIT :chunk
"""  # noqa: S608 - made of our own names


def supersede(
    connection: Connection, *, campaign: str, round_: int, because: str, at: datetime, by: str
) -> dict[State, int]:
    """End what was not sent or done of the rounds before `round_`; how many, by the state they had.

    It is cancelled, the work of people too. Who was not reached at the last try is not to be
    tried again: their task stays done, and counts for nothing.
    """
    numbers: dict[State, int] = {}
    last = 0
    its = ends(driver(connection), campaign)
    while rows := connection.execute(
        select(messages)
        .where(
            between(campaign, its, after=last),
            messages.c.round < round_,
            or_(
                messages.c.state.in_([*CLAIMABLE, State.WITH_PERSON]),
                (messages.c.state == State.DONE) & (messages.c.counts == Counts.AGAIN),
            ),
        )
        .order_by(messages.c.id)
        .limit(CHUNK)
    ).all():
        last = rows[-1].id
        done = [row for row in rows if row.state == State.DONE]
        waiting = [row for row in rows if row.state != State.DONE]
        _decide(
            connection, waiting, State.CANCELLED, because, at=at, by=by,
            more={"held": None, "not_before": None, **FREE},
        )  # fmt: skip
        _decide(
            connection, done, State.DONE, because, at=at, by=by,
            more={"counts": Counts.NOTHING, **FREE},
        )  # fmt: skip
        for row in rows:
            numbers[State(row.state)] = numbers.get(State(row.state), 0) + 1
    return numbers


def _rows(connection: Connection, keys: Iterable[str], state: State) -> list[Any]:
    wanted = list(keys)
    found: list[Any] = []
    for start in range(0, len(wanted), CHUNK):
        found += connection.execute(
            select(messages).where(
                messages.c.key.in_(wanted[start : start + CHUNK]), messages.c.state == state
            )
        )
    return found


def _decide(
    connection: Connection,
    rows: list[Any],
    after: State,
    reason: str,
    *,
    at: datetime,
    by: str,
    code: str | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    audit = [
        move(
            row.id, row.state, after, at=at, attempt=row.attempts, to=row.to, by=by,
            reason=reason, code=code,
        )
        for row in rows
    ]  # fmt: skip
    for start in range(0, len(rows), CHUNK):
        connection.execute(
            update(messages)
            .where(messages.c.id.in_([row.id for row in rows[start : start + CHUNK]]))
            .values(state=after, reason=reason, changed_at=at, **more)
        )
    record(connection, audit)
