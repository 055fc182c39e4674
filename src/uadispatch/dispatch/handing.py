"""A channel as another one sees it that hands messages on to it: they go at its own pace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uadispatch.channels.contract import Channel
from uadispatch.dispatch.pacing import hand_on

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch.channels.contract import Capabilities
    from uadispatch.channels.message import Handover, Message, Outcome, Preview, Receipt

__all__ = ["HandedOn"]


class HandedOn(Channel[Any]):
    """All that `channel` is and does; but `send` asks first whether its turn has come."""

    def __init__(self, channel: Channel[Any]) -> None:
        """Stand for `channel`, which stays as it is."""
        super().__init__(channel.settings, channel.tools)
        self._channel = channel
        # What a class says of itself, this object says of the class of `channel`.
        self.name = channel.name  # type: ignore[misc]
        self.contact = channel.contact  # type: ignore[misc]
        self.Settings = channel.Settings  # type: ignore[misc]
        self.templates = channel.templates  # type: ignore[misc]

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
