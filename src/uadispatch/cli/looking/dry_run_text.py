"""What a dry-run prints of messages: numbers, a few whole ones and the lines of a table.

It keeps as little of a million messages as of fifty.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.dispatch.planning.drafts import Draft

__all__ = ["FULL", "ROWS", "Shown"]

FULL = 12
"""Up to this many messages are shown whole; of more, one for each channel and language."""
ROWS = 40
"""How many lines the table of messages has at most."""


class Shown:
    """The messages that a dry-run is about."""

    def __init__(self, limit: int | None) -> None:
        """All that were selected; with a `limit`, so many of those that go out."""
        self._limit = limit
        self.number = 0
        self.outgoing: Counter[str] = Counter()
        """By channel: what would go out."""
        self.is_faulty = False
        """Whether a person must look at any of them: it is refused, broken or held."""
        self._first: list[Draft] = []
        self._odd: list[Draft] = []
        self._calm: list[Draft] = []
        self._kinds: dict[tuple[str, str], Draft] = {}

    def takes(self, draft: Draft) -> bool:
        """Look at a message; whether it is among those that are shown."""
        goes_out = draft.goes_out
        if self._limit is not None and (self.number >= self._limit or not goes_out):
            return False
        self.number += 1
        if goes_out:
            self.outgoing[draft.channel] += 1
        elif draft.refusal or draft.broken or draft.held:
            self.is_faulty = True
        if len(self._first) < ROWS:
            self._first.append(draft)
        rows = self._calm if goes_out or draft.entry is not None else self._odd
        if len(rows) < ROWS:
            rows.append(draft)
        self._kinds.setdefault((draft.channel, draft.choice.language), draft)
        return True

    @property
    def samples(self) -> Sequence[Draft]:
        """Those that are shown whole: all of a few, else the first of each channel and language."""
        return self._first if self.number <= FULL else list(self._kinds.values())

    @property
    def rows(self) -> Sequence[Draft]:
        """Those that stand in the table; of many, what is kept back comes first."""
        return self._first if self.number <= ROWS else (self._odd + self._calm)[:ROWS]
