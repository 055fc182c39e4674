"""The contract of a channel: what a plugin implements, what the core lends it, and its one hook.

A whole channel::

    from typing import Any, ClassVar

    from uadispatch import Channel, ChannelSettings, Message, Receipt, hookimpl


    class FolderSettings(ChannelSettings):
        folder: Path


    class FolderChannel(Channel[FolderSettings]):
        name = "folder"
        contact = "email"
        Settings = FolderSettings

        async def send(self, message: Message) -> Receipt:
            path = self.settings.folder / f"{message.key}.txt"
            path.write_text(message.body, encoding="utf-8")
            return Receipt(says=f"written to {path.name}")


    @hookimpl
    def register_channels(register: Any) -> None:
        register(FolderChannel)

`uadispatch.testing.ChannelContract` holds the tests that every channel must pass.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import pluggy

from uadispatch.channels.channel_settings import ChannelSettings
from uadispatch.channels.http import open_client
from uadispatch.channels.message import Counts, Handover, Message, Outcome, Preview, Receipt
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime, time

    import httpx
    from pydantic import SecretStr

    from uadispatch.channels.standing_in import StandIn
    from uadispatch.channels.web import WebService
    from uadispatch.clock import Clock

__all__ = [
    "CHANNEL_NAME",
    "OUTCOMES",
    "PROJECT",
    "By",
    "Capabilities",
    "Channel",
    "RegisterChannel",
    "SettingsT",
    "Tools",
    "Typeset",
    "hookimpl",
    "hookspec",
]

PROJECT = "uadispatch"
"""The name of pluggy's project and of the entry-point group."""

CHANNEL_NAME = re.compile(r"[a-z][a-z0-9]*\Z")

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin's module as one of the hooks."""


SettingsT = TypeVar("SettingsT", bound=ChannelSettings)


class By(StrEnum):
    """Who does the sending: the program, or a person with what the program prepared."""

    PROGRAM = "program"
    """`send` returns a `Receipt`."""
    PERSON = "person"
    """`send` returns a `Handover`."""


OUTCOMES: Mapping[str, Counts] = MappingProxyType(
    {"done": Counts.CONTACT, "skipped": Counts.NOTHING}
)
"""What may be recorded of a person's work where its channel names nothing better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can do as it is configured."""

    by: By = By.PROGRAM
    """Who does the sending."""
    idempotent: bool = False
    """The far end itself drops a second message with the same key, so doubt may be re-sent; and it
    is one and the same far end each time."""
    confirms: bool = False
    """`confirm` can be asked what became of a message."""
    far_end: str = ""
    """Which far end it is as configured (service, account, our number), without secrets: what one
    may have, no other is asked about."""
    hands_on_to: str | None = None
    """The further channel that it hands its messages to."""
    recalls: bool = False
    """`recall` can take back what the service still holds."""
    quiet_hours: tuple[time, time] | None = None
    """From, until: when, at the target, nothing may go out."""
    queues: bool = False
    """`send` may be called for the whole `window` at once: it keeps to `concurrency` itself, calls
    `Tools.begin` for each message once there is a connection for it and before anything of it
    leaves, and lets go of a message that is cancelled before that."""
    longest_body: int | None = None
    """In characters as the far end counts them."""
    outcomes: Mapping[str, Counts] = field(default_factory=lambda: dict(OUTCOMES))
    """Of what a person does: what may be recorded of it, and what that says of the contact."""


class Begin(Protocol):
    """Waits until a message may begin."""

    async def __call__(self, *, anew: bool = False) -> None:
        """Return when it may; raise Temporary if it may not any more."""
        ...


async def _at_once(*, anew: bool = False) -> None:
    """Where no rate is kept."""


