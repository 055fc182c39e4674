"""What a run tells those who watch it: a message recorded, a channel that waits, a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.dispatch.states import State

__all__ = ["Confirming", "News", "Paused", "Progress", "Recalling", "Unrecorded"]


class Progress(NamedTuple):
    """One message was recorded, as it is now."""

    channel: str
    target: str
    state: State
    reason: str
    asked: bool = False
    """It was not tried: its service was asked what became of it."""


@dataclass(frozen=True, slots=True)
class Paused:
    """A channel waits until a time, and why; nothing of it is tried meanwhile."""

    channel: str
    until: datetime
    says: str


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


News = Confirming | Progress | Paused | Recalling | Unrecorded
"""What a run tells while it goes on."""
