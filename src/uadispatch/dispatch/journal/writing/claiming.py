"""Claiming: which messages this process alone may now try, once.

A claim is committed before its send begins, and only rows that the claim returned are sent. The
guards are asked here again, over facts read in the same transaction. As in `settling`, each step
is one statement over all its rows.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.dispatch.guards import ELSEWHERE, Candidate, Quiet, Verdict, ask
from uadispatch.dispatch.journal.tables.raw import is_on_server
from uadispatch.dispatch.journal.tables.rows import Claimed, Repeatable, Turn
from uadispatch.dispatch.journal.tables.schema import AGAIN, moment_of, number_of
from uadispatch.dispatch.journal.writing import pacing
from uadispatch.dispatch.journal.writing.settling import cancel
from uadispatch.dispatch.states import CLAIMABLE, SERVED, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal.reading.documents import Texts
    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Pacing

__all__ = ["claim", "hand_back", "objection"]

SERVED_AS = "the same contact is already served as target"
DROPPED_THERE = "it may have gone out; the far end drops doubles"
UNKNOWN_CLAIM = "the connection was lost while it was claimed; it was not sent"
LOST = "its claim was taken for that of a dead process"


def _quoted(states: Iterable[State]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


# Another process may have written to the same contact meanwhile, as another target; on a server
# one may be just about to.
_SAME_CONTACT = """other.campaign = messages.campaign AND other.round = messages.round
    AND other.channel = messages.channel AND other.contact = messages.contact
    AND other.target != messages.target"""
_SERVED_IN_FILE = f"""
(SELECT other.target FROM messages AS other
    WHERE {_SAME_CONTACT} AND other.state IN ({_quoted(SERVED)}) LIMIT 1)
"""  # noqa: S608 - made of our own names
_SERVED_ON_SERVER = f""", LATERAL (
    SELECT min(other.target) FILTER (WHERE other.state IN ({_quoted(SERVED)})) AS served_as,
        min(other.target) FILTER (WHERE other.state IN ({_quoted(CLAIMABLE)})
            AND other.held IS NULL) AS rival
    FROM messages AS other WHERE {_SAME_CONTACT}) AS others
"""  # noqa: S608 - made of our own names

_CANDIDATES, _CANDIDATES_ON_SERVER = (
    f"""
SELECT id, key, target, channel, contact, language, snapshot, target_digest, attempts + 1,
    attempts + 1 - excused, first_try_at, campaign, round, expires_at, held, state, zones,
    {served_as} AS served_as, {rival} AS rival,
    (SELECT body FROM targets WHERE digest = target_digest) AS target_body
FROM messages{others}
WHERE id IN (SELECT value FROM json_each(?)) AND (
    state IN ({_quoted(CLAIMABLE)}) AND (not_before IS NULL OR not_before <= ?)
    OR {AGAIN} AND not_before <= ?)
ORDER BY id
"""  # noqa: S608 - made of our own names
    for served_as, rival, others in (
        (_SERVED_IN_FILE, "NULL", ""),
        ("served_as", "rival", _SERVED_ON_SERVER),
    )
)

_CANDIDATE = """
SELECT target, channel, contact, expires_at, held, zones,
    state = 'claimed' AND attempts = ? AND owner = ?
FROM messages WHERE id = ?
"""

_RECORD_AGAIN = """
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, state, 'planned', attempts, "to", ?, ?
FROM messages WHERE id IN (SELECT value FROM json_each(?))
"""

_AGAIN_ON_SERVER = """
WITH again AS (UPDATE messages SET state = 'planned'
    WHERE id IN (SELECT value FROM json_each(?)) AND state = 'in_doubt'
    RETURNING id, attempts, "to")
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, 'in_doubt', 'planned', attempts, "to", ?, ? FROM again RETURNING message
"""

_AGAIN = "UPDATE messages SET state = 'planned' WHERE id IN (SELECT value FROM json_each(?))"

_RECORD_CLAIMS = """
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, state, 'claimed', attempts + 1, "to", '', ?
FROM messages WHERE id IN (SELECT value FROM json_each(?))
"""

_TAKE = """
UPDATE messages SET state = 'claimed', owner = ?, attempts = attempts + 1, claimed_at = ?,
    ask_again_at = NULL, far_end = ?, repeatable = ?,
    first_try_at = coalesce(first_try_at, ?), changed_at = ?
