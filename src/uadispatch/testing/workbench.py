"""What the contract's tests are made with: the channel, its stand-in, and messages for it.

It knows what an author of a channel says in his test class, and holds no test.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydantic import SecretStr

from uadispatch.campaign.model import Target
from uadispatch.channels.contract import Channel, Tools
from uadispatch.channels.message import Message, Organisation
from uadispatch.channels.standing_in import CannotSimulate, Failure, StandIn
from uadispatch.errors import ConfigError
from uadispatch.rendering.pages import Pages
from uadispatch.rendering.templates import collect, layouts_of
from uadispatch.settings import reveal
from uadispatch.testing.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from uadispatch.channels.contract import Begin

__all__ = ["MARK", "Workbench"]

MARK = "s3cr3t-Canary-7Zq"
"""Put into every secret setting; it may show up nowhere."""

NOW = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)
CONTACTS = MappingProxyType(
    {
        "email": "official@example.org",
        "phone": "+1 202 555 0100",
        "fax": "+1 202 555 0101",
        "twitter": "@official",
        "facebook": "official.example",
        "address": "1 Example Street\nExampletown",
    }
)
NO_HOME = Path("/dev/null")
"""No organisation's own templates: only what comes with the program and the plugin."""


class Workbench:
    """What a test class says of its channel, and what is made of that."""

    channel: ClassVar[type[Channel[Any]]]
    """The class under test."""
    settings: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Settings beyond those that the stand-in gives; make waiting times short here."""
    contact: ClassVar[str | None] = None
    """A contact to write to, where the channel's field is none of the usual ones."""
    cannot_simulate: ClassVar[Mapping[Failure, str]] = MappingProxyType({})
    """Failures that your stand-in cannot play, each with the reason."""

    _count = count()

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
                f"override make_stand_in() here, so that its promises can be tested"
            )
        return stand_in

    def _misbehave(self, stand_in: StandIn, failure: Failure) -> None:
        """Let the stand-in play `failure`, or skip with the author's reason."""
        if (reason := self.cannot_simulate.get(failure)) is not None:
            pytest.skip(f"not simulated, says its author: {reason}")
        try:
            stand_in.misbehave(failure)
        except CannotSimulate as exc:
            pytest.skip(f"not simulated, says its stand-in: {exc}")

    def _tell(
        self,
        folder: Path,
        story: Callable[[Channel[Any], StandIn], Awaitable[None]],
        *,
        secrets: bool = False,
        concurrency: int = 1,
        rounds: int | None = None,
        begin: Begin | None = None,
    ) -> None:
        """Run `story` with a channel that points at a running stand-in.

        Its window is `rounds` times its concurrency; `begin` is asked in place of the core.
        """

        async def told(values: dict[str, Any], stand_in: StandIn) -> None:
            if secrets:
                values |= {name: SecretStr(MARK) for name in self._secret_names()}
            values["concurrency"] = max(concurrency, values.get("concurrency", 1))
            if rounds is not None:
                values["window"] = rounds * values["concurrency"]
            channel = self._build(values, folder, begin)
            try:
                await story(channel, stand_in)
            finally:
                await channel.aclose()

        self._against_a_stand_in(folder, told)

    def _against_a_stand_in(
        self,
        folder: Path,
        told: Callable[[dict[str, Any], StandIn], Awaitable[Any]],
    ) -> Any:
        async def whole() -> Any:
            stand_in = self.make_stand_in()
            kept = folder / "received" / str(next(self._count))
            kept.mkdir(parents=True)
            values = dict(await stand_in.start(kept))
            try:
                return await told(values | dict(self.settings), stand_in)
            finally:
                await stand_in.stop()

        return asyncio.run(whole())

    def _build(
        self, values: Mapping[str, Any], folder: Path, begin: Begin | None = None
    ) -> Channel[Any]:
        return self._channel_of(self.channel.Settings.model_validate(values), folder, begin)

    def _channel_of(self, settings: Any, folder: Path, begin: Begin | None = None) -> Channel[Any]:
        lent: dict[str, Any] = {} if begin is None else {"begin": begin}
        tools = Tools(
            clock=VirtualClock(NOW), cache=folder / "cache", outbox=folder / "outbox",
            secret=reveal, channel=_no_other, typeset=Pages().typeset, **lent,
        )  # fmt: skip
        return self.channel(settings, tools)

    def _secret_names(self) -> list[str]:
        fields = self.channel.Settings.model_fields
        return [name for name, field in fields.items() if "SecretStr" in str(field.annotation)]

    def _message(self, channel: Channel[Any], number: int = 0) -> Message:
        """A message to the official number `number`."""
        field = channel.contact
        text = self.contact or CONTACTS.get(field)
        if text is None:
            pytest.fail(f"name a contact: this contract knows none for the field {field!r}")
        given = {field: text} if field in Target.model_fields else {"contacts": {field: text}}
        target = Target.model_validate({"id": f"official-{number}", "name": "An Official", **given})
        contact = target.contact_on(field)
        assert contact is not None
        templates = collect(NO_HOME, {channel.name: type(channel)}, ["en"])
        return Message(
            key=f"{number:064x}",
            reference=f"{number:064x}",
            campaign="46/19",
            channel=channel.name,
            target=target,
            to=contact,
            language="en",
            subject="Release A. Person",
            body="Dear Official,\n\nI am writing to you.\n\nYours sincerely,\nAn Organisation\n",
            sender=Organisation.model_validate(
                {"name": "An Organisation", "email": "ua@example.org"}
            ),
            at=NOW,
            layouts=layouts_of(templates, channel.name),
        )


def _no_other(name: str) -> Channel[Any]:
    raise ConfigError(f"there is no channel {name!r} here")
