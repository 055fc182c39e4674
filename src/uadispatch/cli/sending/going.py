"""What a run is about to try: how many messages, the first of them by name, and what is odd there.

It keeps as little of a million messages as of ten.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.dispatch.planning.drafts import Draft

__all__ = ["SHOWN", "Going"]

SHOWN = 5
"""How many messages are named before they are sent."""


class Going:
    """The messages that go out at once, or later in the same run if it waits."""

    def __init__(self, now: datetime, *, limit: int | None, wait: bool) -> None:
        """None of them yet; no more than the `limit`."""
        self._now = now
        self._limit = limit
        self._wait = wait
        self.numbers: Counter[str] = Counter()
        """By channel."""
        self.number = 0
        self.first: list[Draft] = []
        self.marked: list[Draft] = []
        """The first of those whose contact was refused for good before."""
        self.marks = 0
        """How many such there are."""

    def add(self, draft: Draft) -> None:
        """Look at a message, in its turn."""
        if self._limit is not None and self.number >= self._limit:
            return
        if not (draft.goes_out if self._wait else draft.is_due(self._now)):
            return
        self.number += 1
        self.numbers[draft.channel] += 1
        if len(self.first) < SHOWN:
            self.first.append(draft)
        if draft.mark is not None:
            self.marks += 1
            if len(self.marked) < SHOWN:
                self.marked.append(draft)
