"""Rates as people write them: ``30/minute``, ``2 per hour``, ``100/15 minutes``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from uadispatch.channels.durations import read_duration

__all__ = ["Rate", "read_rate"]

_WRITTEN = re.compile(r"(\d{1,9})\s*(?:/|\bper\b)\s*(.+)", re.ASCII)
_LONGEST = timedelta(days=366)
_MARGIN = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class RateValue:
    """So many messages in each `period`, wherever the period begins."""

    number: int
    period: timedelta

    @property
    def spacing(self) -> timedelta:
        """From one start to the next: evenly, so that there is no burst.

        A hair more than the period's part: 2 an hour, begun each half hour to the tick, would be
        3 in an hour that has both its ends.
        """
        even = self.period / self.number
        return even + max(min(_MARGIN, even / 100), timedelta.resolution)

    def __str__(self) -> str:
        seconds = self.period.total_seconds()
        return f"{self.number}/{seconds:g} s"


def read_rate(value: object) -> object:
    """A number and a period as a rate.

    Raises:
        ValueError: it is none, as a sentence.
    """
    if value is None or isinstance(value, RateValue):
        return value
    found = _WRITTEN.fullmatch(str(value).strip().lower())
    if found is not None:
        period = found[2].strip()
        length = read_duration(period if period[0].isdigit() else f"1 {period}")
        number = int(found[1])
        if isinstance(length, timedelta) and timedelta(0) < length <= _LONGEST and number > 0:
            return RateValue(number, length)
    raise ValueError("write a number and a period, such as 30/minute, 2/hour or 100/15 minutes")


Rate = Annotated[RateValue, BeforeValidator(read_rate), PlainSerializer(str)]
"""A rate that may be written as ``30/minute``."""
