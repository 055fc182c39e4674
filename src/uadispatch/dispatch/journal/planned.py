"""Recording a plan: new messages are added, unclaimed ones move to the new snapshot."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from uadispatch.dispatch.journal.audit import move, record
from uadispatch.dispatch.journal.opening import driver
from uadispatch.dispatch.journal.rows import Repeatable
from uadispatch.dispatch.journal.schema import AGAIN, messages, targets
from uadispatch.dispatch.states import CLAIMABLE, UNSENT, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Table, Update
    from sqlalchemy.dialects.sqlite import Insert

    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal.documents import Texts
    from uadispatch.dispatch.journal.rows import Planned

__all__ = ["CHUNK", "GONE", "hold_replaced", "put", "record_plan"]

CHUNK = 500
"""Messages in one statement."""

GONE = "it is no longer in the campaign file"
MOVED = "its contact was changed, and it may have gone to the one before: resolve that first"
REPLACED = "a newer text has replaced its own, and it may have gone out: resolve that first"
MENDED = "what it was refused for was mended"

_update = (
    update(messages)
    .where(messages.c.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in (
                "contact", "to", "language", "snapshot", "target_digest", "expires_at", "held",
                "state", "reason", "not_before", "changed_at", "repeatable", "excused",
                "first_try_at", "zones",
            )
        }
    )
)  # fmt: skip

_hold = (
    update(messages)
    .where(messages.c.key == bindparam("b_key"), messages.c.held == GONE)
    .values(held=bindparam("b_held"))
)


def record_plan(
    connection: Connection,
    plan: Iterable[Planned],
    *,
    campaign: str,
    round_: int,
    snapshot: str,
    at: datetime,
    by: str,
    mended: Mapping[str, str],
    absent: Mapping[str, str],
) -> None:
    """Bring the journal's messages of `campaign` into line with `plan`, the whole of it.

    What was claimed once is left as it is, but for what had failed and is among the `mended` (key
    to reason), which begins anew. What is unclaimed and not in the plan is held: `absent` (key to
    reason) is what no edit of the file took out of it.
    """
    common = {"campaign": campaign, "round": round_, "snapshot": snapshot}
    # What is in doubt keeps its snapshot, which so cannot tell whether the plan still has it.
    connection.execute(
        update(messages)
        .where(messages.c.campaign == campaign, literal_column(AGAIN))
        .values(held=GONE)
    )
    for chunk in _chunks(plan):
        bodies = {row.target_digest: row.target_body for row in chunk}
        connection.execute(
            put(targets),
            [{"digest": digest, "body": body} for digest, body in bodies.items()],
        )
        keys = [row.key for row in chunk]
        known = {
            row.key: row
            for row in connection.execute(
                select(messages.c.id, messages.c.key, messages.c.state, messages.c.attempts,
                       messages.c.not_before, messages.c.reason, messages.c.excused,
                       messages.c.first_try_at, messages.c.repeatable, messages.c.contact)
                .where(messages.c.key.in_(keys))
            )
        }  # fmt: skip
        _add([row for row in chunk if row.key not in known], common, connection, at, by)
        _bring_along([(row, known[row.key]) for row in chunk if row.key in known],
                     snapshot, connection, at, by, mended)  # fmt: skip
    connection.execute(
        update(messages)
        .where(
            messages.c.campaign == campaign,
            messages.c.snapshot != snapshot,
            messages.c.state.in_(CLAIMABLE),
        )
        .values(held=GONE)
    )
    if absent:
        held = [{"b_key": key, "b_held": why} for key, why in absent.items()]
        connection.execute(_hold, held)


def hold_replaced(connection: Connection, campaign: str, facts: Facts, texts: Texts) -> None:
    """Hold what is in doubt and would be tried again with a text that was replaced.

    Only a person can let it have the newer one: by saying that the older has not gone out.
    """
    again = and_(messages.c.campaign == campaign, literal_column(AGAIN))
    tied = connection.execute(select(messages.c.snapshot).where(again).distinct()).scalars()
    replaced = texts.outdated(driver(connection), tied, facts)
    if replaced:
        connection.execute(
            update(messages)
            .where(again, messages.c.snapshot.in_(list(replaced)))
            .values(held=REPLACED)
        )


def put(table: Table) -> Insert:
    """Put bodies under their digests; one that a purge has emptied is filled again."""
    statement = upsert(table)
    return statement.on_conflict_do_update(
        index_elements=["digest"],
        set_={"body": statement.excluded.body},
        where=table.c.body == "",
    )


def _chunks(plan: Iterable[Planned]) -> Iterator[list[Planned]]:
    rows = iter(plan)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _add(
    rows: list[Planned], common: dict[str, Any], connection: Connection, at: datetime, by: str
) -> None:
    if not rows:
        return
    connection.execute(
        insert(messages),
        [
            {
                **common,
                "key": row.key,
                "target": row.target,
                "channel": row.channel,
                "contact": row.contact,
                "to": row.to,
                "language": row.language,
                "target_digest": row.target_digest,
                "expires_at": row.expires_at,
                "held": row.held,
                "repeatable": row.repeatable,
                "zones": row.zones,
                "state": State.REFUSED if row.refusal else State.PLANNED,
                "reason": row.refusal or "",
                "attempts": 0,
                "changed_at": at,
            }
            for row in rows
        ],
    )
    keys = [row.key for row in rows]
    added = connection.execute(
        select(messages.c.key, messages.c.id).where(messages.c.key.in_(keys))
    )
    ids = {row.key: row.id for row in added}
    audit: list[dict[str, Any]] = []
    for row in rows:
        noted = partial(move, ids[row.key], at=at, attempt=0, to=row.to, by=by)
        audit.append(noted(None, State.PLANNED))
        if row.refusal:
            audit.append(noted(State.PLANNED, State.REFUSED, reason=row.refusal))
    record(connection, audit)


def _bring_along(
    pairs: list[tuple[Planned, Any]],
    snapshot: str,
    connection: Connection,
    at: datetime,
    by: str,
    mended: Mapping[str, str],
) -> None:
    """Move unsent messages to the new snapshot; refuse those that can no longer be sent.

    What was refused and now could be sent was mended by a person, who asks for it by sending;
    what had failed begins anew if it is among the `mended`.
    """
    changes: list[dict[str, Any]] = []
    audit: list[dict[str, Any]] = []
    for row, old in pairs:
        state = State(old.state)
        if state is State.IN_DOUBT and old.repeatable == Repeatable.IDEMPOTENT:
            connection.execute(_still_in_doubt(row, old))
        anew = state is State.FAILED and row.key in mended
        if state not in UNSENT and not anew:
            continue
        reason = row.refusal or (MENDED if state is State.REFUSED else old.reason)
        if anew:
            reason = mended[row.key]
        steps = _steps(state, refused=row.refusal is not None)
        audit += [
            move(
                old.id, before, after, at=at, attempt=old.attempts, to=row.to, by=by,
                reason=(row.refusal or "") if after is State.REFUSED else reason,
            )
            for before, after in steps
        ]  # fmt: skip
        changes.append(
            {
                "b_id": old.id,
                "b_contact": row.contact,
                "b_to": row.to,
                "b_language": row.language,
                "b_snapshot": snapshot,
                "b_target_digest": row.target_digest,
                "b_expires_at": row.expires_at,
                "b_held": row.held,
                "b_state": steps[-1][1] if steps else state,
                "b_reason": row.refusal or reason,
                # Of what is planned the guards say anew how long it must wait.
                "b_not_before": old.not_before if state is State.RETRY else None,
                "b_changed_at": at,
                "b_repeatable": row.repeatable,
                "b_zones": row.zones,
                "b_excused": old.attempts if anew else old.excused,
                "b_first_try_at": None if anew else old.first_try_at,
            }
        )
    if changes:
        connection.execute(_update, changes)
    record(connection, audit)


def _still_in_doubt(row: Planned, old: Any) -> Update:
    """Let it be tried again: the same message to the same contact, at the same far end."""
    same = row.repeatable is Repeatable.IDEMPOTENT
    moved = None if row.contact == old.contact else MOVED
    changed = {
        "held": moved or row.held, "expires_at": row.expires_at,
        "repeatable": row.repeatable if same else None,
    }  # fmt: skip
    return update(messages).where(messages.c.id == old.id).values(changed)


def _steps(state: State, *, refused: bool) -> list[tuple[State, State]]:
    """The moves that bring an unsent message into line with what its channel says of it now."""
    if state is State.REFUSED:
        return [] if refused else [(State.REFUSED, State.PLANNED)]
    stays = {State.PLANNED} if refused else CLAIMABLE
    back: list[tuple[State, State]] = [] if state in stays else [(state, State.PLANNED)]
    return [*back, (State.PLANNED, State.REFUSED)] if refused else back
