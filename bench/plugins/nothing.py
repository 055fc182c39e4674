"""A channel that does nothing but take every message: what is timed is the engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from uadispatch import Channel, ChannelSettings, Receipt, hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch import Message, RegisterChannel


class NothingSettings(ChannelSettings):
    """How long it takes to do nothing."""

    takes: float = 0.0
    """Seconds for each message, as a far end's way there and back; 0: at once."""


class Nothing(Channel[NothingSettings]):
    """Takes every message."""

    name = "nothing"
    contact = "email"
    Settings = NothingSettings
    templates: ClassVar[Mapping[str, str]] = {
        "any": "{% set subject = letter.subject %}\n{{ salutation or target.name }},\n\n"
        "{{ letter.text }}\n"
    }

    async def send(self, message: Message) -> Receipt:  # noqa: ARG002 - it does nothing
        if self.settings.takes:
            await asyncio.sleep(self.settings.takes)
        return Receipt(says="taken")


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    register(Nothing)
