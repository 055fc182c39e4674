"""The mark in a journal's file that all of it is moved elsewhere: nothing can be sent from here.

Triggers refuse every change, also by a program that had the file open before, or is older than
they are. An older program that opens it finds a version that it does not know, and leaves it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from uadispatch.dispatch.journal.tables.migrations import VERSION
from uadispatch.dispatch.journal.tables.schema import meta, metadata
from uadispatch.dispatch.journal.whereabouts import JournalError, Moved, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.dispatch.journal.tables.raw import Raw

__all__ = ["mark", "mark_of", "unmark", "version_below"]

_FAR = 100_000_000
"""So much is added to the version of what was moved: no program knows such a one."""

_NAME = "moved"
_FIND = "SELECT value FROM meta WHERE name = ?"
_KEEP = "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"
_REMOVE = "DELETE FROM meta WHERE name = ?"


def version_below(version: int) -> int:
    """The version of the tables, whether the journal that says `version` was moved or not."""
    return version - _FAR if version > _FAR else version


def mark_of(connection: Raw) -> Moved | None:
    """The mark, if there is one. Raises JournalError: there is, and it cannot be read."""
    found = connection.execute(_FIND, (_NAME,)).fetchone()
    if found is None:
        return None
    try:
        told: dict[str, Any] = json.loads(found[0])
        at = datetime.fromisoformat(told["at"]).astimezone(UTC)
        return Moved(told["place"], told["token"], at, Stage(told["stage"]))
    except (ValueError, KeyError, TypeError):
        raise JournalError(
            "this journal was moved to another place, and which one cannot be read; nothing is "
            "sent from it"
        ) from None


def mark(connection: Raw, moved: Moved) -> None:
    """Refuse every change from the end of this transaction on; or change the mark."""
    told = {"place": moved.place, "token": moved.token, "at": moved.at.isoformat(),
            "stage": moved.stage}  # fmt: skip
    connection.execute(_KEEP, (_NAME, json.dumps(told)))
    connection.execute(_KEEP, ("version", str(_FAR + VERSION)))
    # What it says stays true at every stage: it cannot be changed without a moment in which all
    # could be written again.
    says = f"this journal was moved to {moved.place}, or is on its way there".replace("'", "''")
    for name, event, table in _triggers():
        connection.execute(
            f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{says}'); END"
        )


def unmark(connection: Raw) -> None:
    """Let the journal be what it was before: only where no copy of it can be."""
    for name, _, _ in _triggers():
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    connection.execute(_REMOVE, (_NAME,))
    connection.execute(_KEEP, ("version", str(VERSION)))


def _triggers() -> Iterator[tuple[str, str, str]]:
    for table in metadata.sorted_tables:
        if table is not meta:
            for event in ("INSERT", "UPDATE", "DELETE"):
                yield f"moved_{table.name}_{event.lower()}", event, table.name
