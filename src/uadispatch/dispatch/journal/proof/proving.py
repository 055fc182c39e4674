"""Whether what the journal has of one message can be true: rules over its row and its moves.

The rows are raw, so that anything may stand in them. It reads no table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.snapshot import message_key
from uadispatch.dispatch.states import MOVES, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["CLOCK_STEP", "Proof", "is_time", "prove"]

CLOCK_STEP = 60_000_000
"""Microseconds by which the clock of one process may have been set back. Between two processes
any step back is counted and let pass: they may have run on two machines."""

_STATES = frozenset(State)

_LAST_TIME = 253_402_300_800_000_000
"""The year 10000 in microseconds: no time can be read beyond."""

_TEXTS = ("key", "campaign", "target", "channel", "contact", "to", "language", "snapshot",
          "target_digest", "state", "reason")  # fmt: skip
_NUMBERS = ("round", "attempts", "excused")
_TIMES = ("expires_at", "changed_at")
_MAYBE_TIMES = ("not_before", "first_try_at", "claimed_at", "ask_again_at", "lease_until")
_MAYBE_TEXTS = (
    "held", "owner", "receipt", "repeatable", "zones", "outcome", "counts", "lease_by", "lease_key",
    "far_end",
)  # fmt: skip


@dataclass(slots=True)
class Proof:
    """What is wrong with a message, each in a sentence; and how often the clock stepped back."""

    faults: list[str] = field(default_factory=list)
    clock_steps: int = 0


def is_time(value: object) -> bool:
    """Whether a raw value is a moment that can be read."""
    return isinstance(value, int) and 0 <= value < _LAST_TIME


def prove(message: Any, moves: Sequence[Any]) -> Proof:
    """Ask every rule of a raw row of `messages` and its raw `moves`, in the order of their ids."""
    proof = Proof()
    # The other rules rest on the form.
    proof.faults += _malformed(message)
    for number, move in enumerate(moves, start=1):
        proof.faults += _malformed_move(move, number)
    if proof.faults:
        return proof
    key = message_key(message.campaign, message.round, message.target, message.channel)
    if message.key != key:
        proof.faults.append("its key is not that of its campaign, round, target and channel")
    proof.faults += _missing(message)
    proof.faults += _chain(message, moves)
    proof.faults += _tries(message, moves)
    _clock(moves, proof)
    return proof


def _malformed(row: Any) -> Iterator[str]:
    fields = row._mapping  # noqa: SLF001 - its public name
    texts = [name for name in _TEXTS if not isinstance(fields[name], str)]
    texts += [name for name in _MAYBE_TEXTS if not isinstance(fields[name], str | None)]
    times = [name for name in _TIMES if not is_time(fields[name])]
    times += [name for name in _MAYBE_TIMES if not (fields[name] is None or is_time(fields[name]))]
    yield from (f"its {name} is no text" for name in texts)
    yield from (f"its {name} is no time" for name in times)
    for name in _NUMBERS:
        if not isinstance(fields[name], int) or fields[name] < 0:
            yield f"its {name} is no number"
    if row.state not in _STATES:
        yield f"its state {str(row.state)[:20]!r} is none"
    if row.receipt is not None and not _is_object(row.receipt):
        yield "its receipt is no JSON object"


def _is_object(text: object) -> bool:
    try:
        return isinstance(json.loads(str(text)), dict)
    except ValueError:
        return False


def _malformed_move(move: Any, number: int) -> Iterator[str]:
    if move.after not in _STATES or not (move.before is None or move.before in _STATES):
        yield f"its move {number} has a state that is none"
    if not is_time(move.at):
        yield f"its move {number} has no time"
    if not isinstance(move.attempt, int):
        yield f"its move {number} has no number of its try"
    if not (isinstance(move.by, str) and move.by):
        yield f"its move {number} does not say who made it"
    if not (
        isinstance(move.to, str)
        and isinstance(move.reason, str)
        and isinstance(move.code, str | None)
    ):
        yield f"its move {number} has a text that is none"


def _missing(message: Any) -> Iterator[str]:
    if message.state == State.RETRY and message.not_before is None:
        yield "it waits for another try, but for no time"
    if message.state == State.CLAIMED and not (message.owner and message.claimed_at is not None):
        yield "it is claimed, but by nobody"


def _chain(message: Any, moves: Sequence[Any]) -> Iterator[str]:
    """Each move begins where the one before ended, is allowed, and the last ends in the state."""
    if not moves:
        yield "it has no moves"
        return
    if moves[0].before is not None or moves[0].after != State.PLANNED:
        yield "its moves do not begin with being planned"
    reached = moves[0].after
    for number, move in enumerate(moves[1:], start=2):
        if move.before != reached:
            yield f"its move {number} leaves {move.before}, but the one before reached {reached}"
        elif move.after not in MOVES[State(move.before)]:
            yield f"its move {number} from {move.before} to {move.after} is not allowed"
        reached = move.after
    if message.state != reached:
        yield f"it is {message.state}, but its last move reached {reached}"


def _tries(message: Any, moves: Sequence[Any]) -> Iterator[str]:
    """The numbers of its tries follow one another, and there are as many as it says.

    A claim that its own process gave back was no try. One that another took from it, because it
    had died, was: nobody can tell what had left.
    """
    tries = 0
    claims = []
    for number, move in enumerate(moves, start=1):
        if move.after == State.CLAIMED:
            tries += 1
            claims.append(move)
        if move.attempt != tries:
            yield f"its move {number} is of try {move.attempt}, which should be {tries}"
            tries = move.attempt  # one mistake is said once
        if (
            (move.before, move.after) == (State.CLAIMED, State.PLANNED)
            and claims
            and move.by == claims[-1].by
        ):
            tries -= 1
    if message.attempts != tries:
        yield f"it counts {message.attempts} tries, and its moves {tries}"
    if message.excused > message.attempts:
        yield f"it excuses {message.excused} tries of {message.attempts}"
    last = claims[-1] if claims else None
    if message.claimed_at is not None and (last is None or last.at != message.claimed_at):
        yield "it was claimed at a time at which it made no such move"
    if message.state == State.CLAIMED and last is not None and last.by != message.owner:
        yield "it is claimed by another than its last move says"
    first = message.first_try_at
    if first is not None and first not in {move.at for move in claims}:
        yield "its first try has a time at which it made no such move"


def _clock(moves: Sequence[Any], proof: Proof) -> None:
    for number in range(1, len(moves)):
        before, move = moves[number - 1], moves[number]
        back = before.at - move.at
        if back <= 0:
            continue
        if move.by == before.by and back > CLOCK_STEP:
            proof.faults.append(
                f"its move {number + 1} is {back / 1_000_000:.0f} s earlier than the one before, "
                f"by the same process"
            )
        else:
            proof.clock_steps += 1
