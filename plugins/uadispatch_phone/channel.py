"""The phone channel: it prepares a call and says what may come of one; a person makes it."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import Field

from uadispatch import (
    By,
    Capabilities,
    Channel,
    ChannelSettings,
    Counts,
    Figure,
    Preview,
    Rejected,
    hand_over,
)
from uadispatch_phone.dialling import (
    Undiallable,
    number_of,
    qr_code,
    qr_picture,
    readable,
    remarks,
    tel_link,
)
from uadispatch_phone.sheet import call_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch import Handover, Message, PhoneNumber, StandIn

__all__ = ["OUTCOMES", "PhoneChannel", "PhoneSettings"]

OUTCOMES: Mapping[str, Counts] = MappingProxyType(
    {
        "reached": Counts.CONTACT,
        "voicemail": Counts.CONTACT,
        "no_answer": Counts.AGAIN,
        "busy": Counts.AGAIN,
        "refused": Counts.NOTHING,
        "wrong_number": Counts.WRONG,
        "disconnected": Counts.WRONG,
        "fax_tone": Counts.WRONG,
        "skipped": Counts.NOTHING,
    }
)
"""What may come of a call. Only somebody, or a machine, that took the message is a contact."""


class PhoneSettings(ChannelSettings):
    """Where call sheets are put; a person makes the calls."""

    folder: Path | None = Field(default=None, exclude=True)
    """Where the call sheets are put; ``.uadispatch/outbox/phone`` by default."""


class PhoneChannel(Channel[PhoneSettings]):
    """One appeal, one call sheet, one call."""

    name = "phone"
    contact = "phone"
    Settings = PhoneSettings

    @property
    def capabilities(self) -> Capabilities:
        """A person calls, and records what came of it."""
        return Capabilities(by=By.PERSON, outcomes=OUTCOMES)

    def check(self, message: Message) -> None:
        """Raise Rejected for what nobody can dial."""
        self._number(message)

    def preview(self, message: Message) -> Preview:
        """The call sheet as it would be written at `message.at`; what is odd about the number."""
        number = self._number(message)
        link = tel_link(number)
        return Preview(
            text=call_sheet(message, number, OUTCOMES),
            sketch=lambda: (Figure(content=qr_picture(link), alt=_alt(number)),),
            links=(link,),
            notes=remarks(number, message.target.country),
        )

    async def send(self, message: Message) -> Handover:
        """Write the call sheet, and the QR code that a phone dials from."""
        number = self._number(message)
        link = tel_link(number)
        files = {
            ".txt": call_sheet(message, number, OUTCOMES).encode(),
            ".svg": qr_code(link, title=readable(number)),
        }
        folder = self.settings.folder or self.tools.outbox
        says = f"call {_in_words(number)}: the sheet says what to say"
        return hand_over(folder, message, files, links=(link,), says=says)

    def stand_in(self) -> StandIn:
        """A desk on which the call sheets are put."""
        from uadispatch.testing import Desk  # noqa: PLC0415 - only for rehearsals

        return Desk()

    def _number(self, message: Message) -> PhoneNumber:
        try:
            return number_of(message.to)
        except Undiallable as exc:
            raise Rejected(str(exc)) from None


def _in_words(number: PhoneNumber) -> str:
    extension = f", then {number.extension}" if number.extension else ""
    return f"{readable(number)}{extension}"


def _alt(number: PhoneNumber) -> str:
    return f"QR code that dials {_in_words(number)}"
