"""How the messages of many campaigns stand together, in numbers alone: one count for all of them.

It names no target and no message; what must be named is in `gist`, a campaign at a time.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal.writing import crashes
from uadispatch.dispatch.states import CLAIMABLE, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uadispatch.dispatch.journal.tables.raw import Raw

__all__ = ["Tally", "tally"]

_NUMBERS = """
SELECT campaign, channel, state, held IS NOT NULL, CASE state WHEN 'claimed' THEN owner END,
    CASE WHEN state IN ('claimed', 'in_doubt') THEN repeatable END, count(*)
FROM messages WHERE campaign IN (SELECT value FROM json_each(:campaigns))
GROUP BY 1, 2, 3, 4, 5, 6
"""


@dataclass(slots=True)
class Tally:
    """Messages of many campaigns."""

    states: Counter[tuple[str, State]] = field(default_factory=Counter)
    """By channel and state."""
    held: Counter[str] = field(default_factory=Counter)
    """Of those, what is held for a person, by channel."""
    waiting: set[str] = field(default_factory=set)
    """The campaigns in which something may still be claimed, now or later."""


def tally(connection: Raw, campaigns: Iterable[str], is_alive: Callable[[str], bool]) -> Tally:
    """How the messages of `campaigns` stand; the claims of the dead as they are."""
    found = Tally()
    meant = {"campaigns": json.dumps(sorted(campaigns))}
    for campaign, channel, state, held, owner, again, number in connection.execute(_NUMBERS, meant):
        its = crashes.as_it_is(state, owner, again, is_alive)
        found.states[channel, its] += number
        if held:
            found.held[channel] += number
        elif its in CLAIMABLE or (its is State.IN_DOUBT and again):
            found.waiting.add(campaign)
    return found
