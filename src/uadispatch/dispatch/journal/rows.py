"""What goes into the journal and comes out of it: values between the tables and the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from uadispatch.dispatch.states import State

__all__ = ["Claimed", "Entry", "Moment", "Planned", "Selection", "Settlement", "Turn"]


def _storable(value: object) -> str | None:
    """A channel's words, which may be anything: none may keep the others from the books."""
    if value is None:
        return None
    return str(value).encode("utf-8", "replace").decode().replace("\0", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A message as it was planned, ready to be recorded."""

    key: str
    target: str
    channel: str
    contact: str
    """The contact's identity, by which a second message to it is found."""
    to: str
    language: str
    target_digest: str
    target_body: str
    expires_at: datetime
    held: str | None
    refusal: str | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "refusal", _storable(self.refusal))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that this process alone may now try to send, once."""

    id: int
    key: str
    target: str
    channel: str
    language: str
    snapshot: str
    target_digest: str
    target_body: str
    attempt: int
    """This try's number, from 1."""
    first_try_at: datetime
    claimed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of a claim."""

    id: int
    after: State
    at: datetime
    reason: str = ""
    code: str | None = None
    receipt: str | None = None
    not_before: datetime | None = None
    opted_out: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", _storable(self.reason) or "")
        object.__setattr__(self, "code", _storable(self.code))
        object.__setattr__(self, "receipt", _storable(self.receipt))


@dataclass(frozen=True, slots=True)
class Turn:
    """What one transaction gave: claims; how many were cancelled or kept back, by reason."""

    claimed: Sequence[Claimed]
    cancelled: Mapping[str, int]
    kept_back: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What only the caller knows of a moment; the journal adds its own facts."""

    campaign: str
    now: datetime
    closed: str | None = None
    """Why the campaign file says that it is closed, or None."""
    approval_of: str | None = None
    """The snapshot's digest that must have been approved, or None if none must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which messages of a campaign are meant; None means all."""

    channels: frozenset[str] | None = None
    targets: frozenset[str] | None = None

    def takes(self, target: str, channel: str) -> bool:
        """Whether the message to `target` on `channel` is meant."""
        return (self.targets is None or target in self.targets) and (
            self.channels is None or channel in self.channels
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message as the journal has it."""

    key: str
    round: int
    target: str
    channel: str
    to: str
    contact: str
    state: State
    reason: str
    held: str | None
    attempts: int
    not_before: datetime | None
    claimed_at: datetime | None
    expires_at: datetime
    changed_at: datetime
