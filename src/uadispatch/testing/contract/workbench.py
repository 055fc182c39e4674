"""What the contract's tests are made with: the channel, its stand-in, and messages for it.

It knows what an author of a channel says in his test class, and holds no test.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydantic import SecretStr

from uadispatch.campaign.model import Target
from uadispatch.channels.contract import Channel, Tools
from uadispatch.channels.http import open_client
from uadispatch.channels.message import Message, Organisation
from uadispatch.channels.standing_in import CannotSimulate, Failure, StandIn
from uadispatch.errors import ConfigError
from uadispatch.rendering.pages import Pages
from uadispatch.rendering.templates import collect, layouts_of
from uadispatch.settings import reveal
from uadispatch.testing.clock import VirtualClock
from uadispatch.testing.contract.guard import Guard, fenced

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import httpx

    from uadispatch.channels.contract import Begin
    from uadispatch.clock import Clock
    from uadispatch.testing.contract.cases import Case

    Story = Callable[[Channel[Any], StandIn], Awaitable[None]]

__all__ = ["MARK", "NOW", "NUMBERED", "Given", "Workbench", "reference_of"]

MARK = "s3cr3t-Canary-7Zq"
"""Put into every secret setting; it may show up nowhere."""

NOW = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)
MOMENT = 0.4
"""Seconds that an impatient channel waits for an answer."""
SLOWEST = 0.5
"""Seconds that one of many messages may take; one with pages takes some."""
_TURNS = 5
"""Turns of the event loop in which what has ended goes away."""
_LOOKS, _LOOK = 200, 0.005
_FICTITIOUS = 100
"""Numbers +1 202 555 0100 to 0199 belong to nobody."""
CONTACTS: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        "email": lambda n: f"official-{n}@example.org",
        "phone": lambda n: f"+1 202 555 01{n % _FICTITIOUS:02}",
        "fax": lambda n: f"+1 202 555 01{n % _FICTITIOUS:02}",
        "twitter": lambda n: f"@official{n}",
        "facebook": lambda n: f"official.example.{n}",
        "address": lambda n: f"{n + 1} Example Street\nExampletown",
    }
)
NUMBERED = "{n}"
"""Stands in a given contact for two digits."""
_PLACES = frozenset({"cache", "outbox", "received", "other", "one", "two", "home"})
"""Folders of a test: the channel's, the stand-in's, and the campaign's."""
NO_HOME = Path("/dev/null")
"""No organisation's own templates: only what comes with the program and the plugin."""


def _contact_on(field: str, number: int, given: str | None) -> str:
    """A contact of the official number `number`: as `given`, or one of a usual field."""
    if given is not None:
        return given.replace(NUMBERED, f"{number % _FICTITIOUS:02}")
    return CONTACTS[field](number) if field in CONTACTS else f"somebody-{number}"


