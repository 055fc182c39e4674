"""What the tests of the email channel share: a message to send, and a channel to send it with."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uadispatch import (
    ConfigError,
    DeliveryError,
    Message,
    Organisation,
    Receipt,
    Target,
    Tools,
    Unknown,
)
from uadispatch.campaign.values import EmailAddress
from uadispatch.clock import SystemClock
from uadispatch_email import EmailChannel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from pydantic import SecretStr

    from uadispatch.clock import Clock
    from uadispatch.testing.far_ends.smtp import SmtpServer

PATIENCE = 0.001
"""0.3 s at MAIL, 0.12 s at DATA, 0.6 s after the dot."""

ORGANISATION = Organisation(
    name="Group 12", email=EmailAddress.read("ua@example.org"), address="1 Some Street\nTown"
)


def a_message(number: int = 0, **other: Any) -> Message:
    values: dict[str, Any] = {
        "key": f"{number:064x}",
        "reference": f"{number:064x}",
        "campaign": "46/19",
        "channel": "email",
        "target": Target(id="prosecutor", name="Prosecutor General"),
        "to": EmailAddress.read(f"press{number}@example.org"),
        "language": "en",
        "subject": "Release Serikzhan Bilash",
        "body": "Dear Prosecutor General,\n\nI am writing to you.\n",
        "sender": ORGANISATION,
        "at": datetime(2019, 8, 20, 9, 0, tzinfo=UTC),
    }
    return Message(**(values | other))


def lent(asked: list[str | None] | None = None, *, clock: Clock | None = None) -> Tools:
    """Tools whose `secret` notes each time it is asked."""

    async def secret(given: SecretStr | None, command: str | None) -> str | None:
        if asked is not None:
            asked.append(command)
        return given.get_secret_value() if given is not None else command

    def no_other(name: str) -> Any:
        raise ConfigError(f"no channel {name}")

    return Tools(
        clock=clock or SystemClock(), cache=Path("unused"), secret=secret, channel=no_other
    )


@asynccontextmanager
async def a_channel(server: SmtpServer, **settings: Any) -> AsyncIterator[EmailChannel]:
    values = {"host": server.host, "port": server.port, "security": "none", "patience": PATIENCE}
    channel = EmailChannel(EmailChannel.Settings.model_validate(values | settings), lent())
    try:
        yield channel
    finally:
        await channel.aclose()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until what a socket brings has come."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the far end tells no event of ours
            await asyncio.sleep(0.001)


async def outcome(channel: EmailChannel, message: Message) -> Receipt | DeliveryError | ConfigError:
    """What `send` returned or raised."""
    try:
        return await channel.send(message)
    except (DeliveryError, ConfigError) as error:
        return error


def check_arrived(server: SmtpServer, found: Sequence[object]) -> None:
    """Each mail arrived as is said of it, by its number, and none twice."""
    arrived = Counter(mail.recipients[0] for mail in server.mails)
    for number, one in enumerate(found):
        came = arrived.pop(f"press{number}@example.org", 0)
        assert came == 1 if isinstance(one, Receipt) else came <= isinstance(one, Unknown)
    assert not arrived


def followed(pieces: list[bytes]) -> int:
    """How many envelopes came in one piece with the text before."""
    return sum(b"\r\n.\r\nMAIL FROM" in piece for piece in pieces)
