"""When an office is open: ``Mon-Fri 09:00-18:30``, in the office's own time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from uadispatch.campaign.text import line, shown

__all__ = ["Hours", "OfficeHours"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = rf"(?:{'|'.join(_DAYS)})"
_DAYS_SPAN = rf"{_DAY}(?:-{_DAY})?"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_HOURS = re.compile(
    rf"(?P<days>{_DAYS_SPAN}(?:,{_DAYS_SPAN})*) (?P<opens>{_CLOCK})-(?P<closes>{_CLOCK})"
)
_UNNAMED = re.sub(r"\?P<\w+>", "", _HOURS.pattern)


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """The days of the week (Monday is 0) and the times from and until which an office is open."""

    days: frozenset[int]
    opens: time
    closes: time

    @classmethod
    def read(cls, text: str) -> OfficeHours:
        """Read `text`. Raises ValueError with the mend."""
        found = _HOURS.fullmatch(text)
        if not found:
            raise ValueError(
                f"{shown(text)} are no opening hours; write them as Mon-Fri 09:00-18:30 "
                "or Sun,Tue 08:00-12:00"
            )
        opens, closes = (time.fromisoformat(found[name]) for name in ("opens", "closes"))
        if opens >= closes:
            raise ValueError(f"{shown(text)} closes before it opens; write the earlier time first")
        days: set[int] = set()
        for span in found["days"].split(","):
            first, _, last = span.partition("-")
            start = _DAYS.index(first)
            # Sat-Wed runs over the end of the week.
            length = (_DAYS.index(last or first) - start) % len(_DAYS) + 1
            days.update((start + step) % len(_DAYS) for step in range(length))
        return cls(frozenset(days), opens, closes)


def _hours(value: object) -> str:
    text = line(value)
    OfficeHours.read(text)
    return text


Hours = Annotated[
    str,
    BeforeValidator(_hours),
    WithJsonSchema({"type": "string", "pattern": f"^{_UNNAMED}$"}),
]
"""Opening hours as they were written; `OfficeHours.read` takes them apart."""