@dataclass(frozen=True, kw_only=True)
class Given:
    """How a channel is built for a test."""

    secrets: bool = False
    """Put `MARK` into every secret setting."""
    concurrency: int = 1
    """At least so many messages at once."""
    rounds: int | None = None
    """Its window is so many times its concurrency."""
    begin: Begin | None = None
    """Asked in place of the core."""
    impatient: bool = False
    """It waits but a moment for a far end that is silent: its client of `Tools.http` too,"""
    hurried: bool = False
    """or only as far as its stand-in names settings for that."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: Callable[[SecretStr | None, str | None], Awaitable[str | None]] = reveal
    """Asked in place of the core."""


def reference_of(number: int) -> str:
    """The reference of the message to the official number `number`; no part of its key."""
    return f"contract-{number:06}"


class Workbench:
    """What a test class says of its channel, and what is made of that."""

    channel: ClassVar[type[Channel[Any]]]
    """The class under test."""
    settings: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Settings beyond those that the stand-in gives."""
    contact: ClassVar[str | None] = None
    """A contact to write to, where the channel's field is none of the usual ones: ``"user{n}"``,
    where ``{n}`` stands for two digits, so that there are several."""
    cases: ClassVar[Sequence[Case]] = ()
    """Answers of its service, each with what `send` must make of it; see `Case`."""
    cannot_simulate: ClassVar[Mapping[Failure, str]] = MappingProxyType({})
    """Failures that your stand-in cannot play, each with the reason."""
    longest: ClassVar[float] = 30.0
    """Seconds after which a test in which nothing moves is taken to hang."""
    many: ClassVar[int] = 1000
    """How many messages the test of what they cost sends."""

    _count = count()
    _guard: Guard
    _clock: Clock | None = None
    _named: str | None = None
    """The contact that its stand-in names."""
    _messages = 0
    """How many messages the test sends, if many."""

    def make_stand_in(self) -> StandIn:
        """The far end to test against; override it if the class itself brings none."""
        required = [
            name for name, field in self.channel.Settings.model_fields.items()
            if field.is_required()
        ]  # fmt: skip
        given: dict[str, Any] = dict.fromkeys(required) | dict(self.settings)
        looked_at = self.channel.Settings.model_construct(None, **given)
        stand_in = self._channel_of(looked_at, Path(".uadispatch/contract")).stand_in()
        if stand_in is None:
            pytest.fail(
                f"{self.channel.__name__} brings no stand-in: return one from stand_in(), or "
                f"override make_stand_in() in a test class, so that its promises can be tested"
            )
        return stand_in

    def _contact(self, number: int) -> str:
        """A contact of the official number `number`, as it would stand in a campaign file."""
        return _contact_on(self.channel.contact, number, self._given_contact())

    def _given_contact(self) -> str | None:
        """The contact that the author names, in the test class or in the stand-in."""
        return self.contact if self.contact is not None else self._named

    def _limit(self) -> float:
        """Seconds that this test may take; one of many messages may take longer."""
        return self.longest + self._messages * SLOWEST

    def _misbehave(self, stand_in: StandIn, failure: Failure) -> None:
        """Let the stand-in play `failure`, or skip with the author's reason."""
        if (reason := self.cannot_simulate.get(failure)) is not None:
            pytest.skip(f"not simulated, says its author: {reason}")
        try:
            stand_in.misbehave(failure)
        except CannotSimulate as exc:
            pytest.skip(f"not simulated, says its stand-in: {exc}")

    def _tell(self, folder: Path, story: Story, given: Given | None = None) -> None:
        """Run `story` with a channel that points at a running stand-in."""
        how = Given() if given is None else given

        async def told(values: dict[str, Any], stand_in: StandIn) -> None:
            channel = self._build(self._values(values, stand_in, how), folder, how)
            try:
                await story(channel, stand_in)
            finally:
                await channel.aclose()
            await self._check_hung_up()

        self._against_a_stand_in(folder, told)

    async def _check_hung_up(self) -> None:
        """Fail if a connection of the channel is open after it was closed."""
        for _ in range(_LOOKS):
            if not self._guard.open_connections:
                return
            await asyncio.sleep(_LOOK)  # to close one takes a moment
        pytest.fail(f"it was closed, and leaves {self._guard.open_connections} connections open")

    def _values(self, values: Mapping[str, Any], stand_in: StandIn, how: Given) -> dict[str, Any]:
        """The settings of a channel."""
        found = dict(values)
        if how.impatient or how.hurried:
            found |= {**stand_in.impatient, **self.settings}
        if how.secrets:
            found |= {name: SecretStr(MARK) for name in self._secret_names()}
        found["concurrency"] = max(how.concurrency, found.get("concurrency", 1))
        if how.rounds is not None:
            found["window"] = how.rounds * found["concurrency"]
        return found | dict(how.settings)

    def _against_a_stand_in(
        self,
        folder: Path,
        told: Callable[[dict[str, Any], StandIn], Awaitable[Any]],
    ) -> Any:
        """Run `told` with a running stand-in and the settings that point there."""

        async def whole() -> Any:
            stand_in = self.make_stand_in()
            self._named = stand_in.contact
            kept = folder / "received" / str(next(self._count))
            kept.mkdir(parents=True)
            values = dict(await stand_in.start(kept))
            if others := [
                name for name, value in self.settings.items() if value != values.get(name, value)
            ]:
                await stand_in.stop()
                pytest.fail(f"{', '.join(others)}: its stand-in says where it is; leave that to it")
            try:
                async with asyncio.timeout(self._limit()) as limit:
                    return await told(values | dict(self.settings), stand_in)
            except TimeoutError:
                if limit.expired():
                    pytest.fail(f"after {self._limit():g} seconds it still waits: for what?")
                raise
            except Exception as exc:
                for trouble in stand_in.troubles:
                    exc.add_note(trouble)
                raise
            finally:
                await stand_in.stop()
                await _nothing_goes_on()

        with fenced(Guard()) as self._guard:
            try:
                found = asyncio.run(whole())
            except Exception as exc:
                if self._guard.misdeeds:  # what it then led to says less
                    pytest.fail(self._guard.misdeeds[0])
                raise exc  # noqa: TRY201 - pytest shows it from here
        self._look_at_misdeeds(folder)
        return found

    def _look_at_misdeeds(self, folder: Path) -> None:
        """Fail for what the channel did and may not do."""
        if self._guard.misdeeds:
            pytest.fail(self._guard.misdeeds[0])
        for file in self._guard.written:
            if not _may_be_written(file, folder):
                pytest.fail(f"it writes to {file}: its places are self.tools.cache and .outbox")

    def _build(
        self, values: Mapping[str, Any], folder: Path, given: Given | None = None
    ) -> Channel[Any]:
        return self._channel_of(self.channel.Settings.model_validate(values), folder, given)

    def _channel_of(self, settings: Any, folder: Path, given: Given | None = None) -> Channel[Any]:
        how = Given() if given is None else given
        lent: dict[str, Any] = {} if how.begin is None else {"begin": how.begin}
        if how.impatient:
            lent["http"] = partial(_impatient_client, self._guard)
        tools = Tools(
            clock=self._clock or VirtualClock(NOW),
            cache=folder / "cache",
            outbox=folder / "outbox",
            secret=how.secret,
            channel=_no_other,
            typeset=Pages().typeset,
            **lent,
        )
        return self.channel(settings, tools)

    def _secret_names(self) -> list[str]:
        fields = self.channel.Settings.model_fields
        return [name for name, field in fields.items() if "Secret" in str(field.annotation)]

    def _message(
        self,
        channel: Channel[Any],
        number: int = 0,
        *,
        name: str = "An Official",
        subject: str | None = None,
        body: str | None = None,
    ) -> Message:
        """A message to the official number `number`; no two have the same words."""
        field = channel.contact
        text = self._contact(number)
        given = {field: text} if field in Target.model_fields else {"contacts": {field: text}}
        target = Target.model_validate({"id": f"official-{number}", "name": name, **given})
        contact = target.contact_on(field)
        assert contact is not None
        templates = collect(NO_HOME, {channel.name: type(channel)}, ["en"])
        if body is None:
            body = f"Dear Official,\n\nI write for the {number}th time.\n\nAn Organisation\n"
        return Message(
            key=f"{number:064x}",
            reference=reference_of(number),
            campaign="46/19",
            channel=channel.name,
            target=target,
            to=contact,
            language="en",
            subject=f"Release A. Person, {number}" if subject is None else subject,
            body=body,
            sender=Organisation.model_validate(
                {"name": "An Organisation", "email": "ua@example.org"}
            ),
            at=NOW,
            layouts=layouts_of(templates, channel.name),
        )


