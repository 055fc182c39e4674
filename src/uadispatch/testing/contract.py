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
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from uadispatch.channels.contract import CHANNEL_NAME, Channel, ChannelSettings
from uadispatch.channels.message import Handover, Message, Preview, Receipt
from uadispatch.channels.standing_in import CannotSimulate, Failure, StandIn
from uadispatch.errors import (
    ConfigError,
    DeliveryError,
    Temporary,
    UadispatchError,
    Unknown,
)
from uadispatch.testing.failures import SORTED, accepted
from uadispatch.testing.isolation import nothing_is_opened
from uadispatch.testing.queueing import QueueingContract
from uadispatch.testing.workbench import MARK, Workbench

__all__ = ["ChannelContract"]

SHORT = 6
"""A stand-in's own secret of fewer characters may well occur by chance."""
MANY = 20


class ChannelContract(QueueingContract):
    """Subclass it in a test module; name at least `channel` of what `Workbench` lists."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse to be weakened silently."""
        super().__init_subclass__(**kwargs)
        ours = vars(Workbench) | vars(QueueingContract) | vars(ChannelContract)
        for name, stands in ours.items():
            if name.startswith("__") or not name.startswith(("test_", "_")):
                continue
            if getattr(cls, name) is not stands:  # in the class itself, or in one mixed in
                raise TypeError(
                    f"{cls.__name__} overrides {name}; the contract's tests stand as they are. "
                    f"Name what cannot be simulated in cannot_simulate, with the reason"
                )
        for failure, reason in cls.cannot_simulate.items():
            if not reason.strip():
                raise TypeError(f"{cls.__name__}.cannot_simulate[{failure!r}] needs a reason")

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


async def _settings_only(values: dict[str, Any], _: StandIn) -> dict[str, Any]:
    return values