class Typeset(Protocol):
    """Makes pages; the same input gives the same bytes."""

    def __call__(
        self,
        layouts: Mapping[str, str],
        name: str,
        data: Mapping[str, object],
        *,
        at: datetime,
        fonts: Path | None = None,
    ) -> bytes:
        """The PDF (PDF/A-2b) that the layout `name` makes of `data`, dated with the day of `at`.

        Dated in UTC. `data` is JSON (see `page_data`), and a layout reads it with
        ``#let d = json(bytes(sys.inputs.data))``. `fonts` is a folder with further fonts, whose
        families are in ``json(bytes(sys.inputs.families))``. What was made lately is kept: to
        check, show and send one message costs one typesetting.

        Raises:
            Rejected: a letter that no font can draw, which is named; what a layout refuses with
                ``panic``; or a mistake in a layout, with its line.
        """
        ...


def _no_pages(*_: object, **__: object) -> bytes:
    raise ConfigError("this program was started without its typesetting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the core lends a channel."""

    clock: Clock
    """What time it is, and how to wait: a rehearsal's is another. Never ask the machine."""
    cache: Path
    """A folder of this channel's own for what can be made again; made when first used."""
    outbox: Path = field(default=Path(".uadispatch/outbox"))
    """A folder of this channel's own for the files that people work with; made when first used."""
    typeset: Typeset = field(default=_no_pages, repr=False)
    """``tools.typeset(message.layouts, "page", page_data(message), at=message.at)``: a PDF; see
    `Typeset`."""
    http: Callable[..., httpx.AsyncClient] = field(default=open_client, repr=False)
    """``tools.http(base_url=..., timeout=...)``: a client of httpx, for `send` to open and
    `aclose` to close. It follows no redirect and heeds no proxy of the environment."""
    secret: Callable[[SecretStr | None, str | None], Awaitable[str | None]] = field(repr=False)
    """``await tools.secret(settings.password, settings.password_command)``: the secret itself,
    or what the command prints; None without either. Raises ConfigError when the command fails."""
    channel: Callable[[str], Channel[ChannelSettings]] = field(repr=False)
    """Another configured channel to hand a message to. Its `send` keeps the rate of that channel,
    and raises Temporary if the message may not go there now: let that pass. Raises ConfigError
    when there is none."""
    begin: Begin = field(default=_at_once, repr=False)
    """``await tools.begin()`` in `send`, right before what the far end counts as one message, if
    something slow (a connection) comes first: it waits until the channel's rate lets it begin, and
    raises Temporary if the message may not begin any more. Called again, before a further part of
    the message, it only waits; with ``anew=True`` it also raises: nothing has left yet, and the
    message begins on another connection. Without it a message begins when `send` is called."""

    services: list[WebService] = field(default_factory=list, init=False, repr=False)
    """What `web` has lent; `Channel.aclose` closes them."""

    def web(self, name: str, *, mend: str = "check its settings", **options: Any) -> WebService:
        """A service that is asked over HTTP, for ``__init__`` to keep.

        Nothing is opened before it is first asked. `options` are those of `http`: ``base_url=...,
        timeout=...``. `name` is how errors call it; `mend` says what to look at where it refuses
        us at all.
        """
        from uadispatch.channels.web import WebService  # noqa: PLC0415 - most commands need none

        service = WebService(
            name, lambda: self.http(**options), clock=self.clock, begin=self.begin, mend=mend
        )
        self.services.append(service)
        return service


class Channel(ABC, Generic[SettingsT]):
    """A way to reach a target. `name`, `Settings`, `contact` and `send` are all that is required.

    One object serves many messages at the same time, `settings.concurrency` of them at most unless
    it `queues`. It does not retry: one call of `send` is one try.
    """

    name: ClassVar[str]
    """``[a-z][a-z0-9]*``; people type it, files are named by it."""
    contact: ClassVar[str]
    """The target's field that this channel writes to: ``email``, ``fax``, ``address``, ...;
    another name is looked for under the target's ``contacts``."""
    Settings: ClassVar[type[ChannelSettings]]
    templates: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Default texts by language (``en``, or ``any``), for a plugin that is one file; a package
    keeps them as ``templates/en.j2`` beside its code. What a template writes is the body; what it
    sets at its top level (``{% set subject %}``) are the subject and the further parts."""

    def __init__(self, settings: SettingsT, tools: Tools) -> None:
        """Keep what is given. No I/O: nothing is opened before the first `send`."""
        self.settings = settings
        """As they are configured."""
        self.tools = tools
        """What the core lends it."""

    @property
    def capabilities(self) -> Capabilities:
        """What this channel can do, as it is configured."""
        return Capabilities()

    def check(self, message: Message) -> None:
        """Raise Rejected if this message can never be sent. Pure; dry-run asks it too."""

    def preview(self, message: Message) -> Preview:
        """What the recipient will get. Pure, like `check`."""
        return Preview(text=message.body)

    def outline(self, message: Message) -> Preview:
        """As `preview`, where thousands are listed: the same text, but no pages are made for it.

        It may have fewer notes. What makes its pages may be there; it is asked when they are drawn.
        """
        return self.preview(message)

    @abstractmethod
    async def send(self, message: Message) -> Receipt | Handover:
        """Try once to send `message`.

        Raises:
            Temporary: certainly not sent; a later try may succeed.
            Unavailable: nor would any other message be; the channel pauses.
            Rejected: certainly not sent, and never will be as it is.
            OptedOut: certainly not sent; the recipient wants no more.
            Unknown: it may have been sent.
            ConfigError: no message can be sent as the channel is configured; nothing was.
        """

    async def confirm(
        self,
        message: Message,  # noqa: ARG002 - for those that can
        receipt: Receipt | None,  # noqa: ARG002 - for those that can
        since: datetime,  # noqa: ARG002 - for those that can
    ) -> Outcome | None:
        """What became of a message tried at `since`; None if that cannot be told (yet).

        Asked of channels whose `capabilities` have `confirms`: of what was accepted, and (with no
        receipt) of what is in doubt, which is looked up at the service. `RETRY` of what is in doubt
        says that it certainly is not there. It sends nothing.

        Raises:
            DeliveryError: the service cannot be asked now, or gives no good answer.
            ConfigError: it cannot be asked at all with these settings.
        """
        return None

    async def recall(
        self,
        message: Message,  # noqa: ARG002 - for those that can
        receipt: Receipt | None,  # noqa: ARG002 - for those that can
    ) -> bool:
        """Take back a message that the service still holds; True if it certainly did.

        Asked after a closing, once or several times, of channels whose `capabilities` have
        `recalls`; without an answer within a minute the message counts as gone.
        """
        return False

    def stand_in(self) -> StandIn | None:
        """A far end on this machine, as it is configured; for rehearsals and tests.

        What is required may be missing (None) in the settings then.
        """
        return None

    def bundle(
        self,
        files: Sequence[Path],  # noqa: ARG002 - for those that can
        into: Path,  # noqa: ARG002 - for those that can
    ) -> tuple[Path, ...]:
        """Put the files of many hand-overs together, for who does them in one go (a printer).

        Writes to the folder `into`; returns what it made, which replaces what it made there
        before. Without `files` that is removed.
        """
        return ()

    async def aclose(self) -> None:
        """Close what `send` opened; may be called twice.

        `send` may be called after it. What `Tools.web` has lent is closed here.
        """
        for service in self.tools.services:
            await service.aclose()


class RegisterChannel(Protocol):
    """What `register_channels` is given: call it once for each channel class."""

    def __call__(self, channel: type[Channel[SettingsT]], /) -> None:
        """Offer `channel` to the program."""
        ...


class Hooks:
    """The hooks a plugin may implement."""

    @hookspec
    def register_channels(self, register: RegisterChannel) -> None:
        """Call ``register(MyChannel)`` for each channel class of this plugin; do nothing else."""
