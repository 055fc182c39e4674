"""One transaction of a run: record what has finished, then claim as many.

A claim is committed before its send begins, and only rows that the claim returned are sent. The
guards are asked here again, over facts read in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, bindparam, case, func, insert, select, update

from uadispatch.dispatch.guards import Candidate, ask
from uadispatch.dispatch.journal.audit import move, record
from uadispatch.dispatch.journal.reading import is_due
from uadispatch.dispatch.journal.rows import Claimed, Turn
from uadispatch.dispatch.journal.schema import Instant, messages, targets
from uadispatch.dispatch.journal.schema import facts as facts_table
from uadispatch.dispatch.states import CLAIMABLE, SERVED, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from uadispatch.dispatch.guards import Facts, Verdict
    from uadispatch.dispatch.journal.rows import Settlement

__all__ = ["claim", "settle"]

# Built once: to build a statement takes longer than SQLite takes to answer it.
_given_back = (bindparam("b_state", type_=String) == State.PLANNED) & (
    messages.c.state == State.CLAIMED
)
_settle = (
    update(messages)
    .where(messages.c.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        reason=bindparam("b_reason"),
        receipt=bindparam("b_receipt"),
        not_before=bindparam("b_not_before"),
        # A claim given back was no try: nothing can have left.
        attempts=messages.c.attempts - _given_back.cast(Integer),
        first_try_at=case(
            (_given_back & (messages.c.attempts <= 1), None), else_=messages.c.first_try_at
        ),
        changed_at=bindparam("b_at"),
    )
)

_claim = (
    update(messages)
    .where(messages.c.id == bindparam("b_id"))
    .values(
        state=State.CLAIMED,
        owner=bindparam("b_owner"),
        attempts=messages.c.attempts + 1,
        claimed_at=bindparam("b_at", type_=Instant),
        first_try_at=func.coalesce(messages.c.first_try_at, bindparam("b_at", type_=Instant)),
        changed_at=bindparam("b_at", type_=Instant),
    )
)


_ours = select(
    messages.c.id, messages.c.to, messages.c.attempts, messages.c.channel, messages.c.contact
).where(
    messages.c.id.in_(bindparam("ids", expanding=True)),
    messages.c.state == State.CLAIMED,
    messages.c.owner == bindparam("owner"),
)

_other = messages.alias("other")
_served_as = (
    select(_other.c.target)
    .where(
        _other.c.campaign == messages.c.campaign,
        _other.c.round == messages.c.round,
        _other.c.channel == messages.c.channel,
        _other.c.contact == messages.c.contact,
        _other.c.target != messages.c.target,
        _other.c.state.in_(SERVED),
    )
    .limit(1)
    .scalar_subquery()
    .label("served_as")
)
"""Another target under which the contact was written to: another process may have done so."""

_candidates = (
    select(messages, targets.c.body, _served_as)
    .join(targets, messages.c.target_digest == targets.c.digest)
    .where(
        messages.c.id.in_(bindparam("ids", expanding=True)),
        messages.c.state.in_(CLAIMABLE),
        is_due(bindparam("now", type_=Instant)),
    )
    .order_by(messages.c.id)
)


def settle(connection: Connection, finished: Sequence[Settlement], *, owner: str) -> None:
    """Record what became of claims; a row that is no longer `owner`'s claim is left alone."""
    if not finished:
        return
    found = connection.execute(_ours, {"ids": [row.id for row in finished], "owner": owner})
    ours = {row.id: row for row in found}
    rows = [row for row in finished if row.id in ours]
    if not rows:
        return
    audit = [
        move(
            row.id, State.CLAIMED, row.after, at=row.at, attempt=ours[row.id].attempts,
            to=ours[row.id].to, by=owner, reason=row.reason, code=row.code,
        )
        for row in rows
    ]  # fmt: skip
    connection.execute(
        _settle,
        [
            _settled(row.id, row.after, row.at, row.reason, row.receipt, row.not_before)
            for row in rows
        ],
    )
    record(connection, audit)
    opted_out = [
        {
            "kind": "opted_out", "channel": ours[row.id].channel, "value": ours[row.id].contact,
            "at": row.at, "by": owner, "because": row.reason,
        }
        for row in rows
        if row.opted_out
    ]  # fmt: skip
    if opted_out:
        connection.execute(insert(facts_table), opted_out)


def claim(connection: Connection, ids: Sequence[int], *, facts: Facts, owner: str) -> Turn:
    """Claim those of `ids` that are unclaimed, due, and that no guard objects to.

    A final objection (closed, expired) cancels the message; any other leaves it as it is.
    """
    now = facts.now
    candidates = connection.execute(_candidates, {"ids": list(ids), "now": now}).all()
    served: dict[Any, str] = {}
    allowed: list[Any] = []
    cancelled: list[tuple[Any, Verdict]] = []
    kept_back: Counter[str] = Counter()
    for row in candidates:
        contact = (row.campaign, row.round, row.channel, row.contact)
        verdict = _objection(row, facts, row.served_as or served.get(contact))
        if verdict is None:
            served[contact] = row.target
            allowed.append(row)
        elif verdict.final:
            cancelled.append((row, verdict))
        else:
            kept_back[verdict.reason] += 1
    _cancel(connection, cancelled, now, owner)
    _take(connection, allowed, now, owner)
    return Turn(
        claimed=[_claimed(row, now) for row in allowed],
        cancelled=Counter(verdict.reason for _, verdict in cancelled),
        kept_back=kept_back,
    )


def _objection(row: Any, facts: Facts, other: str | None) -> Verdict | None:
    held = row.held
    if other is not None:
        held = f"the same contact is already served as target {other}"
    candidate = Candidate(
        target=row.target,
        channel=row.channel,
        contact=row.contact,
        expires_at=row.expires_at,
        held=held,
    )
    return ask(candidate, facts)


def _take(connection: Connection, rows: Sequence[Any], now: datetime, owner: str) -> None:
    if not rows:
        return
    audit = [
        move(
            row.id, row.state, State.CLAIMED, at=now, attempt=row.attempts + 1, to=row.to, by=owner
        )
        for row in rows
    ]
    connection.execute(_claim, [{"b_id": row.id, "b_owner": owner, "b_at": now} for row in rows])
    record(connection, audit)


def _cancel(
    connection: Connection, rows: Sequence[tuple[Any, Verdict]], now: datetime, owner: str
) -> None:
    if not rows:
        return
    audit = [
        move(
            row.id, row.state, State.CANCELLED, at=now, attempt=row.attempts, to=row.to, by=owner,
            reason=verdict.reason,
        )
        for row, verdict in rows
    ]  # fmt: skip
    connection.execute(
        _settle,
        [
            _settled(row.id, State.CANCELLED, now, verdict.reason, row.receipt, None)
            for row, verdict in rows
        ],
    )
    record(connection, audit)


def _settled(
    message: int,
    state: State,
    at: datetime,
    reason: str,
    receipt: str | None,
    not_before: datetime | None,
) -> dict[str, Any]:
    return {
        "b_id": message,
        "b_state": state,
        "b_at": at,
        "b_reason": reason,
        "b_receipt": receipt,
        "b_not_before": not_before,
    }


def _claimed(row: Any, now: datetime) -> Claimed:
    return Claimed(
        id=row.id,
        key=row.key,
        target=row.target,
        channel=row.channel,
        language=row.language,
        snapshot=row.snapshot,
        target_digest=row.target_digest,
        target_body=row.body,
        attempt=row.attempts + 1,
        first_try_at=row.first_try_at or now,
        claimed_at=now,
    )
