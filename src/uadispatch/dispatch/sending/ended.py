"""How a run ended: what was tried and what was not, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uadispatch.dispatch.followup.confirming import Confirmed
from uadispatch.dispatch.followup.recalling import Recalled

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from uadispatch.dispatch.news import Paused

__all__ = ["Ended", "Stopped"]


@dataclass(frozen=True, slots=True)
class Stopped:
    """A channel that cannot send at all, and why; its messages stay planned."""

    channel: str
    says: str


@dataclass(slots=True)
class Ended:
    """How a run ended."""

    tried: int = 0
    stopped: list[Stopped] = field(default_factory=list)
    paused: list[Paused] = field(default_factory=list)
    """Channels that were left waiting with messages that they had not tried."""
    cancelled: dict[str, int] = field(default_factory=dict)
    """Messages that were cancelled, by the reason (the deadline passed meanwhile, say)."""
    kept_back: dict[str, int] = field(default_factory=dict)
    """Messages that a guard kept back, by its reason."""
    closed: str | None = None
    """Why the campaign is closed, if it is by now: this run or another has cancelled the rest."""
    superseded: str | None = None
    """Why its text must not be sent any more, if another document has replaced it by now."""
    delayed: dict[str, int] = field(default_factory=dict)
    """Messages that must wait for a time of their own, by the reason."""
    confirmed: Confirmed = field(default_factory=Confirmed)
    """What services said of what they had taken before."""
    next_question: datetime | None = None
    """When a service is to be asked next."""
    recalled: Recalled = field(default_factory=Recalled)
    """After a closing: what the services were asked to give back."""
    bundles: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    """What was made of the files of many tasks, by channel."""
    troubles: list[str] = field(default_factory=list)
    """What else a person should know."""
    withdrawn: int = 0
    """After a closing: how many files of tasks were removed."""
    interrupted: bool = False
    next_due: datetime | None = None
    """When the next waiting message may be tried, if one waits for a time."""
