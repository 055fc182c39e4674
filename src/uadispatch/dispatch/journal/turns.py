"""One transaction of a run: record what has finished, then claim as many.

A claim is committed before its send begins, and only rows that the claim returned are sent. The
guards are asked here again, over facts read in the same transaction.

This is where a run spends its time, so each step is one statement over all its rows, given as
JSON, on sqlite3's own connection: a statement for each row would hand the interpreter's lock to
and fro as often, and an object for each value costs more than SQLite does.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.dispatch.guards import Candidate, ask
from uadispatch.dispatch.journal import pacing
from uadispatch.dispatch.journal.rows import Claimed, ContactFact, Turn, storable
from uadispatch.dispatch.journal.schema import AGAIN, moment_of, number_of
from uadispatch.dispatch.states import CLAIMABLE, SERVED, State, check_move

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from sqlite3 import Connection

    from uadispatch.dispatch.guards import Facts, Verdict
    from uadispatch.dispatch.journal.rows import Pacing, Settlement

__all__ = ["cancel", "claim", "objection", "settle"]

SERVED_AS = "the same contact is already served as target"
DROPPED_THERE = "it may have gone out; the far end drops doubles"
FALSE_ALARM = "it was taken for cut off; its own run says: "


_HELD = {str(state): state for state in (State.CLAIMED, State.IN_DOUBT)}


def _quoted(states: Iterable[State]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


_IDS = "SELECT value FROM json_each(?)"

_OURS = f"""
SELECT id, attempts, state FROM messages
WHERE id IN ({_IDS}) AND owner = ? AND state IN ('claimed', 'in_doubt')
"""  # noqa: S608 - made of constants

# Most tries end for good, and of those there is less to say.
_END = """
UPDATE messages SET
    state = s.after, reason = s.reason, receipt = coalesce(s.receipt, messages.receipt),
    not_before = NULL, changed_at = s.at
FROM (
    SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS after,
        json_extract(value, '$[2]') AS at, json_extract(value, '$[3]') AS reason,
        json_extract(value, '$[4]') AS receipt
    FROM json_each(?)
) AS s WHERE messages.id = s.id
"""

_LEAVE = """
UPDATE messages SET
    state = s.after, reason = s.reason, receipt = coalesce(s.receipt, messages.receipt),
    not_before = s.not_before, changed_at = s.at, excused = messages.excused + s.excused,
    attempts = messages.attempts - s.given_back,
    first_try_at = CASE
        WHEN s.given_back AND messages.attempts <= 1 THEN NULL ELSE messages.first_try_at END
FROM (
    SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS after,
        json_extract(value, '$[2]') AS at, json_extract(value, '$[3]') AS reason,
        json_extract(value, '$[4]') AS receipt, json_extract(value, '$[5]') AS not_before,
        json_extract(value, '$[6]') AS excused, json_extract(value, '$[7]') AS given_back
    FROM json_each(?)
) AS s WHERE messages.id = s.id
"""

_RECORD_MOVES = f"""
INSERT INTO moves (message, at, before, after, attempt, "to", reason, code, by)
SELECT id, changed_at, ?, state, attempts + ?, "to", reason, ?, ? FROM messages WHERE id IN ({_IDS})
"""  # noqa: S608 - made of constants

# Another process may have written to the same contact meanwhile, as another target.
_CANDIDATES = f"""
SELECT id, key, target, channel, contact, language, snapshot, target_digest, attempts + 1,
    attempts + 1 - excused, first_try_at, campaign, round, expires_at, held, state,
    (SELECT other.target FROM messages AS other
     WHERE other.campaign = messages.campaign AND other.round = messages.round
       AND other.channel = messages.channel AND other.contact = messages.contact
       AND other.target != messages.target AND other.state IN ({_quoted(SERVED)})
     LIMIT 1) AS served_as
FROM messages
WHERE id IN ({_IDS}) AND (
    state IN ({_quoted(CLAIMABLE)}) AND (not_before IS NULL OR not_before <= ?)
    OR {AGAIN} AND not_before <= ?)
ORDER BY id
"""  # noqa: S608 - made of constants

_CANDIDATE = "SELECT target, channel, contact, expires_at, held FROM messages WHERE id = ?"

_RECORD_AGAIN = f"""
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, state, 'planned', attempts, "to", ?, ? FROM messages WHERE id IN ({_IDS})
"""  # noqa: S608 - made of constants

_AGAIN = f"UPDATE messages SET state = 'planned' WHERE id IN ({_IDS})"  # noqa: S608 - made of constants

_RECORD_CLAIMS = f"""
INSERT INTO moves (message, at, before, after, attempt, "to", reason, by)
SELECT id, ?, state, 'claimed', attempts + 1, "to", '', ? FROM messages WHERE id IN ({_IDS})
"""  # noqa: S608 - made of constants

_CLAIM = f"""
UPDATE messages SET state = 'claimed', owner = ?, attempts = attempts + 1, claimed_at = ?,
    first_try_at = coalesce(first_try_at, ?), changed_at = ?
