"""Recording a plan: new messages are added, unclaimed ones move to the new snapshot.

The plan lies in a table of its own already (see `plan_rows`), so that most of it is a few
statements over all its rows, below SQLAlchemy: an object for each of a million would cost more
than the database does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.dispatch.journal.tables.plan_rows import COLUMNS
from uadispatch.dispatch.journal.tables.raw import is_on_server
from uadispatch.dispatch.journal.tables.rows import Repeatable
from uadispatch.dispatch.journal.tables.schema import AGAIN, number_of, upsert
from uadispatch.dispatch.states import CLAIMABLE, UNSENT, State, check_move

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal.reading.documents import Texts
    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Absent
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["CHUNK", "GONE", "hold_replaced", "put", "record_campaign", "record_plan"]

CHUNK = 500
"""Messages that are brought along at once."""

MANY = 50_000
"""From so many new messages on, the indexes that are in no order are made anew: each message would
touch a page of each, and soon hardly one of these is in memory still."""

GONE = "it is no longer in the campaign file"
MOVED = "its contact was changed, and it may have gone to the one before: resolve that first"
REPLACED = "a newer text has replaced its own, and it may have gone out: resolve that first"
MENDED = "what it was refused for was mended"


def _quoted(states: Iterable[State]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


_SNAPSHOT = """
INSERT INTO snapshots (digest, body, at) VALUES (?, ?, ?)
ON CONFLICT (digest) DO UPDATE SET body = excluded.body WHERE snapshots.body = ''
"""
_CAMPAIGN = """
INSERT INTO campaigns (number, title, file, snapshot) VALUES (?, ?, ?, ?)
ON CONFLICT (number) DO UPDATE SET
    title = excluded.title, file = excluded.file, snapshot = excluded.snapshot
"""
# In the order of their index, so that each of its pages is written once.
_TARGETS = """
INSERT INTO targets (digest, body)
SELECT DISTINCT target_digest, body FROM aside.plan WHERE body IS NOT NULL
ORDER BY target_digest
ON CONFLICT (digest) DO UPDATE SET body = excluded.body WHERE targets.body = ''
"""

# What is in doubt keeps its snapshot, which so cannot tell whether the plan still has it.
_DOUBT_GONE = f"""
UPDATE messages INDEXED BY messages_again SET held = ? WHERE campaign = ? AND {AGAIN}
"""  # noqa: S608 - made of our own names
_TIED_IN_DOUBT = f"""
SELECT DISTINCT snapshot FROM messages INDEXED BY messages_again WHERE campaign = ? AND {AGAIN}
"""  # noqa: S608 - made of our own names
_DOUBT_REPLACED = f"""
UPDATE messages INDEXED BY messages_again SET held = ?
WHERE campaign = ? AND {AGAIN} AND snapshot = ?
"""  # noqa: S608 - made of our own names
_GONE = f"""
UPDATE messages INDEXED BY messages_waiting SET held = ?
WHERE campaign = ? AND snapshot != ? AND state IN ({_quoted(CLAIMABLE)})
"""  # noqa: S608 - made of our own names
_HELD_AS_GONE = """
SELECT id, target FROM messages INDEXED BY {}
WHERE campaign = ? AND channel = ? AND id > ? AND {} AND round = ? AND held = ?
ORDER BY id LIMIT ?
"""
_HELD_ANYWHERE = (
    _HELD_AS_GONE.format("messages_waiting", f"state IN ({_quoted(CLAIMABLE)})"),
    _HELD_AS_GONE.format("messages_again", AGAIN),
)
_ABSENT = "UPDATE messages SET held = ? WHERE id = ?"

_ANY = "SELECT EXISTS (SELECT 1 FROM messages WHERE campaign = ? AND round = ?)"
_KNOWN = """
UPDATE aside.plan SET known = (SELECT id FROM messages WHERE messages.key = plan.key)
"""
_NEW = f"""
INSERT INTO messages
    ({COLUMNS}, campaign, round, snapshot, state, reason, attempts, excused, changed_at)
SELECT {COLUMNS}, ?, ?, ?, CASE WHEN refusal IS NULL THEN 'planned' ELSE 'refused' END,
    coalesce(refusal, ''), 0, 0, ?
FROM aside.plan WHERE known IS NULL ORDER BY id
"""  # noqa: S608 - made of our own names
_RECORD_NEW = """
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, NULL, 'planned', 0, "to", '', ? FROM messages
WHERE id > ? AND +campaign = ? ORDER BY id
"""
_RECORD_REFUSED = """
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, 'planned', 'refused', 0, "to", reason, ? FROM messages
WHERE id > ? AND +campaign = ? AND state = 'refused' ORDER BY id
"""
_IN_NO_ORDER = """
SELECT name, sql FROM sqlite_master
WHERE type = 'index' AND name IN ('messages_key', 'messages_contact')
"""

# A message that waits, and of which the plan says what it said before, is left alone.
_CHANGED = f"""
SELECT plan.id, known, plan.key, plan.contact, plan."to", plan.language, plan.target_digest,
    plan.expires_at, plan.held, plan.repeatable, plan.zones, refusal, plan.anew, state, attempts,
    not_before, reason, excused, first_try_at, old.contact, old.repeatable