async def _nothing_goes_on() -> None:
    """Fail if a task goes on after channel and stand-in were closed."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    for task in asyncio.all_tasks():
        if task is not asyncio.current_task() and not task.cancelling():
            what = getattr(task.get_coro(), "__qualname__", "of its own")
            pytest.fail(f"it was closed, and its task {what} goes on")


def _may_be_written(file: Path, folder: Path) -> bool:
    """Whether a channel may write a file: where it was told to, or what is there for a moment."""
    path = Path(os.path.abspath(file))  # noqa: PTH100 - where a link leads is not asked
    home = Path(os.path.abspath(folder))  # noqa: PTH100 - as above
    if path.is_relative_to(home):
        return path.relative_to(home).parts[0] in _PLACES
    return path.is_relative_to(tempfile.gettempdir()) and home not in path.parents


def _impatient_client(guard: Guard, **options: Any) -> httpx.AsyncClient:
    """As `Tools.http`, but it waits a moment only once it is connected."""
    import httpx  # noqa: PLC0415 - costly

    client = open_client(**options)
    own = client.timeout
    if None in (own.connect, own.read, own.write):
        guard.misdeeds.append("it waits for its service without end: give its client a timeout")
    client.timeout = httpx.Timeout(
        connect=own.connect, pool=own.pool, read=_shorter(own.read), write=_shorter(own.write)
    )
    return client


def _shorter(seconds: float | None) -> float:
    return MOMENT if seconds is None else min(seconds, MOMENT)


def _no_other(name: str) -> Channel[Any]:
    raise ConfigError(f"there is no channel {name!r} here")
