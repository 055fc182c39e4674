"""The JSON shape of one message's story. Fields may be added; none is ever removed or renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uadispatch.views.shapes import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.dispatch.journal import Entry, Story
    from uadispatch.dispatch.planning.retelling import Retold

__all__ = ["story"]


def story(
    campaign: str, told: Story, retold: Retold, others: Sequence[Entry] = ()
) -> dict[str, Any]:
    """What `status CAMPAIGN MESSAGE --json` prints; `others` are its messages of other rounds."""
    entry, message = told.entry, retold.message
    return {
        "campaign": campaign,
        "message": {
            "key": entry.key,
            "target": entry.target,
            "channel": entry.channel,
            "round": entry.round,
            "to": entry.to,
            "language": told.language,
            "state": entry.state,
            "reason": entry.held or entry.reason,
            "held": entry.held is not None,
            "attempts": entry.attempts,
            "not_before": instant(entry.not_before),
            "expires_at": instant(entry.expires_at),
            "changed_at": instant(entry.changed_at),
            "snapshot": told.snapshot,
        },
        "moves": [
            {
                "at": instant(move.at),
                "before": move.before,
                "after": move.after,
                "attempt": move.attempt,
                "to": move.to,
                "reason": move.reason,
                "code": move.code,
                "by": move.by,
                "seconds": move.seconds,
            }
            for move in told.moves
        ],
        "text": None
        if message is None
        else {"subject": message.subject, "body": message.body, "parts": dict(message.parts)},
        "text_missing": retold.missing or None,
        "rounds": [
            {"key": other.key, "round": other.round, "state": other.state} for other in others
        ],
    }
