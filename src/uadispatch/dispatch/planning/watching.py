"""Whether a campaign file was closed while its campaign is being sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch.campaign.file import read_campaign
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CLOSED", "CampaignFile"]

CLOSED = "its file says `status: closed`"


class CampaignFile:
    """A campaign's file, read again when it was changed."""

    def __init__(self, path: Path) -> None:
        """Make it before `path` is read: what changes from now on is looked at."""
        self._path = path
        self._seen = self._signature()
        self.closed: str | None = None
        """Why it is closed, as `look` has found last, or None."""

    def look(self) -> str | None:
        """Why it is closed, or None; a file that cannot be read now says nothing new."""
        signature = self._signature()
        if signature is not None and signature != self._seen:
            self._seen = signature
            try:
                campaign = read_campaign(self._path)
            except ConfigError:
                return self.closed  # somebody is at work on it
            self.closed = CLOSED if campaign.urgent_action.status == "closed" else None
        return self.closed

    def _signature(self) -> tuple[int, ...] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