FROM aside.plan JOIN messages AS old ON old.id = known
WHERE plan.id > ? AND (
    state IN ({_quoted(UNSENT)}) AND NOT (
        refusal IS NULL AND (state = 'retry' OR state = 'planned' AND not_before IS NULL)
        AND snapshot = ? AND old.target_digest = plan.target_digest
        AND old.contact = plan.contact AND old."to" = plan."to" AND old.language = plan.language
        AND old.expires_at = plan.expires_at AND old.held IS plan.held
        AND old.repeatable IS plan.repeatable AND old.zones IS plan.zones)
    OR state = 'in_doubt' AND old.repeatable = 'idempotent'
    OR state = 'failed' AND plan.anew IS NOT NULL)
ORDER BY plan.id LIMIT ?
"""  # noqa: S608 - made of our own names
_BRING = """
UPDATE messages SET "to" = ?, language = ?, snapshot = ?, target_digest = ?, expires_at = ?,
    held = ?, state = ?, reason = ?, not_before = ?, changed_at = ?, repeatable = ?, zones = ?,
    excused = ?, first_try_at = ?
WHERE id = ?
"""
# Apart: to set it to what it is would write in its index too.
_BRING_CONTACT = "UPDATE messages SET contact = ? WHERE id = ?"
_STILL_IN_DOUBT = "UPDATE messages SET held = ?, expires_at = ?, repeatable = ? WHERE id = ?"
_MOVE = """
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""


class Pair(NamedTuple):
    """A message of the plan, and what the journal has of it, as `_CHANGED` gives them."""

    place: int
    id: int
    key: str
    contact: str
    to: str
    language: str
    target_digest: str
    expires_at: int
    held: str | None
    repeatable: str | None
    zones: str | None
    refusal: str | None
    anew: str | None
    state: str
    attempts: int
    not_before: int | None
    reason: str
    excused: int
    first_try_at: int | None
    old_contact: str
    old_repeatable: str | None


def record_campaign(connection: Raw, snapshot: Snapshot, *, file: str, at: datetime) -> None:
    """Keep `snapshot`, and that its campaign was last planned from it, and from `file`."""
    connection.execute(_SNAPSHOT, (snapshot.digest, snapshot.body, number_of(at)))
    seen = (snapshot.campaign_number, snapshot.title, file, snapshot.digest)
    connection.execute(_CAMPAIGN, seen)


def record_plan(
    connection: Raw,
    snapshot: Snapshot,
    number: int,
    *,
    at: datetime,
    by: str,
    absent: Absent,
) -> None:
    """Bring the journal's messages of a campaign into line with its plan, which is `laid_aside`.

    What was claimed once is left as it is, but for what had failed and is to begin anew. What is
    unclaimed and not in the plan is held, for another reason if it is `absent`. `number` is that of
    the plan's messages.
    """
    campaign, run = snapshot.campaign_number, connection.execute
    run(_DOUBT_GONE, (GONE, campaign))
    run(_TARGETS)
    (any_known,) = run(_ANY, (campaign, snapshot.round)).fetchone()
    if any_known:
        run(_KNOWN)
    _add(connection, snapshot, at, by, new=0 if any_known else number)
    if any_known:
        _bring_along(connection, snapshot, at, by)
    run(_GONE, (GONE, campaign, snapshot.digest))
    _hold_absent(connection, snapshot, absent)


def _hold_absent(connection: Raw, snapshot: Snapshot, absent: Absent) -> None:
    """Say of what is held as gone, and of which only the channel is not there, that it is so."""
    for channel, why in absent.channels.items():
        for query in _HELD_ANYWHERE:
            last = 0
            while True:
                asked = (
                    snapshot.campaign_number, channel, last, snapshot.round, GONE, CHUNK,
                )  # fmt: skip
                found = connection.execute(query, asked).fetchall()
                if not found:
                    break
                last = found[-1][0]
                there = [(why, id_) for id_, target in found if target in absent.targets]
                connection.executemany(_ABSENT, there)


def hold_replaced(connection: Raw, campaign: str, facts: Facts, texts: Texts) -> None:
    """Hold what is in doubt and would be tried again with a text that was replaced.

    Only a person can let it have the newer one: by saying that the older has not gone out.
    """
    tied = [digest for (digest,) in connection.execute(_TIED_IN_DOUBT, (campaign,))]
    for digest in texts.outdated(connection, tied, facts):
        connection.execute(_DOUBT_REPLACED, (REPLACED, campaign, digest))


