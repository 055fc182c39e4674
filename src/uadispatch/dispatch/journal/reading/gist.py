"""How the messages of a campaign stand: in numbers, and the few that must be named one by one.

A campaign may have a million messages. What a command says at its end, its exit code and its next
step are made of this; to list all of them is another matter (`going_through`).
"""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from uadispatch.channels.message import Counts
from uadispatch.dispatch.journal.reading.going_through import Wanted, entries
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.schema import moment_of
from uadispatch.dispatch.journal.tables.searching import AMONG, SELECTED, ends, given
from uadispatch.dispatch.journal.writing import crashes
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from datetime import datetime
    from typing import Self

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.tables.rows import Entry, Selection

__all__ = ["STUCK", "Gist", "gist"]

T = TypeVar("T")

STUCK = 10
"""So many that are held or refused are named."""

_IN_DOUBT = Wanted(states=frozenset({State.IN_DOUBT}))
_STUCK = Wanted(states=frozenset({State.REFUSED}), or_held=True)


class _Kind(NamedTuple):
    """What messages have in common that are counted together."""

    round: int
    channel: str
    state: State
    held: bool
    asked: bool
    """A service is to be asked what became of them."""
    waits: bool
    """They were planned for a time that was not there yet when they were last looked at."""
    counts: Counts | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """That of one message."""
        waits = (
            entry.state is State.PLANNED
            and entry.not_before is not None
            and entry.not_before > entry.changed_at
        )
        return cls(
            entry.round, entry.channel, entry.state, entry.held is not None,
            entry.ask_again_at is not None, waits, entry.counts,
        )  # fmt: skip


@dataclass(slots=True)
class Gist:
    """How messages stand."""

    numbers: Counter[_Kind] = field(default_factory=Counter)
    in_doubt: list[Entry] = field(default_factory=list)
    """All that are in doubt: no more than were on their way when a run was cut off."""
    stuck: list[Entry] = field(default_factory=list)
    """The first that are held or refused."""
    open_until: datetime | None = None
    """The last deadline of what may still be claimed."""

    @classmethod
    def of(cls, entries_: Iterable[Entry]) -> Self:
        """Of messages that are gone through one by one."""
        found = cls()
        for entry in entries_:
            found.numbers[_Kind.of(entry)] += 1
            if entry.state in CLAIMABLE:
                found.open_until = max(found.open_until or entry.expires_at, entry.expires_at)
            if entry.state is State.IN_DOUBT:
                found.in_doubt.append(entry)
            if len(found.stuck) < STUCK and _is_stuck(entry):
                found.stuck.append(entry)
        return found

    @property
    def states(self) -> Counter[State]:
        """How many are in which state."""
        return self._sums(lambda kind: kind.state)

    @property
    def by_channel(self) -> dict[str, dict[State, int]]:
        """Channel to state to number."""
        return _tabled(self._sums(lambda kind: (kind.channel, kind.state)))

    @property
    def by_round(self) -> dict[int, dict[State, int]]:
        """Round to state to number."""
        return _tabled(self._sums(lambda kind: (kind.round, kind.state)))

    @property
    def done(self) -> Counter[Counts | None]:
        """Of what people have done, how often it was what."""
        return self._sums(lambda kind: kind.counts, lambda kind: kind.state is State.DONE)

    @property
    def held(self) -> int:
        """How many are held for a person."""
        return self._count(lambda kind: kind.held)

    @property
    def claimable(self) -> int:
        """How many a run may claim, now or later."""
        return self._count(lambda kind: kind.state in CLAIMABLE and not kind.held)

    @property
    def due(self) -> int:
        """How many a run may claim, as far as they were not told to wait when last looked at."""
        return self._count(
            lambda kind: kind.state is State.PLANNED and not kind.held and not kind.waits
        )

    @property
    def asked(self) -> int:
        """Of how many a service is to be asked what became of them."""
        return self.asked_of(None)

    def asked_of(self, channels: Container[str] | None) -> int:
        """The same, of these channels; None: of all."""
        return self._count(
            lambda kind: kind.asked and (channels is None or kind.channel in channels)
        )

    @property
    def waits(self) -> bool:
        """Whether some are planned for a later time."""
        return any(kind.waits for kind in self.numbers)

    def outside(self, calm: Container[str]) -> int:
        """How many are in another state than those, or held."""
        return self._count(lambda kind: kind.held or kind.state not in calm)

    def _count(self, wanted: Callable[[_Kind], bool]) -> int:
        return sum(number for kind, number in self.numbers.items() if wanted(kind))

    def _sums(
        self, name: Callable[[_Kind], T], wanted: Callable[[_Kind], bool] = lambda _: True
    ) -> Counter[T]:
        found: Counter[T] = Counter()
        for kind, number in self.numbers.items():
            if wanted(kind):
                found[name(kind)] += number
        return found


_KINDS = f"""
SELECT round, channel, state, held IS NOT NULL, ask_again_at IS NOT NULL,
    coalesce(state = 'planned' AND not_before > changed_at, FALSE), counts,
    CASE state WHEN 'claimed' THEN owner END, CASE state WHEN 'claimed' THEN repeatable END,
    count(*), max(expires_at)
FROM messages WHERE {AMONG} AND {SELECTED} AND (:round IS NULL OR round = :round)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3
"""  # noqa: S608 - made of our own names


def gist(
    connection: Connection,
    campaign: str,
    is_alive: Callable[[str], bool],
    *,
    round_: int | None,
    selection: Selection,
) -> Gist:
    """How the messages of `campaign` stand at one moment; the claims of the dead as they are."""
    below = driver(connection)
    found = Gist()
    meant = {
        **given(campaign, selection), **ends(below, campaign)._asdict(), "round": round_,
    }  # fmt: skip
    for row in below.execute(_KINDS, meant):
        round__, channel, state, held, asked, waits, counts, owner, again, number, until = row
        its = crashes.as_it_is(state, owner, again, is_alive)
        kind = _Kind(
            round__, channel, its, bool(held), bool(asked), bool(waits),
            Counts(counts) if counts else None,
        )  # fmt: skip
        found.numbers[kind] += number
        if its in CLAIMABLE:
            found.open_until = max(found.open_until or moment_of(until), moment_of(until))
    states = found.states

    def those(wanted: Wanted) -> Iterator[Entry]:
        meant_ = replace(wanted, round=round_, selection=selection)
        return entries(lambda: nullcontext(connection), campaign, meant_, is_alive)

    if states[State.IN_DOUBT]:
        found.in_doubt = list(those(_IN_DOUBT))
    if found.held or states[State.REFUSED]:
        found.stuck = list(islice(those(_STUCK), STUCK))
    return found


def _is_stuck(entry: Entry) -> bool:
    return entry.held is not None or entry.state is State.REFUSED


def _tabled(numbers: Counter[tuple[T, State]]) -> dict[T, dict[State, int]]:
    """A table of pairs, in the order of both."""
    found: dict[T, dict[State, int]] = {}
    for row, state in sorted(numbers):
        found.setdefault(row, {})[state] = numbers[row, state]
    return found
