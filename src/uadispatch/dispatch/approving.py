"""What was approved last, with all that it decided, so that any later difference can be named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from uadispatch.dispatch.planning import StoredTarget
    from uadispatch.dispatch.snapshot import Snapshot

__all__ = ["Approved"]


@dataclass(frozen=True, kw_only=True)
class Approved:
    """An approval: who gave it and when, and what they looked at."""

    snapshot: Snapshot
    targets: Mapping[str, StoredTarget]
    """By id, in the order of the campaign file."""
    by: str
    at: datetime
