"""What passes between the core and a channel: the message, and what the channel says of it.

Values only: nothing here renders, sends or stores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from uadispatch.campaign.values import Block, EmailAddress, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    from uadispatch.campaign.model import Target
    from uadispatch.campaign.values import Contact

__all__ = [
    "Attachment",
    "Became",
    "Counts",
    "Figure",
    "Handover",
    "Message",
    "Organisation",
    "Outcome",
    "Preview",
    "Receipt",
]


class Organisation(BaseModel):
    """Who speaks: the sender of every message. No message pretends to be from someone else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line
    """As it signs."""
    email: EmailAddress
    """The address that sends."""
    address: Block | None = None
    """The postal address, for letterheads."""
    reply_to: EmailAddress | None = None
    """Where answers should go, if not to `email`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message; `media_type` is its MIME type."""

    name: str
    """Its file name."""
    media_type: str
    content: bytes = field(repr=False)
    """Its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered appeal for one target on one channel.

    Everything in it comes from the snapshot and the journal, so the same message can be shown
    again byte for byte. Its texts are data: escape them in whatever format you write.
    """

    key: str
    """What makes it this message: 64 hexadecimal digits. The same key is never sent twice."""
    reference: str
    """The id to show the far end (a Message-ID, a label): the key, or a rehearsal's own."""
    campaign: str
    """The Urgent Action's number: ``46/19``."""
    channel: str
    """The name of the channel."""
    target: Target
    """Whom it is for, as the campaign file has it."""
    to: Contact
    """The one contact to use; `to.value` is what it was read as, `to.written` as it was written."""
    language: str
    """BCP 47 tag of the text."""
    subject: str
    """One line; empty where the template has no block ``subject``."""
    body: str
    """The text; lines end with LF."""
    sender: Organisation
    """Who speaks."""
    at: datetime
    """When this try was claimed, in UTC; the Date of a letter or mail."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """The template's further blocks by name."""
    layouts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The channel's page layouts (typst), by name: what `Tools.typeset` makes pages with."""
    attachments: tuple[Attachment, ...] = ()
    """Files that go with it."""
    rehearsal: bool = False
    """Whether it goes to a tester, or a stand-in, and to nobody else."""

    def dated(self, at: datetime) -> Message:
        """The same message, for a try that was claimed at `at`."""
        # By hand: `replace` takes thrice as long, and every message of a run comes through here.
        other = object.__new__(Message)
        for put, value in zip(_PUT, _ALL_OF(self), strict=True):
            put(other, value)
        _PUT_AT(other, at.replace(microsecond=0))
        return other


_ALL_OF = attrgetter(*Message.__slots__)
_PUT = tuple(getattr(Message, name).__set__ for name in Message.__slots__)
_PUT_AT = _PUT[Message.__slots__.index("at")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the far end answered when it took a message.

    `id` is its own name for it; `says` its words, without secrets. `confirmed` is true only if
    this answer proves that the recipient has it. `ask_again_at` asks the core to `confirm` then.
    """

    says: str
    id: str | None = None
    code: str | None = None
    """The far end's own code, such as ``HTTP 201``; it goes into the audit."""
    confirmed: bool = False
    ask_again_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What a person needs to act: files that were made and links to open."""

    files: tuple[Path, ...] = ()
    """Files that were made, each for the eyes of this user alone."""
    links: tuple[str, ...] = ()
    """Links to open; those of the preview."""
    says: str = ""
    """What to do, in words."""


class Counts(StrEnum):
    """What an outcome that a person records says of the contact."""

    CONTACT = "contact"
    """The appeal has reached the target's office: reached, voicemail, posted, mailed."""
    AGAIN = "again"
    """It has not, and may be tried again: no answer, busy."""
    NOTHING = "nothing"
    """It has not, and will not be: refused, skipped."""
    WRONG = "wrong"
    """It cannot: the contact is wrong, and is marked for every campaign."""


class Became(StrEnum):
    """What became of a message that a service took, or may have taken."""

    ACCEPTED = "accepted"
    """The service has it and is still busy with it."""
    CONFIRMED = "confirmed"
    """The recipient has it."""
    RETRY = "retry"
    """It certainly did not get there; another try is right."""
    FAILED = "failed"
    """It did not get there and will not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What `confirm` found out about a message.

    `says` are the far end's words, for staff, without secrets; `code` its own code. `id` is the
    service's name for a message that was looked up; it is kept as the receipt's. `ask_again_at`
    is when to ask once more, of what is still `accepted`; `retry_after` the least wait before
    another try. `contact`, of what `failed`: it is the contact itself that is wrong. `exact` says
    that it bears this message's own label, and so is no other's.
    """

    became: Became
    """What became of it."""
    says: str = ""
    code: str | None = None
    id: str | None = None
    ask_again_at: datetime | None = None
    retry_after: timedelta | None = None
    contact: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture beside a text, such as a code to scan; `alt` says in words what it shows."""

    content: bytes = field(repr=False)
    """PNG or SVG."""
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the recipient will get: `text` as it will read; pictures of pages; links to open."""

    text: str
    draw: Callable[[], tuple[bytes, ...]] = field(default=tuple, compare=False, repr=False)
    """Makes the `pages`: pictures cost time, and not everybody looks at them."""
    sketch: Callable[[], tuple[Figure, ...]] = field(default=tuple, compare=False, repr=False)
    """Makes the `figures`, for the same reason."""
    links: tuple[str, ...] = ()
    """What a person opens to act."""
    notes: tuple[str, ...] = ()
    """What the reviewer should know: a length, a price."""
    file: bytes | None = field(default=None, compare=False, repr=False)
    """What its pages are drawn from, if that is what goes out: of a file with these very bytes
    they need not be drawn to know that they are the same."""

    @property
    def pages(self) -> tuple[bytes, ...]:
        """Pictures of its pages: PNG, one a page."""
        return self.draw()

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What stands beside its text: a code to scan."""
        return self.sketch()
