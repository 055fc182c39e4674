"""A channel as another one sees it that hands messages on to it: they go at its own pace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uadispatch.channels.contract import Channel
from uadispatch.dispatch.pace.pacing import hand_on

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.channels.contract import Capabilities
    from uadispatch.channels.message import Handover, Message, Outcome, Preview, Receipt

__all__ = ["handed_on"]

ABOUT = ("name", "contact", "Settings", "templates")
"""What the class of a channel says of it."""


def handed_on(channel: Channel[Any]) -> Channel[Any]:
    """All that `channel` is and does; but `send` asks first whether its turn has come."""
    about = {name: getattr(channel, name) for name in ABOUT}
    kind: type[_HandedOn] = type("HandedOn", (_HandedOn,), about)
    return kind(channel)


class _HandedOn(Channel[Any]):
    def __init__(self, channel: Channel[Any]) -> None:
        super().__init__(channel.settings, channel.tools)
        self._channel = channel

    @property
    def capabilities(self) -> Capabilities:
        """Those of the channel."""
        return self._channel.capabilities

    def check(self, message: Message) -> None:
        """As the channel."""
        self._channel.check(message)

    def preview(self, message: Message) -> Preview:
        """As the channel."""
        return self._channel.preview(message)

    async def send(self, message: Message) -> Receipt | Handover:
        """As the channel; raises Temporary if its turn has not come, or a guard objects."""
        async with hand_on(self.name):
            return await self._channel.send(message)

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        """As the channel."""
        return await self._channel.confirm(message, receipt, since)

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:
        """As the channel."""
        return await self._channel.recall(message, receipt)

    async def aclose(self) -> None:
        """Nothing: who runs the channel closes it."""