WHERE id IN ({_IDS})
"""  # noqa: S608 - made of constants


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
    served_as: str | None


class Move(NamedTuple):
    """A message leaves one state for another."""

    id: int
    before: State
    after: State
    at: int
    reason: str
    code: str | None = None
    receipt: str | None = None
    not_before: int | None = None
    excused: int = 0


AS_CLAIMED = Waiting._fields.index("first_try_at")
"""The fields before are those of `Claimed`, in its order."""

_OPTED_OUT = """
INSERT INTO facts (kind, channel, value, at, by, because)
SELECT 'opted_out', ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS
    (SELECT 1 FROM facts WHERE kind = 'opted_out' AND channel = ?1 AND value = ?2)
"""

_MADE = """
SELECT EXISTS (SELECT 1 FROM moves
    WHERE message = ? AND attempt = ? AND by = ? AND after = 'claimed')
"""

_MARK = """
INSERT INTO marks (channel, contact, at, campaign, because)
SELECT channel, contact, ?, campaign, ? FROM messages WHERE id = ?
ON CONFLICT (channel, contact) DO UPDATE SET
    at = excluded.at, campaign = excluded.campaign, because = excluded.because
"""

_UNMARK = f"""
DELETE FROM marks WHERE (channel, contact) IN
    (SELECT channel, contact FROM messages WHERE id IN ({_IDS}))
"""  # noqa: S608 - made of constants


def settle(connection: Connection, finished: Sequence[Settlement], *, owner: str) -> None:
    """Record what became of claims.

    Only the try that made a claim may record it. It may do so late: a claim of a process that was
    taken for dead is in doubt, and leaves doubt when its own try ends. What a person has resolved
    meanwhile, or what was claimed again, is left alone; but who wants no more messages is heeded
    however late that is heard.
    """
    if not finished:
        return
    run = connection.execute
    found = run(_OURS, (json.dumps([row.id for row in finished]), owner))
    ours = {(id_, attempts): _HELD[state] for id_, attempts, state in found}
    moves: list[Move] = []
    recorded: list[Settlement] = []
    for row in finished:
        before = ours.pop((row.id, row.attempt), None)  # one try has one outcome
        if before is None:
            if row.says_of_contact is ContactFact.OPTED_OUT:
                _heed_late(connection, row, owner)
            continue
        after, reason = row.after, row.reason
        if before is State.IN_DOUBT:
            if after is State.IN_DOUBT:
                continue
            if after in (State.RETRY, State.WITH_PERSON):
                after = State.PLANNED  # nothing has left: the way out of doubt to another try
            reason = FALSE_ALARM + reason
        recorded.append(row)
        moves.append(
            Move(row.id, before, after, number_of(row.at), storable(reason) or "",
                 storable(row.code), storable(row.receipt), number_of(row.not_before),
                 int(row.excused))
        )  # fmt: skip
    if recorded:
        _move(connection, moves, by=owner)
        _note_what_else_they_say(connection, recorded, owner)


def _move(connection: Connection, moves: Sequence[Move], *, by: str) -> None:
    """Write what has become of messages, and the audit of it."""
    ends, others = [], []
    audit: defaultdict[tuple[State, State, str | None], list[int]] = defaultdict(list)
    for id_, before, after, at, reason, code, receipt, not_before, excused in moves:
        audit[before, after, code].append(id_)
        if not_before is None and not excused and after is not State.PLANNED:
            ends.append((id_, after, at, reason, receipt))
        else:
            back = _is_given_back(before, after)
            others.append((id_, after, at, reason, receipt, not_before, excused, back))
    for left, reached, _ in audit:
        check_move(left, reached)
    run = connection.execute
    if ends:
        run(_END, (json.dumps(ends),))
    if others:
        run(_LEAVE, (json.dumps(others),))
    for (left, reached, code), ids in audit.items():
        given_back = _is_given_back(left, reached)
        run(_RECORD_MOVES, (left, given_back, code, by, json.dumps(ids)))


def _is_given_back(before: State, after: State) -> int:
    """1 if it was no try: nothing can have left."""
    return int(before is State.CLAIMED and after is State.PLANNED)


def _note_what_else_they_say(
    connection: Connection, rows: Sequence[Settlement], owner: str
) -> None:
    """What an answer says beyond its own message: of the contact, or of the channel's pace."""
    run = connection.execute
    for row in rows:
        if row.pace is not None:
            pacing.heed(connection, row.channel, row.pace)
        if row.says_of_contact is ContactFact.OPTED_OUT:
            _opt_out(connection, row, owner)
        elif row.says_of_contact is ContactFact.REJECTED:
            run(_MARK, (number_of(row.at), storable(row.reason) or "", row.id))
    if run("SELECT EXISTS (SELECT 1 FROM marks)").fetchone()[0]:
        taken = [row.id for row in rows if row.after in (State.ACCEPTED, State.CONFIRMED)]
        run(_UNMARK, (json.dumps(taken),))


