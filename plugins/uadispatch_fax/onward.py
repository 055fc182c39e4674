"""A gateway that takes mails: the pages go as an attachment, by the channel `email`.

To whom and from whom a fax may go, the gateway knows by the sender's address. The mail has no
text, since that would be faxed too. What becomes of it nobody can be asked: the gateway answers,
if at all, by mail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from uadispatch import Attachment, EmailAddress, Receipt

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch import Handover, Message, Outcome, Tools
    from uadispatch_fax.settings import FaxSettings

__all__ = ["Onward", "address_of"]

CHANNEL = "email"


class Onward:
    """The gateway."""

    def __init__(self, settings: FaxSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools

    async def send(self, pdf: bytes, message: Message) -> Receipt | Handover:
        """Hand the pages on; the other channel keeps its rate, and its stop."""
        settings = self._settings
        address = address_of(
            message.to.value, settings.email_domain or "", plus=settings.email_plus
        )
        mail = replace(
            message,
            channel=CHANNEL,
            to=EmailAddress(written=address, value=address),
            # It cannot be empty in a mail, and a text of the letter might be printed on a page.
            subject=f"UA {message.campaign}",
            body="",
            attachments=(
                Attachment(
                    name=f"fax-{message.campaign.replace('/', '-')}.pdf",
                    media_type="application/pdf",
                    content=pdf,
                ),
            ),
        )
        answer = await self._tools.channel(CHANNEL).send(mail)
        if not isinstance(answer, Receipt):
            return answer
        return Receipt(says=f"mailed to {address}: {answer.says}", id=answer.id, code=answer.code)

    async def confirm(
        self,
        message: Message,  # noqa: ARG002 - of the protocol
        receipt: Receipt | None,  # noqa: ARG002 - of the protocol
        since: datetime,  # noqa: ARG002 - of the protocol
    ) -> Outcome | None:
        """Nobody can be asked."""
        return None

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:  # noqa: ARG002 - of the protocol
        """A mail does not come back."""
        return False

    async def aclose(self) -> None:
        """Nothing was opened."""


def address_of(number: str, domain: str, *, plus: bool) -> str:
    """Where the gateway at `domain` takes a mail for the fax at `number` (E.164)."""
    return f"{number if plus else number.removeprefix('+')}@{domain}"
