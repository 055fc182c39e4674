"""How much of a file is read, and for how long; it knows no kind of file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LIMITS", "TOO_SLOW", "CannotRead", "Limits", "Watch"]

TOO_SLOW = "reading it takes too long; save the part that matters as a file of its own"


_OFTEN = 100
"""After how many lines the clock is looked at."""


class CannotRead(Exception):
    """Why a file cannot be read and what to do, as one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one document may have: far more than any Urgent Action ever had."""

    bytes: int = 20 * 1024 * 1024
    pages: int = 200
    lines: int = 20_000
    characters: int = 2_000_000
    links: int = 10_000
    seconds: float = 60.0
    """Looked at between parts of the work; what one call of a library takes is bounded by the size
    of what it is given, or it is made in a process of its own."""
    members: int = 2_000
    """Files inside a .docx."""
    member: int = 10 * 1024 * 1024
    """Bytes of one of them, unpacked."""
    unpacked: int = 30 * 1024 * 1024
    """Bytes of all that are read, unpacked."""
    ratio: int = 200
    """How many times larger one may grow by unpacking, if it is larger than 1 MiB."""


LIMITS = Limits()


class Watch:
    """Counts what is read of one document, and ends a reading that goes too far."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._until = clock() + limits.seconds
        self._lines = self._characters = self._links = 0

    def look(self) -> None:
        """Raises CannotRead if it takes too long."""
        if self._clock() > self._until:
            raise CannotRead(TOO_SLOW)

    def line(self, text: str) -> None:
        """Count one line. Raises CannotRead if it is one too many."""
        self._lines += 1
        if self._lines > self.limits.lines:
            raise _too_long(f"{self.limits.lines:,} lines")
        if self._lines % _OFTEN == 0:
            self.look()
        self.characters(len(text))

    def characters(self, count: int) -> None:
        """Count characters. Raises CannotRead if there are too many."""
        self._characters += count
        if self._characters > self.limits.characters:
            raise _too_long(f"{self.limits.characters:,} characters")

    def link(self) -> None:
        """Count one link. Raises CannotRead if it is one too many."""
        self._links += 1
        if self._links > self.limits.links:
            raise _too_long(f"{self.limits.links:,} links")

    def pages(self, count: int) -> None:
        """Raises CannotRead if these are too many pages."""
        if count > self.limits.pages:
            raise _too_long(f"{self.limits.pages:,} pages")


def _too_long(what: str) -> CannotRead:
    return CannotRead(f"it has more than {what}, so it is no Urgent Action; check the file")
