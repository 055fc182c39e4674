"""What must be true of the journal and the server's book after a kill, whenever it came."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.journal.on_file.owners import UNNAMED
from uadispatch.dispatch.states import MOVES, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

__all__ = [
    "PERSON",
    "Book",
    "Seen",
    "Wrong",
    "faults",
    "faults_of_file",
    "faults_of_locks",
    "faults_of_the_end",
]

PERSON = "A. Person"
"""The one who resolves, stops and resumes."""


class Wrong(AssertionError):
    """Something did not hold."""


@dataclass(frozen=True)
class Seen:
    """What the journal says: the state of each message, by recipient, and who is in doubt."""

    states: Mapping[str, str] = field(default_factory=dict)
    in_doubt: frozenset[str] = frozenset()

    @classmethod
    def of(cls, shape: Mapping[str, Any]) -> Seen:
        """From ``status --messages --json``."""
        by_key = {row["key"]: row["to"] for row in shape["messages"]}
        for doubt in shape["in_doubt"]:
            if not (doubt["since"] and doubt["target"] and doubt["channel"]):
                raise Wrong(f"this doubt does not say what it is: {doubt}")
        states = {row["to"]: row["state"] for row in shape["messages"]}
        counted = {state: number for state, number in shape["states"].items() if number}
        if counted != Counter(states.values()):
            raise Wrong(f"what is listed and what is counted are of two moments: {counted}")
        return cls(
            states=states,
            in_doubt=frozenset(by_key[doubt["key"]] for doubt in shape["in_doubt"]),
        )


@dataclass(frozen=True)
class Book:
    """What the server had received, by recipient, before and after the journal was read.

    They differ only while somebody is sending. `told`: whom a person has settled as sent.
    """

    before: Mapping[str, int]
    after: Mapping[str, int]
    answered: Mapping[str, int]
    told: Collection[str] = ()


def faults(
    now: Seen, was: Seen, book: Book, *, everyone: Collection[str], doubts: int, flying: int = 0
) -> Iterator[str]:
    """What is wrong, each in a sentence.

    `doubts`: how many the kills since `was` may have brought into doubt, the sum of the windows
    of what was killed; `flying`: how many may be claimed, the windows of what still runs.
    """
    if now.states and set(now.states) != set(everyone):
        yield f"the journal knows {len(now.states)} of {len(everyone)} messages"
    for recipient in everyone:
        yield from _of_one(recipient, State(now.states.get(recipient, State.PLANNED)), book)
    claimed = sum(state == State.CLAIMED for state in now.states.values())
    if claimed > flying:
        yield f"{claimed} are claimed, and no more than {flying} can be on their way"
    new = now.in_doubt - was.in_doubt
    if len(new) > doubts:
        yield f"{len(new)} came into doubt, and the window was {doubts}: {sorted(new)}"
    yield from _of_what_was(now, was)


def _of_what_was(now: Seen, was: Seen) -> Iterator[str]:
    """Doubts are listed and stay; what was accepted stays so."""
    if now.in_doubt != {who for who, state in now.states.items() if state == State.IN_DOUBT}:
        yield "not every doubt is listed"
    for recipient in was.in_doubt - now.in_doubt:
        yield f"{recipient}: left doubt by itself"
    for recipient, state in was.states.items():
        if state == State.ACCEPTED and now.states.get(recipient) != State.ACCEPTED:
            yield f"{recipient}: was accepted and is {now.states.get(recipient)}"


def _of_one(recipient: str, state: State, book: Book) -> Iterator[str]:
    if book.after[recipient] > 1:
        yield f"{recipient}: sent {book.after[recipient]} times"
    match state:
        case State.ACCEPTED:
            if not book.after[recipient]:
                yield f"{recipient}: accepted, and it has not arrived"
            elif not book.answered[recipient] and recipient not in book.told:
                yield f"{recipient}: accepted, and the server has never said so"
        case State.PLANNED | State.RETRY:
            if book.before[recipient]:
                yield f"{recipient}: {state}, and it has arrived: it would go out again"
        case State.IN_DOUBT | State.CLAIMED:
            pass
        case _:
            yield f"{recipient}: {state}, and nothing has made it so"


def faults_of_the_end(now: Seen, *, doubtful: bool) -> Iterator[str]:
    """What a finished run has lost; `doubtful` says whether anything may still be in doubt."""
    over = {State.ACCEPTED, State.IN_DOUBT} if doubtful else {State.ACCEPTED}
    for recipient, state in now.states.items():
        if state not in over:
            yield f"{recipient}: {state} at the end: lost"
    if not now.states:
        yield "nothing was ever planned"


def faults_of_locks(folder: Path) -> Iterator[str]:
    """Locks that nobody has removed, once every run has ended.

    One that has no name yet may stay for an hour: nobody can tell that its holder is dead.
    """
    if folder.exists():
        for path in folder.iterdir():
            if path.suffix != UNNAMED:
                yield f"the lock {path.name} was left behind"


def faults_of_file(path: Path, *, quiet: bool) -> Iterator[str]:
    """What is wrong inside the journal's file, asked of SQLite itself; it is only read.

    `quiet`: nobody writes. Then it must not be made to look as if somebody did.
    """
    alone = quiet and not path.with_name(f"{path.name}-wal").exists()
    uri = f"{path.as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        for (says,) in connection.execute("PRAGMA integrity_check"):
            if says != "ok":
                yield f"SQLite says: {says}"
        for row in connection.execute("PRAGMA foreign_key_check"):
            yield f"SQLite says: no such row: {row}"
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'moves'").fetchone():
            return  # cut off before it had its tables
        moves = connection.execute(
            """SELECT messages."to", messages.state, messages.attempts, before, after, "by"
            FROM messages LEFT JOIN moves ON moves.message = messages.id
            ORDER BY messages.id, moves.id"""
        )
        for (recipient, state, attempts), rows in groupby(moves, key=lambda row: row[:3]):
            for says in _of_chain(state, attempts, [row[3:] for row in rows]):
                yield f"{recipient}: {says}"


def _of_chain(state: str, attempts: int, moves: list[tuple[str | None, str, str]]) -> Iterator[str]:
    """Each move must follow on the one before, be allowed, and lead to the state at last."""
    reached = None
    for before, after, by in moves:
        if before != reached:
            yield f"a move leaves {before} where {reached} was reached"
        if before is not None and State(after) not in MOVES[State(before)]:
            yield f"a move from {before} to {after} is not allowed"
        if before == State.IN_DOUBT and by != PERSON:
            yield f"it left doubt for {after} by {by}"
        reached = after
    if reached != state:
        yield f"it is {state}, and its last move reached {reached}"
    claims = sum(after == State.CLAIMED for _, after, _ in moves)
    back = sum((before, after) == (State.CLAIMED, State.PLANNED) for before, after, _ in moves)
    if claims - back != attempts:
        yield f"it counts {attempts} tries, and its moves {claims - back}"
