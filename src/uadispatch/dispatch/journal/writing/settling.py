"""Settling: what became of claims is recorded, each move with its audit.

A run spends its time here and in `claiming`, so each step is one statement over all its rows,
given as JSON, on sqlite3's own connection: a statement for each row would hand the interpreter's
lock to and fro as often, and an object for each value costs more than SQLite does.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.dispatch.journal.tables.raw import is_on_server
from uadispatch.dispatch.journal.tables.rows import ContactFact, storable
from uadispatch.dispatch.journal.tables.schema import number_of
from uadispatch.dispatch.journal.writing import pacing
from uadispatch.dispatch.states import State, check_move

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.dispatch.guards import Facts, Verdict
    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Settlement

__all__ = ["cancel", "concerns_all", "settle"]

FALSE_ALARM = "it was taken for cut off; its own run says: "

_HELD = {str(state): state for state in (State.CLAIMED, State.IN_DOUBT)}


_OURS = """
SELECT id, attempts, state FROM messages
WHERE id IN (SELECT value FROM json_each(?)) AND owner = ? AND state IN ('claimed', 'in_doubt')
"""

# Most tries end for good, and of those there is less to say.
_END = """
UPDATE messages SET
    state = s.after, reason = s.reason, receipt = coalesce(s.receipt, messages.receipt),
    not_before = NULL, ask_again_at = NULL, changed_at = s.at, held = NULL
FROM (
    SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS after,
        json_extract(value, '$[2]') AS at, json_extract(value, '$[3]') AS reason,
        json_extract(value, '$[4]') AS receipt,
        json_extract(value, '$[5]') AS before, json_extract(value, '$[6]') AS code
    FROM json_each(?)
) AS s WHERE messages.id = s.id
"""

_LEAVE = """
UPDATE messages SET
    state = s.after, reason = s.reason, receipt = coalesce(s.receipt, messages.receipt),
    not_before = s.not_before, ask_again_at = s.ask_again_at, changed_at = s.at,
    excused = messages.excused + s.excused,
    attempts = messages.attempts - s.given_back,
    first_try_at = CASE
        WHEN s.given_back = 1 AND messages.attempts <= 1 THEN NULL ELSE messages.first_try_at END
FROM (
    SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS after,
        json_extract(value, '$[2]') AS at, json_extract(value, '$[3]') AS reason,
        json_extract(value, '$[4]') AS receipt,
        json_extract(value, '$[5]') AS before, json_extract(value, '$[6]') AS code,
        json_extract(value, '$[7]') AS not_before, json_extract(value, '$[8]') AS ask_again_at,
        json_extract(value, '$[9]') AS excused, json_extract(value, '$[10]') AS given_back
    FROM json_each(?)
) AS s WHERE messages.id = s.id
"""

_RECORD_MOVES = """
INSERT INTO moves (message, at, before, after, attempt, "to", reason, code, by)
SELECT id, changed_at, ?, state, attempts + ?, "to", reason, ?, ?
FROM messages WHERE id IN (SELECT value FROM json_each(?))
"""

# Both at once, for to find the rows again is a third of what they cost.
_MOVE_ON_SERVER = """
WITH moved AS ({}
    RETURNING s.id, changed_at, before, state, attempts + {} AS attempt, "to", messages.reason,
        code)
INSERT INTO moves (message, at, before, after, attempt, "to", reason, code, by)
SELECT *, ? FROM moved
"""
_END_ON_SERVER = _MOVE_ON_SERVER.format(_END, 0)
_LEAVE_ON_SERVER = _MOVE_ON_SERVER.format(_LEAVE, "given_back")


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
    ask_again_at: int | None = None
    excused: int = 0


_OPTED_OUT = """
INSERT INTO facts (kind, channel, value, at, by, because)
SELECT 'opted_out', ?, ?, ?, ?, ? WHERE NOT EXISTS
    (SELECT 1 FROM facts WHERE kind = 'opted_out' AND channel = ? AND value = ?)
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

_UNMARK = """
DELETE FROM marks WHERE (channel, contact) IN
    (SELECT channel, contact FROM messages WHERE id IN (SELECT value FROM json_each(?)))
"""


def concerns_all(row: Settlement) -> bool:
    """Whether what is to be recorded counts for every campaign: it must not be overlooked there."""
    return row.says_of_contact is ContactFact.OPTED_OUT


def settle(connection: Raw, finished: Sequence[Settlement], *, owner: str) -> None:
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
                if row.says_of_contact is ContactFact.OPTED_OUT:
                    _heed_late(connection, row, owner)
                continue
            if after in (State.RETRY, State.WITH_PERSON):
                after = State.PLANNED  # nothing has left: the way out of doubt to another try
            reason = FALSE_ALARM + reason
        recorded.append(row)
        moves.append(
            Move(row.id, before, after, number_of(row.at), storable(reason) or "",
                 storable(row.code), storable(row.receipt), number_of(row.not_before),
                 number_of(row.ask_again_at), int(row.excused))
        )  # fmt: skip
    if recorded:
        _move(connection, moves, by=owner)
        _note_what_else_they_say(connection, recorded, owner)


def _move(connection: Raw, moves: Sequence[Move], *, by: str) -> None:
    """Write what has become of messages, and the audit of it."""
    ends, others = [], []
    audit: defaultdict[tuple[State, State, str | None], list[int]] = defaultdict(list)
    for id_, before, after, at, reason, code, receipt, not_before, ask_again_at, excused in moves:
        audit[before, after, code].append(id_)
        over = not_before is None and ask_again_at is None
        if over and not excused and after is not State.PLANNED:
            ends.append((id_, after, at, reason, receipt, before, code))
        else:
            back = _is_given_back(before, after)
            more = (not_before, ask_again_at, excused, back)
            others.append((id_, after, at, reason, receipt, before, code, *more))
    for left, reached, _ in audit:
        check_move(left, reached)
    run = connection.execute
    if is_on_server(connection):
        if ends:
            run(_END_ON_SERVER, (json.dumps(ends), by))
        if others:
            run(_LEAVE_ON_SERVER, (json.dumps(others), by))
        return
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


def _note_what_else_they_say(connection: Raw, rows: Sequence[Settlement], owner: str) -> None:
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


def _opt_out(connection: Raw, row: Settlement, owner: str) -> None:
    because = storable(row.reason) or ""
    given = (row.channel, row.contact, number_of(row.at), owner, because, row.channel, row.contact)
    connection.execute(_OPTED_OUT, given)


def _heed_late(connection: Raw, row: Settlement, owner: str) -> None:
    """A wish is no outcome: what a person said of the message meanwhile does not answer it."""
    (made,) = connection.execute(_MADE, (row.id, row.attempt, owner)).fetchone()
    if made:
        _opt_out(connection, row, owner)


def cancel(
    connection: Raw,
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
