"""The far end for faxes on this machine: which serves when, and the one that takes mails."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP
from typing import TYPE_CHECKING

from uadispatch import StandIn
from uadispatch_fax import pages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from uadispatch import Received
    from uadispatch_fax.settings import FaxSettings

__all__ = ["Elsewhere", "stand_in_for"]

PDF = "application/pdf"


class Elsewhere(StandIn):
    """For a gateway that takes mails: what is sent arrives at the stand-in of `email`."""

    def __init__(self, domain: str | None) -> None:
        self._domain = domain or "fax.example.org"

    async def start(self, folder: Path) -> Mapping[str, object]:  # noqa: ARG002 - kept elsewhere
        """Point nothing elsewhere: the mails themselves go to a mail server on this machine."""
        return {"gateway": "email", "email_domain": self._domain}

    async def stop(self) -> None:
        """Nothing was opened."""

    @property
    def tries(self) -> int:
        """None: the other stand-in counts them."""
        return 0

    @property
    def received(self) -> Sequence[Received]:
        """None: the other stand-in has them."""
        return ()

    def handed_on(self, received: Received) -> Received:
        """The fax that the gateway makes of a mail: all that is in it, to the number it names."""
        number, _, domain = received.to.partition("@")
        mail = message_from_bytes(received.file.read_bytes(), policy=SMTP)
        pdfs = [part.get_content() for part in mail.walk() if part.get_content_type() == PDF]
        text = mail.get_body(("plain",))
        return replace(
            received,
            to=f"+{number.removeprefix('+')}" if domain == self._domain else received.to,
            shown="" if text is None else str(text.get_content()),
            draw=lambda: tuple(page for pdf in pdfs for page in _as_faxed(pdf)),
        )


def _as_faxed(pdf: bytes) -> tuple[bytes, ...]:
    return pages.pictures_of(pages.tiff_of(pdf))


def stand_in_for(settings: FaxSettings, now: Callable[[], datetime]) -> StandIn:
    """The far end of the kind that is set; `now` is the moment that it shows as its own."""
    match settings.gateway:
        case "telnyx":
            from uadispatch_fax.stand_in_telnyx import TelnyxStandIn  # noqa: PLC0415 - used alone

            return TelnyxStandIn(now)
        case "sinch":
            from uadispatch_fax.stand_in_sinch import SinchStandIn  # noqa: PLC0415 - used alone

            return SinchStandIn(now)
        case "email":
            return Elsewhere(settings.email_domain)
        case "hylafax":
            from uadispatch_fax.stand_in_hylafax import HylaFaxStandIn  # noqa: PLC0415 - used alone

            return HylaFaxStandIn()
    from uadispatch.testing import Desk  # noqa: PLC0415 - tests and rehearsals

    return Desk(draw=_as_faxed)
