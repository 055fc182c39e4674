"""The states of a message and the moves between them, as data; it knows nothing else."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from uadispatch.errors import UadispatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CLAIMABLE", "MOVES", "SERVED", "UNSENT", "IllegalMove", "State", "check_move"]


class State(StrEnum):
    """Where a message stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    """A try is on its way."""
    ACCEPTED = "accepted"
    """The server or gateway took it; never call this delivered."""
    CONFIRMED = "confirmed"
    """The far end has it."""
    RETRY = "retry"
    """A definite temporary failure; the next time is in the journal."""
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    """It may have gone out; never tried again where it could arrive twice."""
    WITH_PERSON = "with_person"
    """Files or links were made and a human acts."""
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    """It can never be sent as it is."""


MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.PLANNED: frozenset({State.CLAIMED, State.CANCELLED, State.REFUSED}),
        State.CLAIMED: frozenset(
            {
                State.ACCEPTED,
                State.CONFIRMED,
                State.RETRY,
                State.FAILED,
                State.IN_DOUBT,
                State.WITH_PERSON,
                State.PLANNED,
            }
        ),
        State.RETRY: frozenset({State.CLAIMED, State.CANCELLED, State.PLANNED}),
        State.ACCEPTED: frozenset({State.CONFIRMED, State.FAILED, State.RETRY, State.CANCELLED}),
        State.IN_DOUBT: frozenset({State.ACCEPTED, State.CONFIRMED, State.FAILED, State.PLANNED}),
        State.WITH_PERSON: frozenset({State.DONE, State.CANCELLED}),
        State.DONE: frozenset({State.DONE}),
        State.FAILED: frozenset({State.PLANNED}),
        State.REFUSED: frozenset({State.PLANNED}),
        State.CONFIRMED: frozenset(),
        State.CANCELLED: frozenset(),
    }
)
"""From each state, the states that may follow."""

CLAIMABLE = frozenset({State.PLANNED, State.RETRY})
"""What a claim may take."""

UNSENT = CLAIMABLE | {State.REFUSED}
"""What has never gone out and still may: what was refused can be sent once it was mended."""

SERVED = frozenset(
    {
        State.CLAIMED,
        State.ACCEPTED,
        State.CONFIRMED,
        State.IN_DOUBT,
        State.WITH_PERSON,
        State.DONE,
    }
)
"""The contact has been written to, or may have been."""


class IllegalMove(UadispatchError):
    """A move that the table does not have: a fault of the program, caught before it is written."""


def check_move(before: State, after: State) -> None:
    """Raise IllegalMove unless a message may go from `before` to `after`."""
    if after not in MOVES[before]:
        raise IllegalMove(f"a message cannot go from {before} to {after}")
