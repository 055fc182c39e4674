"""The fax channel itself: what can be faxed, how it will look, and one try to send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch import By, Capabilities, Channel, Counts, Preview, Rejected, hand_over
from uadispatch_fax import pages
from uadispatch_fax.onward import Onward
from uadispatch_fax.settings import E164, FaxSettings

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch import Handover, Message, Outcome, Receipt, StandIn, Tools
    from uadispatch_fax.gateway import Gateway

__all__ = ["FaxChannel"]

OUTCOMES = {
    "faxed": Counts.CONTACT,
    "no_answer": Counts.AGAIN,
    "busy": Counts.AGAIN,
    "wrong_number": Counts.WRONG,
    "skipped": Counts.NOTHING,
}
NOT_INSTALLED = "no sendfax on this machine: install hylafax-client, or set hylafax_programs"
LARGEST = 10_000_000
"""Bytes of pages: what every gateway takes (Telnyx 20 MB, mails about as much)."""


class FaxChannel(Channel[FaxSettings]):
    """One fax for each message, by the gateway that is set, or by a person."""

    name = "fax"
    contact = "fax"
    Settings = FaxSettings

    def __init__(self, settings: FaxSettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._gateway: Gateway | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Those of the gateway. None knows a second copy for what it is."""
        gateway = self.settings.gateway
        return Capabilities(
            far_end=_far_end(self.settings),
            hands_on_to="email" if gateway == "email" else None,
            by=By.PERSON if gateway == "person" else By.PROGRAM,
            confirms=gateway in ("telnyx", "sinch", "hylafax"),
            recalls=gateway in ("telnyx", "hylafax"),
            quiet_hours=self.settings.quiet_hours,
            outcomes=OUTCOMES,
        )

    def check(self, message: Message) -> None:
        """Raise Rejected for what cannot be faxed."""
        if not E164.match(message.to.value):
            raise Rejected("The fax number is none that can be called from abroad: +7 7172 ...")
        size = len(self._pages(message))
        if size > LARGEST:
            raise Rejected(f"The pages are {size:,} bytes; gateways take {LARGEST:,}.")

    def preview(self, message: Message) -> Preview:
        """The text, and the pages as the far end's machine prints them."""
        self.check(message)
        pdf = self._pages(message)
        return Preview(
            text=message.body,
            draw=lambda: pages.pictures_of(pages.tiff_of(pdf)),
            notes=self._notes(message, pages.count_of(pdf)),
            file=pdf,
        )

    def outline(self, message: Message) -> Preview:
        """The text; no pages are made before they are drawn."""
        return Preview(
            text=message.body,
            draw=lambda: pages.pictures_of(pages.tiff_of(self._pages(message))),
            notes=self._notes(message),
        )

    async def send(self, message: Message) -> Receipt | Handover:
        """Hand the pages to the gateway, once, or to a person."""
        self.check(message)
        pdf = self._pages(message)
        if self.settings.gateway == "person":
            folder = self.settings.folder or self.tools.outbox
            says = f"Fax it to {message.to.written}{self._when()}."
            return hand_over(folder, message, {".pdf": pdf}, says=says)
        return await self._way().send(pdf, message)

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        """What became of a fax, as far as its gateway says."""
        if self.settings.gateway == "person":
            return None
        return await self._way().confirm(message, receipt, since)

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:
        """Cancel a fax that its gateway has not begun."""
        if self.settings.gateway == "person":
            return False
        return await self._way().recall(message, receipt)

    def stand_in(self) -> StandIn | None:
        """A far end on this machine, of the kind that is set."""
        from uadispatch_fax.stand_in import stand_in_for  # noqa: PLC0415 - tests, rehearsals

        return stand_in_for(self.settings, self.tools.clock.now)

    async def aclose(self) -> None:
        """Close what the gateway has opened."""
        if self._gateway is not None:
            await self._gateway.aclose()

    def _way(self) -> Gateway:
        if self._gateway is None:
            self._gateway = _gateway_of(self.settings, self.tools)
        return self._gateway

    def _pages(self, message: Message) -> bytes:
        """The PDF; the core keeps what was typeset lately."""
        return pages.pdf_of(message, self.tools, fonts=self.settings.fonts)

    def _notes(self, message: Message, count: int | None = None) -> tuple[str, ...]:
        """What a reviewer should know; `count` is the number of its pages, if they were made."""
        number = f"to {message.to.written}"
        if count is not None:
            number = f"{count} page{'' if count == 1 else 's'} {number}"
        notes = (number, f"only{when}" if (when := self._when()) else "at any hour")
        return notes if self._can_leave() else (*notes, NOT_INSTALLED)

    def _can_leave(self) -> bool:
        if self.settings.gateway != "hylafax":
            return True
        from uadispatch_fax.hylafax import is_installed  # noqa: PLC0415 - loads asyncio

        return is_installed(self.settings)

    def _when(self) -> str:
        hours = self.settings.hours
        if self.settings.quiet_hours is None:
            return ""
        begins, ends = hours.split("-")
        return f" between {begins} and {ends} there"


def _far_end(settings: FaxSettings) -> str:
    """The gateway, and whose faxes it tells us about; it never tells of another's."""
    url = ""
    told: tuple[str | None, ...] = ()
    match settings.gateway:
        case "person":
            return ""
        case "telnyx":
            url = settings.telnyx_url
            told = (settings.telnyx_connection_id, settings.from_number)
        case "sinch":
            url = settings.sinch_url
            told = (settings.sinch_project_id,)
        case "email":
            told = (settings.email_domain,)
        case "hylafax":
            from uadispatch_fax.hylafax import host_of  # noqa: PLC0415 - loads asyncio

            told = (host_of(settings), settings.hylafax_user)
    usual = {FaxSettings.model_fields[name].default for name in ("telnyx_url", "sinch_url")}
    return " ".join(filter(None, (settings.gateway, *told, "" if url in usual else url)))


def _gateway_of(settings: FaxSettings, tools: Tools) -> Gateway:
    match settings.gateway:
        case "telnyx":
            from uadispatch_fax.telnyx import Telnyx  # noqa: PLC0415 - loads TLS

            return Telnyx(settings, tools)
        case "sinch":
            from uadispatch_fax.sinch import Sinch  # noqa: PLC0415 - loads TLS

            return Sinch(settings, tools)
        case "email":
            return Onward(settings, tools)
    from uadispatch_fax.hylafax import HylaFax  # noqa: PLC0415 - loads asyncio

    return HylaFax(settings, tools)
