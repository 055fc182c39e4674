"""What of the public API is to go: still there for one minor version, with a warning.

It knows names and versions only; docs/compatibility.md says what is promised.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "LEAVING",
    "Leaving",
    "UadispatchDeprecationWarning",
    "deprecated",
    "served",
    "wrong_with",
]

P = ParamSpec("P")
R = TypeVar("R")


class UadispatchDeprecationWarning(DeprecationWarning):
    """Something of the public API is to go; it says what to use instead, and until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A name that is to go."""

    home: str
    """Where it lives now: ``package.module:name``."""
    since: str
    """The version of the program, MAJOR.MINOR, that warns first."""
    until: str
    """The first version that may be without it: one minor version later at least."""
    instead: str
    """What to use, in words."""


LEAVING: Mapping[str, Leaving] = {}
"""``uadispatch.NAME`` or ``uadispatch.testing.NAME`` to what becomes of it."""


def served(name: str) -> Any:
    """What is still called `name`, with a warning for who has asked.

    Raises:
        AttributeError: there is no such name.
    """
    leaving = LEAVING.get(name)
    if leaving is None:
        module, _, last = name.rpartition(".")
        raise AttributeError(f"module {module!r} has no attribute {last!r}")
    _warn(name, leaving.since, leaving.until, leaving.instead, level=4)
    module, _, last = leaving.home.partition(":")
    return getattr(import_module(module), last)


def deprecated(
    *, since: str, until: str, instead: str
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function or method that is to go."""

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        name = f"{function.__module__.partition('.')[0]}'s {function.__qualname__}"

        @functools.wraps(function)
        def marked(*args: P.args, **kwargs: P.kwargs) -> R:
            _warn(name, since, until, instead, level=3)
            return function(*args, **kwargs)

        marked.__dict__["__leaving__"] = (since, until)
        return marked

    return mark


def wrong_with(table: Mapping[str, Leaving], version: str) -> list[str]:
    """What of a table must be mended in this `version` of the program, in words."""
    now = _number(version)
    found = []
    for name, leaving in table.items():
        since, until = _number(leaving.since), _number(leaving.until)
        if since > now:
            found.append(f"{name} warns since {leaving.since}, which is yet to come")
        if until <= since:
            found.append(f"{name} must stay for one minor version after {leaving.since}")
        if now >= until:
            found.append(f"{name} was to go with {leaving.until}: take it out, and raise the API")
    return found


def _number(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def _warn(name: str, since: str, until: str, instead: str, *, level: int) -> None:
    warnings.warn(
        f"{name} is to go: since version {since}; use {instead}; it stays until version {until}",
        UadispatchDeprecationWarning,
        stacklevel=level,
    )
