"""Channels that answer anyhow: what is measured is what follows after a send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from uadispatch import (
    By,
    Capabilities,
    Channel,
    ChannelSettings,
    Handover,
    Receipt,
    Rejected,
    Unknown,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch import Message, RegisterChannel

TEXTS = {"any": "{% set subject = letter.subject %}\n{{ salutation }},\n\n{{ letter.text }}\n"}


class MixedSettings(ChannelSettings):
    """Nothing but what every channel has."""


class Mixed(Channel[MixedSettings]):
    """Refuses every tenth address for good, and one of a thousand it may have taken."""

    name = "mixed"
    contact = "email"
    Settings = MixedSettings
    templates: ClassVar[Mapping[str, str]] = TEXTS

    async def send(self, message: Message) -> Receipt:
        number = int(re.sub(r"\D", "", message.to.value) or 0)
        if number % 10 == 1:
            raise Rejected("no such mailbox", code="550")
        if number % 1000 == 2:
            raise Unknown("the answer was lost")
        return Receipt(says="taken")


class Desk(Channel[MixedSettings]):
    """A person writes to them: there is a link for each."""

    name = "desk"
    contact = "email"
    Settings = MixedSettings
    templates: ClassVar[Mapping[str, str]] = TEXTS

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(by=By.PERSON)

    async def send(self, message: Message) -> Handover:
        return Handover(links=(f"mailto:{message.to.value}",))


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    register(Mixed)
    register(Desk)