WHERE id IN (SELECT value FROM json_each(?))
"""

# Whoever was quicker has it: only what is still as it was read is taken, and only what was taken
# is sent.
_CLAIM_ON_SERVER = f"""
WITH taken AS ({_TAKE} AND state = ? RETURNING id, attempts, "to")
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, ?, 'claimed', attempts, "to", '', ? FROM taken RETURNING message
"""  # noqa: S608 - made of our own names

_HAND_BACK = """
WITH back AS (
    UPDATE messages SET state = 'planned', reason = ?, attempts = attempts - 1, changed_at = ?,
        first_try_at = CASE WHEN attempts <= 1 THEN NULL ELSE first_try_at END
    WHERE id IN (SELECT value FROM json_each(?)) AND state = 'claimed' AND owner = ?
        AND claimed_at = ? AND coalesce(repeatable, '') != 'idempotent'
    RETURNING id, attempts, "to")
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, 'claimed', 'planned', attempts + 1, "to", ?, ? FROM back
"""

# An earlier try of it may be out, whatever became of this one.
_DOUBT_AGAIN = """
WITH back AS (
    UPDATE messages SET state = 'in_doubt', reason = ?, changed_at = ?, excused = excused + 1,
        not_before = changed_at
    WHERE id IN (SELECT value FROM json_each(?)) AND state = 'claimed' AND owner = ?
        AND claimed_at = ?
    RETURNING id, attempts, "to")
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, 'claimed', 'in_doubt', attempts, "to", ?, ? FROM back
"""

# It stays where it is: that it must wait is no move.
_DELAY = "UPDATE messages SET not_before = ?, reason = ? WHERE id = ?"


class Waiting(NamedTuple):
    """A message that may be claimed, as `_CANDIDATES` gives it."""

    id: int
    key: str
    target: str
    channel: str
    contact: str
    language: str
    snapshot: str
    target_digest: str
    attempt: int
    counted: int
    first_try_at: int | None
    campaign: str
    round: int
    expires_at: int
    held: str | None
    state: str
    zones: str | None
    served_as: str | None
    rival: str | None
    """Another target with the same contact that may be claimed as well."""
    target_body: str | None


AS_CLAIMED = Waiting._fields.index("first_try_at")
"""The fields before are those of `Claimed`, in its order."""


def claim(
    connection: Raw,
    ids: Sequence[int],
    *,
    facts: Facts,
    texts: Texts,
    owner: str,
    pace: Pacing,
) -> Turn:
    """Claim those of `ids`, all of one channel, that are unclaimed, due and not objected to.

    A final objection (closed, expired) cancels the message, unless it may have gone out already;
    any other leaves it as it is. No more is claimed than `pace` lets go now: the rest is handed
    back in `Turn.left`.
    """
    now = number_of(facts.now)
    slot = pacing.slot(connection, pace, facts.now)
    if slot.not_before is not None:
        return Turn((), {}, {}, left=ids, not_before=slot.not_before, waits_for=slot.waits_for)
    here, left = (ids[:1], ids[1:]) if slot.one_at_a_time else (ids, ())
    rows = _waiting(connection, here, now, pace)
    served: dict[Any, str] = {}
    allowed: list[Waiting] = []
    cancelled: list[tuple[int, State, Verdict]] = []
    kept_back: Counter[str] = Counter()
    delayed: list[tuple[int, Verdict]] = []
    outdated = texts.outdated(connection, (row.snapshot for row in rows), facts)
    calm = facts.object_to_nobody and pace.quiet_hours is None and not outdated
    for row in rows:
        if row.state == State.IN_DOUBT and pace.repeatable is not Repeatable.IDEMPOTENT:
            continue  # another far end than the one that may have it
        contact = (row.campaign, row.round, row.contact)
        other = row.served_as or served.get(contact)
        free = calm and now < row.expires_at and row.held is None and other is None
        its = outdated.get(row.snapshot, facts)
        verdict = None if free else _objection(row, its, other, pace)
        if verdict is None:
            served[contact] = row.target
            allowed.append(row)
        elif verdict.not_before is not None:
            delayed.append((row.id, verdict))
        elif verdict.final and row.state != State.IN_DOUBT:
            cancelled.append((row.id, State(row.state), verdict))
        else:
            kept_back[verdict.reason] += 1
    cancel(connection, cancelled, facts=facts, by=owner)
    _delay(connection, delayed)
    if allowed:
        take = _take_on_server if is_on_server(connection) else _take
        allowed = take(connection, allowed, now, owner, pace)
    if allowed and slot.one_at_a_time:
        pacing.started(connection, pace.channel, facts.now)
    return Turn(
        claimed=[_claimed(row, facts.now) for row in allowed],
        cancelled=Counter(verdict.reason for *_, verdict in cancelled),
        kept_back=kept_back,
        left=left,
        delayed=Counter(verdict.reason for _, verdict in delayed),
    )


def objection(
    connection: Raw, row: Claimed, facts: Facts, *, texts: Texts, owner: str, pace: Pacing
) -> Verdict | None:
    """What speaks now against a message that was claimed and has not begun yet.

    That is what the guards say; that `owner` has lost the claim; or that the channel of `pace`,
    through which it goes, may not be used.
    """
    given = (row.attempt, owner, row.id)
    found = connection.execute(_CANDIDATE, given).fetchone()
    target, channel, contact, ends, held, zones, ours = found
    candidate = Candidate(target, channel, contact, moment_of(ends), held, _quiet(zones, pace))
    if not ours:
        return Verdict("claim", LOST)
    facts = texts.outdated(connection, [row.snapshot], facts).get(row.snapshot, facts)
    if (verdict := ask(candidate, facts)) is not None or pace.channel == channel:
        return verdict
    elsewhere = ask(candidate._replace(channel=pace.channel), facts)
    if elsewhere is None:
        return None
    return Verdict(ELSEWHERE, f"{pace.channel}, to which it is handed on: {elsewhere.reason}")


def _objection(row: Waiting, facts: Facts, other: str | None, pace: Pacing) -> Verdict | None:
    held = row.held if other is None else f"{SERVED_AS} {other}"
    expires_at, quiet = moment_of(row.expires_at), _quiet(row.zones, pace)
    return ask(Candidate(row.target, row.channel, row.contact, expires_at, held, quiet), facts)


def _quiet(zones: str | None, pace: Pacing) -> Quiet | None:
    its = tuple((zones or "").split())
    return Quiet(pace.quiet_hours, its) if pace.quiet_hours and its else None


def _delay(connection: Raw, rows: Sequence[tuple[int, Verdict]]) -> None:
    put = [(number_of(verdict.not_before), verdict.reason, id_) for id_, verdict in rows]
    connection.executemany(_DELAY, put)


def _waiting(connection: Raw, ids: Sequence[int], now: int, pace: Pacing) -> list[Waiting]:
    """Those of `ids` that may be claimed, as they are now."""
    given = (json.dumps(list(ids)), now, now)
    if not is_on_server(connection):
        return [Waiting._make(row) for row in connection.execute(_CANDIDATES, given)]
    rows = [Waiting._make(row) for row in connection.execute(_CANDIDATES_ON_SERVER, given)]
    if any(row.rival is not None for row in rows):
        # Two that are claimed at once would not see each other: from here on, one after the other.
        pacing.alone(connection, pace.channel)
        rows = [Waiting._make(row) for row in connection.execute(_CANDIDATES_ON_SERVER, given)]
    return rows


def _take(
    connection: Raw, rows: list[Waiting], now: int, owner: str, pace: Pacing
) -> list[Waiting]:
    """Claim `rows`; returns them."""
    run = connection.execute
    doubtful = json.dumps([row.id for row in rows if row.state == State.IN_DOUBT])
    if doubtful != "[]":
        run(_RECORD_AGAIN, (now, DROPPED_THERE, owner, doubtful))
        run(_AGAIN, (doubtful,))
    ids = json.dumps([row.id for row in rows])
    run(_RECORD_CLAIMS, (now, owner, ids))
    # It is the far end of this claim that drops doubles or not, whatever was planned for it.
    run(_TAKE, (owner, now, pace.far_end, pace.repeatable, now, now, ids))
    return rows


def _take_on_server(
    connection: Raw, rows: list[Waiting], now: int, owner: str, pace: Pacing
) -> list[Waiting]:
    """As `_take`; returns those that nobody else has claimed meanwhile."""
    run = connection.execute
    by_state: dict[str, list[int]] = {}
    for row in rows:
        by_state.setdefault(row.state, []).append(row.id)
    taken: set[int] = set()
    for state, its in by_state.items():
        ids = json.dumps(its)
        before = state
        if state == State.IN_DOUBT:
            ids = json.dumps(
                [id_ for (id_,) in run(_AGAIN_ON_SERVER, (ids, now, DROPPED_THERE, owner))]
            )
            before = State.PLANNED
        given = (
            owner,
            now,
            pace.far_end,
            pace.repeatable,
            now,
            now,
            ids,
            before,
            now,
            before,
            owner,
        )
        taken.update(id_ for (id_,) in run(_CLAIM_ON_SERVER, given))
    return [row for row in rows if row.id in taken]


def hand_back(connection: Raw, rows: Sequence[Claimed], owner: str, now: datetime) -> None:
    """Give back `rows`, which `owner` has claimed without knowing it: nothing of them has left.

    That is after a commit of which nobody knows whether it succeeded. What was claimed again since
    is left alone.
    """
    if not rows:
        return
    at, ids = number_of(now), json.dumps([row.id for row in rows])
    then = number_of(rows[0].claimed_at)  # one transaction claims at one time
    given = (UNKNOWN_CLAIM, at, ids, owner, then, at, UNKNOWN_CLAIM, owner)
    connection.execute(_HAND_BACK, given)
    connection.execute(_DOUBT_AGAIN, given)


def _claimed(row: Waiting, now: datetime) -> Claimed:
    first = now if row.first_try_at is None else moment_of(row.first_try_at)
    ends = _deadline(row.expires_at)
    doubtful = row.state == State.IN_DOUBT
    return Claimed._make((*row[:AS_CLAIMED], first, now, ends, row.target_body, doubtful))


_deadline = lru_cache(maxsize=256)(moment_of)
"""A campaign has few."""
