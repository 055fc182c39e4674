"""Lengths of time as people write them: ``90 s``, ``5 minutes``, ``2 h``, ``3 days``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

__all__ = ["Duration", "read_duration"]

_UNITS = {
    "seconds": ("s", "sec", "second", "seconds"),
    "minutes": ("m", "min", "minute", "minutes"),
    "hours": ("h", "hour", "hours"),
    "days": ("d", "day", "days"),
}
_NAMES = {name: unit for unit, names in _UNITS.items() for name in names}
_WRITTEN = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]*)", re.ASCII)


def read_duration(value: object) -> object:
    """A number and a unit as a timedelta; a bare number is seconds.

    Raises:
        ValueError: it is neither, as a sentence.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    found = _WRITTEN.fullmatch(str(value).strip().lower())
    if found is None or (unit := _NAMES.get(found[2] or "s")) is None:
        raise ValueError("write a number and a unit, such as 90 s, 5 minutes, 2 h or 3 days")
    return timedelta(**{unit: float(found[1])})


Duration = Annotated[timedelta, BeforeValidator(read_duration)]
"""A timedelta that may be written as ``5 minutes``."""
