"""The tests that every channel must pass.

::

    from uadispatch.testing import ChannelContract

    from my_channel import MyChannel


    class TestMyChannel(ChannelContract):
        channel = MyChannel
        settings = {"patience": 0.001}

`testing.failures` has the table of what a far end may do and how `send` must sort it.

The tests cannot be weakened silently: overriding one is an error. A failure that cannot be
simulated is named in `cannot_simulate`, with the reason, which pytest then shows.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydantic import SecretStr

from uadispatch.campaign.model import Target
from uadispatch.channels.contract import CHANNEL_NAME, Channel, ChannelSettings, Tools
from uadispatch.channels.message import Handover, Message, Organisation, Preview, Receipt
from uadispatch.channels.standing_in import CannotSimulate, Failure, StandIn
from uadispatch.errors import (
    ConfigError,
    DeliveryError,
    Temporary,
    UadispatchError,
    Unknown,
)
from uadispatch.rendering.pages import Pages
from uadispatch.rendering.templates import collect, layouts_of
from uadispatch.settings import reveal
from uadispatch.testing.clock import VirtualClock
from uadispatch.testing.failures import SORTED, accepted
from uadispatch.testing.isolation import nothing_is_opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["ChannelContract"]

MARK = "s3cr3t-Canary-7Zq"
"""Put into every secret setting; it may show up nowhere."""

SHORT = 6
"""A stand-in's own secret of fewer characters may well occur by chance."""

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
MANY = 20
NO_HOME = Path("/dev/null")
"""No organisation's own templates: only what comes with the program and the plugin."""


