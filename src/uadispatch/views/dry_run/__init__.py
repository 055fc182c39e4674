"""The page of a dry-run: what would happen, and every message as its recipient will see it."""

from __future__ import annotations

from uadispatch.views.dry_run.seen import MOST_DIFFERENCES, Seen
from uadispatch.views.dry_run.site import Written, write

__all__ = ["MOST_DIFFERENCES", "Seen", "Written", "write"]
