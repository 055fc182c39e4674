"""What the tests of the channel for X share: messages, a channel, and an X of their own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailkit import ORGANISATION
from uadispatch import ConfigError, Message, Target, Tools
from uadispatch.campaign.values import TwitterHandle
from uadispatch.settings import reveal
from uadispatch.testing import VirtualClock
from uadispatch_twitter import TwitterChannel
from uadispatch_twitter.stand_in import XStandIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHECKOUT = Path(__file__).resolve().parents[1]
EXAMPLE = CHECKOUT / "config" / "campaigns" / "ua-46-19.yaml"
SPECS = CHECKOUT.parent / "shared" / "specs"
"""Copies of X's own documents, beside a checkout of the maintainers."""

NOW = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)
API = {
    "posting": "api",
    "account": "@example",
    "acknowledge_automation_rules": True,
    "consumer_key": "key-of-the-app",
    "consumer_secret": "secret-of-the-app",
    "access_token": "token-of-the-account",
    "access_token_secret": "secret-of-the-account",
}
"""Settings with which the program posts."""


def a_message(number: int = 0, **other: Any) -> Message:
    to = TwitterHandle.read(f"@official_{number}")
    values: dict[str, Any] = {
        "key": f"{number:064x}",
        "reference": f"{number:064x}",
        "campaign": "46/19",
        "channel": "twitter",
        "target": Target(id=f"official-{number}", name="An Official", twitter=to),
        "to": to,
        "language": "en",
        "subject": "",
        "body": f"@official_{number}: Release A. Person!\n",
        "parts": {"api": f"An Official of office {number}: Release A. Person!"},
        "sender": ORGANISATION,
        "at": NOW,
    }
    return Message(**(values | other))


def lent(folder: Path = Path("unused")) -> Tools:
    def no_other(name: str) -> Any:
        raise ConfigError(f"no channel {name}")

    return Tools(
        clock=VirtualClock(NOW),
        cache=folder / "cache",
        outbox=folder / "outbox",
        secret=reveal,
        channel=no_other,
    )


def a_channel(folder: Path = Path("unused"), /, **settings: Any) -> TwitterChannel:
    return TwitterChannel(TwitterChannel.Settings.model_validate(settings), lent(folder))


@asynccontextmanager
async def an_x(
    folder: Path, stand_in: XStandIn | None = None, **settings: Any
) -> AsyncIterator[tuple[TwitterChannel, XStandIn]]:
    """A channel that posts to an X on this machine."""
    stand_in = stand_in or XStandIn(account="example")
    given = dict(await stand_in.start(folder))
    try:
        yield a_channel(**(given | {"answer_limit": 0.5} | settings)), stand_in
    finally:
        await stand_in.stop()
