"""The JSON shapes of ``journal check``, ``copy``, ``purge`` and ``upgrade``.

Fields may be added, none removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uadispatch.views.shapes import instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from uadispatch.dispatch.journal import Checked, Copied, Purged, Standing

__all__ = ["TABLES", "checked", "copied", "purged", "upgraded"]

TABLES = ("campaigns", "messages", "moves", "facts", "marks", "snapshots", "targets", "rosters")
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


def upgraded(journal: str, reached: Sequence[int], queue: Sequence[str]) -> dict[str, Any]:
    """What `journal upgrade --json` prints."""
    return {"journal": journal, "reached": list(reached), "queue": list(queue)}


def copied(journal: str, to: str, done: Copied | None) -> dict[str, Any]:
    """What `journal copy --json` prints; `done` is None if it was taken back."""
    shape: dict[str, Any] = {"journal": journal, "to": to, "moved": done is not None}
    if done is not None:
        shape |= {
            "already": done.already,
            "rows": {table: done.rows[table] for table in (*TABLES, "paces")},
            "states": done.states,
            "became_in_doubt": done.doubted,
        }
    return shape


def purged(
    journal: str,
    standings: Sequence[Standing],
    before: datetime,
    marks: int,
    done: Purged | None,
) -> dict[str, Any]:
    """What `journal purge --json` prints; `done` is None if there was nothing to do."""
    return {
        "journal": journal,
        "before": instant(before),
        "campaigns": [
            {
                "campaign": row.campaign,
                "messages": row.messages,
                "last_change": instant(row.last_change),
                "unfinished": list(row.unfinished),
                "purged": done is not None and row.campaign in done.done,
            }
            for row in standings
        ],
        "marks": marks,
        "changed_meanwhile": [] if done is None else list(done.kept),
        "rewritten": done is not None and not done.not_rewritten,
        "log_held": done is not None and done.log_held,
    }