def _opt_out(connection: Connection, row: Settlement, owner: str) -> None:
    because = storable(row.reason) or ""
    given = (row.channel, row.contact, number_of(row.at), owner, because)
    connection.execute(_OPTED_OUT, given)


def _heed_late(connection: Connection, row: Settlement, owner: str) -> None:
    """A wish is no outcome: what a person said of the message meanwhile does not answer it."""
    (made,) = connection.execute(_MADE, (row.id, row.attempt, owner)).fetchone()
    if made:
        _opt_out(connection, row, owner)


def claim(
    connection: Connection,
    ids: Sequence[int],
    *,
    facts: Facts,
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
    found = connection.execute(_CANDIDATES, (json.dumps(list(here)), now, now)).fetchall()
    served: dict[Any, str] = {}
    allowed: list[Waiting] = []
    cancelled: list[tuple[int, State, Verdict]] = []
    kept_back: Counter[str] = Counter()
    calm = facts.object_to_nobody
    for row in map(Waiting._make, found):
        contact = (row.campaign, row.round, row.contact)
        other = row.served_as or served.get(contact)
        verdict = (
            None
            if calm and now < row.expires_at and row.held is None and other is None
            else _objection(row, facts, other)
        )
        if verdict is None:
            served[contact] = row.target
            allowed.append(row)
        elif verdict.final and row.state != State.IN_DOUBT:
            cancelled.append((row.id, State(row.state), verdict))
        else:
            kept_back[verdict.reason] += 1
    cancel(connection, cancelled, facts=facts, by=owner)
    if allowed:
        _take(connection, allowed, now, owner)
        if slot.one_at_a_time:
            pacing.started(connection, pace.channel, facts.now)
    return Turn(
        claimed=[_claimed(row, facts.now) for row in allowed],
        cancelled=Counter(verdict.reason for *_, verdict in cancelled),
        kept_back=kept_back,
        left=left,
    )


def objection(connection: Connection, id_: int, facts: Facts) -> Verdict | None:
    """What the guards say now against a message that was claimed and has not begun yet."""
    target, channel, contact, ends, held = connection.execute(_CANDIDATE, (id_,)).fetchone()
    return ask(Candidate(target, channel, contact, moment_of(ends), held), facts)


def _objection(row: Waiting, facts: Facts, other: str | None) -> Verdict | None:
    held = row.held if other is None else f"{SERVED_AS} {other}"
    expires_at = moment_of(row.expires_at)
    return ask(Candidate(row.target, row.channel, row.contact, expires_at, held), facts)


def _take(connection: Connection, rows: Sequence[Waiting], now: int, owner: str) -> None:
    run = connection.execute
    doubtful = json.dumps([row.id for row in rows if row.state == State.IN_DOUBT])
    if doubtful != "[]":
        run(_RECORD_AGAIN, (now, DROPPED_THERE, owner, doubtful))
        run(_AGAIN, (doubtful,))
    ids = json.dumps([row.id for row in rows])
    run(_RECORD_CLAIMS, (now, owner, ids))
    run(_CLAIM, (owner, now, now, now, ids))


def cancel(
    connection: Connection,
    rows: Sequence[tuple[int, State, Verdict]],
    *,
    facts: Facts,
    by: str,
) -> None:
    """Cancel `rows`: id, present state, and the objection that makes it so."""
    if not rows:
        return
    at = number_of(facts.now)
    moves = [Move(id_, state, State.CANCELLED, at, verdict.reason) for id_, state, verdict in rows]
    _move(connection, moves, by=by)


def _claimed(row: Waiting, now: datetime) -> Claimed:
    first = now if row.first_try_at is None else moment_of(row.first_try_at)
    ends = _deadline(row.expires_at)
    return Claimed._make((*row[:AS_CLAIMED], first, now, ends, row.state == State.IN_DOUBT))


_deadline = lru_cache(maxsize=256)(moment_of)
"""A campaign has few."""
