"""A channel that does nothing but take every message at once: what is timed is the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from uadispatch import Channel, ChannelSettings, Receipt, hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch import Message, RegisterChannel


class NothingSettings(ChannelSettings):
    """Nothing but what every channel has."""


class Nothing(Channel[NothingSettings]):
    """Takes every message at once."""

    name = "nothing"
    contact = "email"
    Settings = NothingSettings
    templates: ClassVar[Mapping[str, str]] = {
        "any": "{% set subject = letter.subject %}\n{{ salutation or target.name }},\n\n"
        "{{ letter.text }}\n"
    }

    async def send(self, message: Message) -> Receipt:  # noqa: ARG002 - it does nothing
        return Receipt(says="taken")


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    register(Nothing)
