"""The messages of a campaign one by one, however many there are: a part of them at a time.

Each part is of its own moment, so that nobody waits while somebody looks at a million; a journal
that is only read has them all of one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, literal, or_, select

from uadispatch.dispatch.journal.reading.reading import CHUNK, entry_of, selected_only
from uadispatch.dispatch.journal.tables.in_json import elements
from uadispatch.dispatch.journal.tables.raw import driver
from uadispatch.dispatch.journal.tables.schema import messages
from uadispatch.dispatch.journal.tables.searching import between, ends
from uadispatch.dispatch.journal.writing.crashes import as_they_are
from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import ColumnElement, Connection

    from uadispatch.dispatch.journal.tables.rows import Entry, Selection

__all__ = ["EVERY", "Wanted", "entries"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages of a campaign are wanted; None means all."""

    selection: Selection | None = None
    round: int | None = None
    before_round: int | None = None
    states: Collection[State] | None = None
    or_held: bool = False
    """And those that are held, whatever their state is."""
    made: Collection[str] | None = None
    """Only what something was made for: by a receipt, or because its key begins so."""

    def takes(self, entry: Entry) -> bool:
        """Whether a message is in a state that is wanted, now that it is shown as it is."""
        held = self.or_held and entry.held is not None
        return self.states is None or entry.state in self.states or held

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What the database is asked; a little more than what is wanted."""
        if self.selection is not None:
            yield from selected_only(self.selection)
        if self.round is not None:
            yield messages.c.round == self.round
        if self.before_round is not None:
            yield messages.c.round < self.before_round
        if self.made is not None:
            begun = elements(literal(json.dumps(sorted(self.made))))
            begins = func.substr(messages.c.key, 1, BEGINNING).in_(select(begun.c.value))
            yield or_(messages.c.receipt.is_not(None), begins)
        if self.states is not None:
            states = {str(state) for state in self.states}
            if states & {State.IN_DOUBT, State.PLANNED}:
                states.add(State.CLAIMED)  # by somebody who may have died since
            wanted = messages.c.state.in_(sorted(states))
            yield or_(wanted, messages.c.held.is_not(None)) if self.or_held else wanted


BEGINNING = 8
"""Digits of a key by which what was made for its message is called."""

EVERY = Wanted()


def entries(
    transaction: Callable[[], AbstractContextManager[Connection]],
    campaign: str,
    wanted: Wanted,
    is_alive: Callable[[str], bool],
) -> Iterator[Entry]:
    """The messages of `campaign` that are wanted, in the order in which they were planned."""
    conditions = list(wanted.conditions())
    after = 0
    with transaction() as connection:
        its = ends(driver(connection), campaign)
    while True:
        query = select(messages).where(between(campaign, its, after=after), *conditions)
        with transaction() as connection:
            rows = connection.execute(query.order_by(messages.c.id).limit(CHUNK)).all()
            # Who has claimed it is asked in here: later he may have ended, and not left it so.
            found = [*filter(wanted.takes, as_they_are(map(entry_of, rows), is_alive))]
        yield from found
        if len(rows) < CHUNK:
            return
        after = rows[-1].id
