"""Many texts for one reason, put together: a server names each address anew when it refuses it.

It reads texts and counts them; nothing is lost: what finds no group of its own has one together.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["OTHERS", "Reason", "Reasons", "short"]

GROUPS = 40
"""So many reasons of one kind are told apart; what comes after is counted with the others."""
READ, SHOWN = 500, 160
"""Characters of a text that are looked at, and those that are kept."""

OTHERS = "other reasons"
UNKNOWN = "no reason is kept"
"""A purge has removed it, or the far end gave none."""

_VARIES = re.compile(
    r"<?[^\s<>@]{1,64}@[^\s<>@]{1,255}>?"  # an address
    r"|https?://\S+"
    r"|\+\d[\d ().-]{5,20}\d"  # a number to call
    r"|\b(?=\w{0,30}\d)(?=\w{0,30}[A-Za-z])[\w]{8,}\b"  # what a server calls one message
    r"|\b\d{5,}\b"
)
_TRIES = re.compile(r"\bgiven up after (?:1 try|\d+ tries)\b")


class Reason(NamedTuple):
    """How many messages are where they are for one reason."""

    state: str
    """A state, or ``held``."""
    channel: str
    code: str
    """The far end's own code; "" if there is none."""
    says: str
    number: int
    texts: int
    """How many different texts say it."""


@dataclass(slots=True)
class Reasons:
    """Counts messages by reason, text by text."""

    _numbers: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    _texts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    _kinds: Counter[str] = field(default_factory=Counter)

    def add(self, state: str, channel: str, code: str, text: str, number: int) -> None:
        """Count `number` messages that one `text` gives the reason for."""
        group = (state, channel, code, short(text))
        if group not in self._numbers:
            if self._kinds[state] >= GROUPS:
                group = (state, channel, "", OTHERS)
            else:
                self._kinds[state] += 1
        self._numbers[group] += number
        self._texts[group] += 1

    def all(self) -> tuple[Reason, ...]:
        """What was counted, the most frequent first."""
        found = [
            Reason(*group, number, self._texts[group]) for group, number in self._numbers.items()
        ]
        return tuple(sorted(found, key=lambda reason: (-reason.number, reason)))


def short(text: str) -> str:
    """`text` in one line, without what differs from message to message."""
    text = " ".join(text[:READ].split())
    text = _VARIES.sub("…", _TRIES.sub("given up after its tries", text))
    if len(text) > SHOWN:
        text = text[:SHOWN].rpartition(" ")[0] + " …"
    return text or UNKNOWN