def put(connection: Connection, table: Table) -> Any:
    """Put bodies under their digests; one that a purge has emptied is filled again."""
    statement = upsert(connection, table)
    return statement.on_conflict_do_update(
        index_elements=["digest"],
        set_={"body": statement.excluded.body},
        where=table.c.body == "",
    )


def _add(connection: Raw, snapshot: Snapshot, at: datetime, by: str, *, new: int) -> None:
    """Add what is not known; `new`: so many are certainly."""
    run, when = connection.execute, number_of(at)
    (last,) = run("SELECT coalesce(max(id), 0) FROM messages").fetchone()
    # To make an index anew, all that was there before is gone through as well; and on a server
    # nobody else could write meanwhile.
    many = new >= max(MANY, last // 4) and not is_on_server(connection)
    indexes = dict(run(_IN_NO_ORDER)) if many else {}
    for name in indexes:
        run(f"DROP INDEX {name}")
    run(_NEW, (snapshot.campaign_number, snapshot.round, snapshot.digest, when))
    for sql in indexes.values():
        run(sql)
    check_move(State.PLANNED, State.REFUSED)
    run(_RECORD_NEW, (when, by, last, snapshot.campaign_number))
    run(_RECORD_REFUSED, (when, by, last, snapshot.campaign_number))


def _bring_along(connection: Raw, snapshot: Snapshot, at: datetime, by: str) -> None:
    """Move unsent messages to the new snapshot; refuse those that can no longer be sent.

    What was refused and now could be sent was mended by a person, who asks for it by sending;
    what had failed begins anew if the plan says why.
    """
    when, after = number_of(at), 0
    while found := connection.execute(_CHANGED, (after, snapshot.digest, CHUNK)).fetchall():
        pairs = [Pair._make(row) for row in found]
        after = pairs[-1].place
        doubtful = [pair for pair in pairs if pair.state == State.IN_DOUBT]
        others = [pair for pair in pairs if pair.state != State.IN_DOUBT]
        connection.executemany(_STILL_IN_DOUBT, map(_still_in_doubt, doubtful))
        steps = [(pair, *_change(pair)) for pair in others]
        connection.executemany(
            _BRING, [_brought(pair, moves, reason, snapshot, when) for pair, moves, reason in steps]
        )
        moved = [(pair.contact, pair.id) for pair in others if pair.contact != pair.old_contact]
        connection.executemany(_BRING_CONTACT, moved)
        connection.executemany(
            _MOVE,
            [
                (
                    pair.id, when, before, after_, pair.attempts, pair.to,
                    (pair.refusal or "") if after_ is State.REFUSED else reason, by,
                )
                for pair, moves, reason in steps
                for before, after_ in moves
            ],
        )  # fmt: skip


def _change(pair: Pair) -> tuple[list[tuple[State, State]], str]:
    """The moves of an unsent message, or of one that begins anew; the reason it has then."""
    state = State(pair.state)
    reason = pair.refusal or (MENDED if state is State.REFUSED else pair.reason)
    if state is State.FAILED and pair.anew is not None:
        reason = pair.anew
    moves = _steps(state, refused=pair.refusal is not None)
    for before, after in moves:
        check_move(before, after)
    return moves, reason


def _brought(
    pair: Pair, moves: list[tuple[State, State]], reason: str, snapshot: Snapshot, when: int
) -> tuple[object, ...]:
    state = State(pair.state)
    anew = state is State.FAILED
    return (
        pair.to, pair.language, snapshot.digest, pair.target_digest, pair.expires_at, pair.held,
        moves[-1][1] if moves else state, pair.refusal or reason,
        # Of what is planned the guards say anew how long it must wait.
        pair.not_before if state is State.RETRY else None,
        when, pair.repeatable, pair.zones, pair.attempts if anew else pair.excused,
        None if anew else pair.first_try_at, pair.id,
    )  # fmt: skip


def _still_in_doubt(pair: Pair) -> tuple[object, ...]:
    """Let it be tried again: the same message to the same contact, at the same far end."""
    same = pair.repeatable == Repeatable.IDEMPOTENT
    moved = None if pair.contact == pair.old_contact else MOVED
    return moved or pair.held, pair.expires_at, pair.repeatable if same else None, pair.id


def _steps(state: State, *, refused: bool) -> list[tuple[State, State]]:
    """The moves that bring an unsent message into line with what its channel says of it now."""
    if state is State.REFUSED:
        return [] if refused else [(State.REFUSED, State.PLANNED)]
    stays = {State.PLANNED} if refused else CLAIMABLE
    back: list[tuple[State, State]] = [] if state in stays else [(state, State.PLANNED)]
    return [*back, (State.PLANNED, State.REFUSED)] if refused else back
