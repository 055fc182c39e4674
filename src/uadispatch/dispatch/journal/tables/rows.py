"""What goes into the journal and comes out of it: values between the tables and the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, NamedTuple

from uadispatch.dispatch.states import State

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from datetime import datetime, time

    from uadispatch.campaign.issues import Issue
    from uadispatch.channels.message import Counts

__all__ = [
    "LONGEST_PAUSE",
    "Claimed",
    "ContactFact",
    "Entry",
    "Handed",
    "Mark",
    "Moment",
    "Pace",
    "Pacing",
    "Planned",
    "Repeatable",
    "Selection",
    "Settlement",
    "Step",
    "Turn",
    "storable",
]


LONGEST_PAUSE = timedelta(days=1)
"""No far end makes a whole channel wait for longer than this."""


def storable(value: object) -> str | None:
    """A channel's words, which may be anything: none may keep the others from the books."""
    if value is None:
        return None
    if type(value) is str and value.isascii() and "\0" not in value:
        return value
    return str(value).encode("utf-8", "replace").decode().replace("\0", "")


@dataclass(frozen=True, slots=True)
class Handed:
    """What a channel made for a person to act with: paths of files, and links."""

    files: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class Repeatable(StrEnum):
    """Why a try may be made again although nobody knows what became of it."""

    PERSON = "person"
    """It makes files and links for a person, and to make them again harms nobody."""
    IDEMPOTENT = "idempotent"
    """The far end itself drops a second message with the same key."""


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
    repeatable: Repeatable | None = None
    zones: str | None = None
    """The time zones where its target may be, with a space between; None: it has no quiet hours."""
    anew: str | None = None
    """Why it begins anew if it had failed; None: it does not."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "refusal", storable(self.refusal))


class Absent(NamedTuple):
    """What no plan has, although no edit of its campaign file took it out."""

    channels: Mapping[str, str]
    """The channels that cannot be used today, each with why."""
    targets: Container[str]
    """The ids of all that stand in the file."""


# Made once for every try: a tuple costs a fifth of a frozen dataclass.
class Claimed(NamedTuple):
    """A message that this process alone may now try to send, once."""

    id: int
    key: str
    target: str
    channel: str
    contact: str
    """The contact's identity."""
    language: str
    snapshot: str
    target_digest: str
    attempt: int
    """This try's number, from 1."""
    counted: int
    """The number of tries that count towards the last one, with this one."""
    first_try_at: datetime
    claimed_at: datetime
    expires_at: datetime
    """The first moment at which it must not go any more."""
    target_body: str | None
    """The target as it is stored; None: it is not."""
    doubtful: bool
    """An earlier try may have gone out; the far end drops a second copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """What a channel lets its claims do, as its run has configured it."""

    channel: str
    spacing: timedelta | None = None
    """The time from one start to the next, if it has a rate."""
    repeatable: Repeatable | None = None
    """Why a try that is cut off may be made again here."""
    far_end: str = ""
    """Which far end its tries go to."""
    quiet_hours: tuple[time, time] | None = None
    """From, until: when, at the target, nothing may go out."""


class Step(Enum):
    """What a claimed message is about to do on a channel."""

    BEGINS = auto()
    """Nothing of it has left."""
    GOES_ON = auto()
    """A part of it has left, and the next one is to follow."""
    HANDED_ON = auto()
    """It comes from another channel, as a claim would on this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What one try says of its channel's pace."""

    spacing: timedelta | None = None
    """What to keep to until `slow_until`, because the far end asked for a wait."""
    slow_until: datetime | None = None
    paused_until: datetime | None = None
    """The far end wants nothing before."""
    because: str = ""


class ContactFact(StrEnum):
    """What an answer can say of a contact, for every campaign that uses it."""

    OPTED_OUT = "opted_out"
    """It wants no more messages: nothing is sent there again."""
    REJECTED = "rejected"
    """It was refused for good: it is marked, for whoever looks before sending."""


@dataclass(frozen=True, slots=True)
class Mark:
    """That a contact was refused for good: when, in which campaign, and the far end's words."""

    at: datetime
    campaign: str
    because: str


class Settlement(NamedTuple):
    """What became of a claim: the row's `id` and the number of its `attempt` say which."""

    id: int
    attempt: int
    after: State
    at: datetime
    reason: str = ""
    code: str | None = None
    receipt: str | None = None
    not_before: datetime | None = None
    excused: bool = False
    """The try does not count towards the last one: the far end served nobody."""
    channel: str = ""
    contact: str = ""
    says_of_contact: ContactFact | None = None
    pace: Pace | None = None
    ask_again_at: datetime | None = None
    """When to ask its service what became of it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one transaction gave: claims; how many were cancelled or kept back, by reason."""

    claimed: Sequence[Claimed]
    cancelled: Mapping[str, int]
    kept_back: Mapping[str, int]
    left: Sequence[int] = ()
    """Ids that were not looked at: they may not go yet."""
    not_before: datetime | None = None
    """When the channel's pace lets the next go, if it let none go now."""
    waits_for: str = ""
    """Why, if that is more than its rate."""
    delayed: Mapping[str, int] = field(default_factory=dict)
    """How many must wait, by reason: each for a time of its own, which is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What only the caller knows of a moment; the journal adds its own facts."""

    campaign: str
    now: datetime
    closed: str | None = None
    """Why the campaign file says that it is closed, or None."""
    approval_of: str | None = None
    """The snapshot's digest that must have been approved, or None if none must."""
    document: Issue | None = None
    """Of which document the campaign file's text is; None: no file is at hand."""


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
    owner: str | None
    """The process that claimed it last."""
    expires_at: datetime
    changed_at: datetime
    repeatable: Repeatable | None = None
    counted: int = 0
    """Its tries that count towards the last one."""
    first_try_at: datetime | None = None
    ask_again_at: datetime | None = None
    """When its service is asked what became of it."""
    receipt_id: str | None = None
    """What its service calls what it took at the last try."""
    far_end: str = ""
    """Which far end the last try was for."""
    outcome: str | None = None
    """What a person recorded of it."""
    counts: Counts | None = None
    """What that says of the contact."""
    lease_by: str | None = None
    """The person who is at it, until `lease_until`."""
    lease_until: datetime | None = None
    handed: Handed | None = None
    """What was made for a person."""

    def leased_by(self, now: datetime) -> str | None:
        """Who is at it, if anybody is now."""
        return self.lease_by if self.lease_until is not None and self.lease_until > now else None

    @property
    def goes_again(self) -> bool:
        """Whether it is in doubt, and may all the same be tried again by the program."""
        return (
            self.state is State.IN_DOUBT
            and self.repeatable is Repeatable.IDEMPOTENT
            and self.not_before is not None
        )
