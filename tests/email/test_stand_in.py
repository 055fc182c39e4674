from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailkit import a_message, lent, outcome
from timekit import quietly
from uadispatch import (
    CannotSimulate,
    ConfigError,
    Failure,
    Message,
    Receipt,
    Rejected,
    Temporary,
    Unavailable,
    Unknown,
)
from uadispatch.campaign.values import EmailAddress
from uadispatch_email import EmailChannel
from uadispatch_email.mime import build
from uadispatch_email.stand_in import EmailStandIn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from uadispatch import StandIn

PLAYED = {
    Failure.UNREACHABLE: Unavailable,
    Failure.WRONG_CREDENTIALS: ConfigError,
    Failure.TRY_LATER: Temporary,
    Failure.TRY_LATER_AT: Temporary,
    Failure.REFUSED: Rejected,
    Failure.SILENT_BEFORE: Temporary,
    Failure.CLOSED_BEFORE: Temporary,
    Failure.SILENT_AFTER: Unknown,
    Failure.CLOSED_AFTER: Unknown,
    Failure.GARBAGE_AFTER: Unknown,
}


def with_stand_in(folder: Path, scene: Callable[[StandIn, EmailChannel], Awaitable[None]]) -> None:
    folder.mkdir(exist_ok=True)  # as the core does

    async def run() -> None:
        stand_in = EmailStandIn()
        channel = EmailChannel(
            EmailChannel.Settings.model_validate(
                {**await stand_in.start(folder), "patience": 0.003}
            ),
            lent(),
        )
        try:
            await scene(stand_in, channel)
        finally:
            await channel.aclose()
            await stand_in.stop()
            await stand_in.stop()

    quietly(run())


def test_it_keeps_what_it_gets_byte_for_byte(tmp_path: Path) -> None:
    messages = [a_message(1, body=".\n..dot\n"), a_message(2), a_message(1, reference="r" * 64)]

    async def scene(stand_in: StandIn, channel: EmailChannel) -> None:
        for message in messages:
            assert isinstance(await outcome(channel, message), Receipt)
        assert [one.file.read_bytes() for one in stand_in.received] == list(map(build, messages))
        assert [one.reference for one in stand_in.received] == [one.reference for one in messages]
        assert [one.to for one in stand_in.received] == [one.to.value for one in messages]
        assert stand_in.tries == 3
        assert sorted(path.name for path in (tmp_path / "in").iterdir()) == [
            "press1@example.org-2.eml",
            "press1@example.org.eml",
            "press2@example.org.eml",
        ]

    with_stand_in(tmp_path / "in", scene)


@pytest.mark.parametrize(("failure", "kind"), PLAYED.items())
@pytest.mark.parametrize("kept", [False, True], ids=["fresh", "kept"])
def test_each_failure_is_one_try(
    failure: Failure, kind: type, *, kept: bool, tmp_path: Path
) -> None:
    async def scene(stand_in: StandIn, channel: EmailChannel) -> None:
        if kept:
            assert isinstance(await outcome(channel, a_message(1)), Receipt)
        before = stand_in.tries
        stand_in.misbehave(failure)
        for number in (2, 3):
            assert type(await outcome(channel, a_message(number))) is kind
        expected = 0 if failure is Failure.UNREACHABLE else 2
        assert stand_in.tries - before == expected
        assert len(stand_in.received) == kept + (2 if kind is Unknown else 0)

    with_stand_in(tmp_path, scene)


def test_what_smtp_cannot_say_is_said(tmp_path: Path) -> None:
    async def scene(stand_in: StandIn, channel: EmailChannel) -> None:
        for failure in set(Failure) - PLAYED.keys():
            with pytest.raises(CannotSimulate, match="SMTP"):
                stand_in.misbehave(failure)
        assert isinstance(await outcome(channel, a_message()), Receipt)

    with_stand_in(tmp_path, scene)


@pytest.mark.parametrize("address", ["../x@example.org", "A/B@example.org", "con|`{}@example.org"])
def test_a_file_name_cannot_leave_the_folder(address: str, tmp_path: Path) -> None:
    async def scene(stand_in: StandIn, channel: EmailChannel) -> None:
        message: Message = a_message(to=EmailAddress(written=address, value=address))
        assert isinstance(await outcome(channel, message), Receipt | Rejected)
        for one in stand_in.received:
            assert one.file.resolve().parent == (tmp_path / "in").resolve()
            assert one.to == address

    with_stand_in(tmp_path / "in", scene)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_folder_that_is_gone_is_a_full_disk_to_the_sender(tmp_path: Path) -> None:
    async def scene(stand_in: StandIn, channel: EmailChannel) -> None:
        (tmp_path / "in").rmdir()
        error = await outcome(channel, a_message())
        assert isinstance(error, Temporary)
        assert error.code == "452 4.3.1"
        assert not stand_in.received

    with_stand_in(tmp_path / "in", scene)