class ChannelContract:
    """Subclass it in a test module; name at least `channel`."""

    channel: ClassVar[type[Channel[Any]]]
    """The class under test."""
    settings: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Settings beyond those that the stand-in gives; make waiting times short here."""
    contact: ClassVar[str | None] = None
    """A contact to write to, where the channel's field is none of the usual ones."""
    cannot_simulate: ClassVar[Mapping[Failure, str]] = MappingProxyType({})
    """Failures that your stand-in cannot play, each with the reason."""

    _count = count()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse to be weakened silently."""
        super().__init_subclass__(**kwargs)
        for name, ours in vars(ChannelContract).items():
            if name.startswith("__") or not name.startswith(("test_", "_")):
                continue
            if getattr(cls, name) is not ours:  # in the class itself, or in one mixed in
                raise TypeError(
                    f"{cls.__name__} overrides {name}; the contract's tests stand as they are. "
                    f"Name what cannot be simulated in cannot_simulate, with the reason"
                )
        for failure, reason in cls.cannot_simulate.items():
            if not reason.strip():
                raise TypeError(f"{cls.__name__}.cannot_simulate[{failure!r}] needs a reason")

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

    # -- the form ------------------------------------------------------------------------------

    def test_it_has_a_name_a_contact_and_settings(self) -> None:
        assert CHANNEL_NAME.match(self.channel.name)
        assert isinstance(self.channel.contact, str)
        assert issubclass(self.channel.Settings, ChannelSettings)

    def test_its_secrets_are_kept_as_secrets(self) -> None:
        telling = ("password", "token", "secret", "api_key", "apikey")
        for name, field in self.channel.Settings.model_fields.items():
            if name.endswith("_command") or not name.lower().endswith(telling):
                continue
            assert "Secret" in str(field.annotation), f"{name} must be a pydantic SecretStr"

    # -- looking opens nothing -----------------------------------------------------------------

    def test_building_and_checking_open_nothing(self, tmp_path: Path) -> None:
        values = self._against_a_stand_in(tmp_path, _settings_only)
        with nothing_is_opened():
            channel = self._build(values, tmp_path)
            message = self._message(channel)
            channel.check(message)
            assert isinstance(channel.preview(message), Preview)
            assert channel.capabilities is not None
        left = [tmp_path / "cache", tmp_path / "outbox"]
        assert not any(map(Path.exists, left)), "nothing may be written before the first send"

    def test_checking_twice_says_the_same(self, tmp_path: Path) -> None:
        values = self._against_a_stand_in(tmp_path, _settings_only)
        channel = self._build(values, tmp_path)
        message = self._message(channel)
        preview, outline = channel.preview(message), channel.outline(message)
        assert channel.preview(message) == preview
        assert (outline.text, outline.links) == (preview.text, preview.links)

    # -- sending -------------------------------------------------------------------------------

    def test_a_message_is_sent_once(self, tmp_path: Path) -> None:
        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message = self._message(channel)
            answer = await channel.send(message)
            assert isinstance(answer, Receipt | Handover)
            assert stand_in.tries == 1
            assert [kept.to for kept in stand_in.received] == [message.to.value]
            assert all(kept.file.is_file() for kept in stand_in.received)

        self._tell(tmp_path, story)

    def test_what_arrives_is_what_was_previewed(self, tmp_path: Path) -> None:
        """So a rehearsal can show that nothing of a message changes on its way."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            message = self._message(channel)
            meant = channel.preview(message)
            await channel.send(message)
            (kept,) = stand_in.received
            assert kept.pages == meant.pages, "its pages are not those of the preview"
            if kept.shown or not kept.pages:
                assert kept.shown == meant.text, "it does not read as the preview"

        self._tell(tmp_path, story)

    def test_many_at_once_arrive_once_each(self, tmp_path: Path) -> None:
        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            messages = [self._message(channel, number) for number in range(MANY)]
            room = asyncio.Semaphore(channel.settings.concurrency)

            async def send(message: Message) -> None:
                async with room:
                    assert isinstance(await channel.send(message), Receipt | Handover)

            await asyncio.gather(*map(send, messages))
            assert stand_in.tries == MANY
            references = sorted(kept.reference for kept in stand_in.received)
            assert references == sorted(message.reference for message in messages)

        self._tell(tmp_path, story, concurrency=4)

    def test_it_closes_twice(self, tmp_path: Path) -> None:
        async def story(channel: Channel[Any], _: StandIn) -> None:
            await channel.aclose()
            await channel.send(self._message(channel))
            await channel.aclose()
            await channel.aclose()

        self._tell(tmp_path, story)

    # -- failures ------------------------------------------------------------------------------

    @pytest.mark.parametrize("failure", list(Failure), ids=lambda failure: failure.name.lower())
    def test_each_failure_is_sorted(self, failure: Failure, tmp_path: Path) -> None:
        """One try, no more, and the error that the table names."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            self._misbehave(stand_in, failure)
            with pytest.raises((DeliveryError, ConfigError)) as caught:
                await channel.send(self._message(channel))
            assert type(caught.value) in accepted(failure)
            assert str(caught.value).strip(), "an error must say what happened"
            assert stand_in.tries <= 1, "send must try once; the core decides on another try"
            assert not stand_in.received or SORTED[failure] is Unknown
            if failure is Failure.TRY_LATER_AT:
                assert isinstance(caught.value, Temporary)
                assert caught.value.retry_after is not None
                assert caught.value.retry_after > timedelta(0)

        self._tell(tmp_path, story)

    @pytest.mark.parametrize("failure", list(Failure), ids=lambda failure: failure.name.lower())
    def test_a_failure_after_a_success_is_sorted_too(
        self, failure: Failure, tmp_path: Path
    ) -> None:
        """What was opened for the message before changes nothing."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            await channel.send(self._message(channel))
            self._misbehave(stand_in, failure)
            before = stand_in.tries
            with pytest.raises((DeliveryError, ConfigError)) as caught:
                await channel.send(self._message(channel, 1))
            assert type(caught.value) in accepted(failure)
            assert stand_in.tries - before <= 1

        self._tell(tmp_path, story)

    # -- secrets -------------------------------------------------------------------------------

    def test_no_secret_is_shown(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Neither in a representation, a preview, a snapshot, an error nor a log."""
        shown: list[str] = []
        secrets = {MARK: "a secret setting"}

        async def all_is_well(channel: Channel[Any], _: StandIn) -> None:
            shown.append(repr(await channel.send(self._message(channel))))
            for name in self._secret_names():
                secret = getattr(channel.settings, name)
                if secret is not None and len(secret.get_secret_value()) >= SHORT:
                    secrets[secret.get_secret_value()] = name

        async def looked_at(channel: Channel[Any], _: StandIn) -> None:
            shown.extend((repr(channel), repr(channel.settings), str(channel.settings)))
            shown.append(repr(channel.settings.for_snapshot()))
            shown.append(repr(channel.preview(self._message(channel))))
            shown.append(repr(vars(channel)))

        with caplog.at_level(logging.DEBUG):
            self._tell(tmp_path, all_is_well)
            self._tell(tmp_path, looked_at, secrets=True)
            for failure in Failure:  # each with a far end of its own, and with both secrets
                for marked in (False, True):
                    story = partial(self._failing, failure=failure, shown=shown)
                    self._tell(tmp_path, story, secrets=marked)
        everything = "".join((*shown, caplog.text, *capfd.readouterr()))
        for secret, name in secrets.items():
            assert secret not in everything, f"{name} can be read in an error, a log or a preview"

    # -- the workshop --------------------------------------------------------------------------

    async def _failing(
        self, channel: Channel[Any], stand_in: StandIn, *, failure: Failure, shown: list[str]
    ) -> None:
        """Send while `failure` is played; add to `shown` all that it shows."""
        try:
            stand_in.misbehave(failure)
            shown.append(repr(await channel.send(self._message(channel))))
        except CannotSimulate:
            return
        except UadispatchError as exc:
            shown.extend((str(exc), repr(exc), repr(exc.__cause__), repr(exc.__context__)))

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
    ) -> None:
        """Run `story` with a channel that points at a running stand-in."""

        async def told(values: dict[str, Any], stand_in: StandIn) -> None:
            if secrets:
                values |= {name: SecretStr(MARK) for name in self._secret_names()}
            values["concurrency"] = max(concurrency, values.get("concurrency", 1))
            channel = self._build(values, folder)
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

    def _build(self, values: Mapping[str, Any], folder: Path) -> Channel[Any]:
        return self._channel_of(self.channel.Settings.model_validate(values), folder)

    def _channel_of(self, settings: Any, folder: Path) -> Channel[Any]:
        tools = Tools(
            clock=VirtualClock(NOW), cache=folder / "cache", outbox=folder / "outbox",
            secret=reveal, channel=_no_other, typeset=Pages().typeset,
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


async def _settings_only(values: dict[str, Any], _: StandIn) -> dict[str, Any]:
    return values


def _no_other(name: str) -> Channel[Any]:
    raise ConfigError(f"there is no channel {name!r} here")
