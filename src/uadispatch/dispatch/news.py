"""What a run tells those who watch it: a message recorded, a channel that waits, a fault."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.dispatch.states import State

__all__ = [
    "Confirming",
    "Delayed",
    "News",
    "Paused",
    "Progress",
    "Recalling",
    "Unrecorded",
    "Why",
]


class Why(StrEnum):
    """What a channel, or a message, waits for."""

    RATE = "rate"
    """Its channel's own pace."""
    QUIET_HOURS = "quiet hours"
    """It is night where the target is."""
    AWAY = "far end away"
    """The far end serves nobody for now."""
    ASKED = "far end asked"
    """The far end has asked for a pause (SMTP 421, HTTP 429 or 503, with a time)."""
    LATER = "later try"
    """A try failed for now; the next one has its time."""


class Progress(NamedTuple):
    """One message was recorded, as it is now."""

    channel: str
    target: str
    state: State
    reason: str
    asked: bool = False
    """It was not tried: its service was asked what became of it."""
    key: str = ""
    code: str | None = None
    """The far end's own code, if it gave one."""


@dataclass(frozen=True, slots=True)
class Paused:
    """A channel waits until a time, and why; nothing of it is tried meanwhile."""

    channel: str
    until: datetime
    says: str
    why: Why = Why.RATE


@dataclass(frozen=True, slots=True)
class Delayed:
    """So many messages of a channel wait, the first of them until a time; the others may go."""

    channel: str
    number: int
    until: datetime
    why: Why


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """Outcomes that the journal did not take; it is asked again."""

    number: int
    says: str


@dataclass(frozen=True, slots=True)
class Recalling:
    """After a closing: services are asked to give back so many messages that they took."""

    number: int


@dataclass(frozen=True, slots=True)
class Confirming:
    """Services are asked what became of so many messages that they took, or may have."""

    number: int
    done: int = 0
    """Of how many there is an answer by now, or none to be had."""


News = Confirming | Delayed | Progress | Paused | Recalling | Unrecorded
"""What a run tells while it goes on."""
