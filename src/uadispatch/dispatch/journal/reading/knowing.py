"""What planning asks about a few messages at a time: what became of them, and of their contacts.

It changes nothing, and each question is answered from an index, however much the journal holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uadispatch.dispatch.journal.tables.rows import Mark
from uadispatch.dispatch.states import SERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Entry

__all__ = ["MARKS", "SERVED_CONTACTS", "Known", "marks_of", "served_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the journal already has of some messages, and of whom they are for."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    """By key."""
    served: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(channel, contact) to the target under which it was written to, or may have been."""
    marks: Mapping[tuple[str, str], Mark] = field(default_factory=dict)
    """(channel, contact) to how it was refused for good, in any campaign."""


_STATES = ", ".join(f"'{state}'" for state in sorted(SERVED))

# In the order of ids: of several targets with one contact, the last one counts.
SERVED_CONTACTS = f"""
SELECT contact, target FROM messages
WHERE campaign = ? AND round = ? AND channel = ?
  AND contact IN (SELECT value FROM json_each(?)) AND state IN ({_STATES})
ORDER BY id
"""  # noqa: S608 - made of our own names

MARKS = """
SELECT contact, at, campaign, because FROM marks
WHERE channel = ? AND contact IN (SELECT value FROM json_each(?))
"""


def served_of(
    connection: Raw,
    campaign: str,
    round_: int,
    contacts: Iterable[tuple[str, str]],
) -> dict[tuple[str, str], str]:
    """Which of the `contacts` (channel, identity) were written to in that round, and as whose."""
    found = {}
    for channel, listed in _by_channel(contacts):
        given = (campaign, round_, channel, listed)
        for contact, target in connection.execute(SERVED_CONTACTS, given):
            found[channel, contact] = target
    return found


def marks_of(connection: Raw, contacts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Mark]:
    """Which of the `contacts` (channel, identity) were refused for good, in any campaign."""
    from uadispatch.dispatch.journal.tables.schema import moment_of  # noqa: PLC0415 - costly

    return {
        (channel, contact): Mark(moment_of(at), campaign, because)
        for channel, listed in _by_channel(contacts)
        for contact, at, campaign, because in connection.execute(MARKS, (channel, listed))
    }


def _by_channel(contacts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each channel, with its contacts as a list that SQLite can read."""
    found: dict[str, list[str]] = {}
    for channel, contact in contacts:
        found.setdefault(channel, []).append(contact)
    for channel, its in found.items():
        yield channel, json.dumps(its)
