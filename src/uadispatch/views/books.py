"""The JSON shapes of ``journal check`` and ``journal purge``. Fields may be added, none removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uadispatch.dispatch.journal import Checked

__all__ = ["TABLES", "checked"]

TABLES = ("campaigns", "messages", "moves", "facts", "snapshots", "targets")
"""What is counted, in the order in which it is said."""


def checked(journal: str, found: Checked) -> dict[str, Any]:
    """What `journal check --json` prints."""
    return {
        "journal": journal,
        "consistent": not found.number,
        "checked": {table: found.rows[table] for table in TABLES},
        "problems": [
            {"campaign": fault.campaign, "message": fault.message, "says": fault.says}
            for fault in found.faults
        ],
        "number": found.number,
        "clock_steps": found.clock_steps,
    }
