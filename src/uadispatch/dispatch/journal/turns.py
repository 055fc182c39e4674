"""One transaction of a run: record what has finished, then claim as many.

A claim is committed before its send begins, and only rows that the claim returned are sent. The
guards are asked here again, over facts read in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, func, insert, select, update

from uadispatch.dispatch.guards import Candidate, ask
from uadispatch.dispatch.journal.reading import is_due
from uadispatch.dispatch.journal.rows import Claimed, Turn
from uadispatch.dispatch.journal.schema import Instant, messages, moves, targets
from uadispatch.dispatch.journal.schema import facts as facts_table
from uadispatch.dispatch.states import CLAIMABLE, SERVED, State, check_move

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from uadispatch.dispatch.guards import Facts, Verdict
    from uadispatch.dispatch.journal.rows import Settlement

__all__ = ["claim", "settle"]

_settle = (
    update(messages)
    .where(messages.c.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        reason=bindparam("b_reason"),
        receipt=bindparam("b_receipt"),
        not_before=bindparam("b_not_before"),
        # A claim given back was no try: nothing can have left.
        attempts=messages.c.attempts - (bindparam("b_state") == State.PLANNED).cast(Integer),
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


def settle(connection: Connection, finished: Sequence[Settlement], *, owner: str) -> None:
    """Record what became of claims; a row that is no longer `owner`'s claim is left alone."""
    if not finished:
        return
    ours = {
        row.id: row
        for row in connection.execute(
            select(messages.c.id, messages.c.to, messages.c.attempts, messages.c.channel,
                   messages.c.contact)
            .where(
                messages.c.id.in_([row.id for row in finished]),
                messages.c.state == State.CLAIMED,
                messages.c.owner == owner,
            )
        )
    }  # fmt: skip
    rows = [row for row in finished if row.id in ours]
    for row in rows:
        check_move(State.CLAIMED, row.after)
    if not rows:
        return
    connection.execute(
        _settle,
        [
            {
                "b_id": row.id, "b_state": row.after, "b_reason": row.reason,
                "b_receipt": row.receipt, "b_not_before": row.not_before, "b_at": row.at,
            }
            for row in rows
        ],
    )  # fmt: skip
    connection.execute(
        insert(moves),
        [
            {
                "message": row.id, "at": row.at, "before": State.CLAIMED, "after": row.after,
                "attempt": ours[row.id].attempts, "to": ours[row.id].to, "reason": row.reason,
                "code": row.code, "by": owner,
            }
            for row in rows
        ],
    )  # fmt: skip
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
    candidates = connection.execute(
        select(messages, targets.c.body)
        .join(targets, messages.c.target_digest == targets.c.digest)
        .where(
            messages.c.id.in_(ids),
            messages.c.state.in_(CLAIMABLE),
            is_due(now),
        )
        .order_by(messages.c.id)
    ).all()
    served = _served_by_others(connection, candidates)
    allowed: list[Any] = []
    cancelled: list[tuple[Any, Verdict]] = []
    kept_back: Counter[str] = Counter()
    for row in candidates:
        other = served.setdefault((row.campaign, row.round, row.channel, row.contact), row.target)
        verdict = _objection(row, facts, other)
        if verdict is None:
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


def _objection(row: Any, facts: Facts, other: str) -> Verdict | None:
    held = row.held
    if other != row.target:
        held = f"the same contact is already served as target {other}"
    candidate = Candidate(
        target=row.target,
        channel=row.channel,
        contact=row.contact,
        expires_at=row.expires_at,
        held=held,
    )
    return ask(candidate, facts)


def _served_by_others(
    connection: Connection, candidates: Sequence[Any]
) -> dict[tuple[str, int, str, str], str]:
    """Which target each contact has been served as, this round: another process may have."""
    if not candidates:
        return {}
    rows = connection.execute(
        select(messages.c.campaign, messages.c.round, messages.c.channel, messages.c.contact,
               messages.c.target)
        .where(
            messages.c.campaign.in_({row.campaign for row in candidates}),
            messages.c.contact.in_([row.contact for row in candidates]),
            messages.c.state.in_(SERVED),
        )
    )  # fmt: skip
    return {(row.campaign, row.round, row.channel, row.contact): row.target for row in rows}


def _take(connection: Connection, rows: Sequence[Any], now: datetime, owner: str) -> None:
    if not rows:
        return
    for row in rows:
        check_move(State(row.state), State.CLAIMED)
    connection.execute(_claim, [{"b_id": row.id, "b_owner": owner, "b_at": now} for row in rows])
    connection.execute(
        insert(moves),
        [
            {
                "message": row.id, "at": now, "before": row.state, "after": State.CLAIMED,
                "attempt": row.attempts + 1, "to": row.to, "reason": "", "code": None,
                "by": owner,
            }
            for row in rows
        ],
    )  # fmt: skip


def _cancel(
    connection: Connection, rows: Sequence[tuple[Any, Verdict]], now: datetime, owner: str
) -> None:
    if not rows:
        return
    for row, _ in rows:
        check_move(State(row.state), State.CANCELLED)
    connection.execute(
        _settle,
        [
            {
                "b_id": row.id, "b_state": State.CANCELLED, "b_reason": verdict.reason,
                "b_receipt": row.receipt, "b_not_before": None, "b_at": now,
            }
            for row, verdict in rows
        ],
    )  # fmt: skip
    connection.execute(
        insert(moves),
        [
            {
                "message": row.id, "at": now, "before": row.state, "after": State.CANCELLED,
                "attempt": row.attempts, "to": row.to, "reason": verdict.reason, "code": None,
                "by": owner,
            }
            for row, verdict in rows
        ],
    )  # fmt: skip


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
