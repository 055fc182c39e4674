"""The letter channel itself: a message becomes its PDF, which a person prints, signs and posts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from uadispatch import (
    By,
    Capabilities,
    Channel,
    Counts,
    Preview,
    Rejected,
    hand_over,
    page_data,
)
from uadispatch_letter.settings import LetterSettings
from uadispatch_letter.sheets import PAPERS, SIZES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uadispatch import Handover, Message, StandIn

__all__ = ["LetterChannel"]

SAYS = "print, sign and post it"


class LetterChannel(Channel[LetterSettings]):
    """One letter for each message, for a window envelope."""

    name = "letter"
    contact = "address"
    Settings = LetterSettings

    @property
    def capabilities(self) -> Capabilities:
        """A person prints and posts; whether a letter arrives, nobody is told."""
        return Capabilities(
            by=By.PERSON, outcomes={"mailed": Counts.CONTACT, "skipped": Counts.NOTHING}
        )

    def check(self, message: Message) -> None:
        """Raise Rejected for what cannot be a letter; it is typeset to know that."""
        self._pdf(message)

    def preview(self, message: Message) -> Preview:
        """The letter as it reads, and its pages as pictures."""
        from uadispatch_letter.binding import count_of, pictures  # noqa: PLC0415 - loads pypdfium2

        pdf = self._pdf(message)
        pages = count_of(pdf)
        count = "1 page" if pages == 1 else f"{pages} pages"
        return Preview(
            text=_text(message),
            draw=lambda: pictures(pdf),
            notes=(f"{count}, {self._envelope}",),
            file=pdf,
        )

    def outline(self, message: Message) -> Preview:
        """The letter as it reads; no pages are made before they are drawn."""
        from uadispatch_letter.binding import pictures  # noqa: PLC0415 - loads pypdfium2

        return Preview(
            text=_text(message),
            draw=lambda: pictures(self._pdf(message)),
            notes=(self._envelope,),
        )

    async def send(self, message: Message) -> Handover:
        """Put the letter where a person finds it."""
        folder = self.settings.folder or self.tools.outbox
        return hand_over(folder, message, {".pdf": self._pdf(message)}, says=SAYS)

    def stand_in(self) -> StandIn:
        """The desk on which the letters are laid."""
        from uadispatch.testing import Desk  # noqa: PLC0415 - tests, rehearsals
        from uadispatch_letter.binding import pictures  # noqa: PLC0415 - loads pypdfium2

        return Desk(draw=pictures)

    def bundle(self, files: Sequence[Path], into: Path) -> tuple[Path, ...]:
        """All letters in one file for the printer, and a list of those that are not in it."""
        from uadispatch_letter.binding import bind  # noqa: PLC0415 - loads pypdfium2

        return bind(files, into, duplex=self.settings.duplex)

    @property
    def _envelope(self) -> str:
        return f"for an envelope {self.settings.envelope}"

    def _pdf(self, message: Message) -> bytes:
        if not message.body.strip():
            raise Rejected("The text is empty.")
        sheet = self.settings.sheet
        width, height = PAPERS[sheet.paper]
        data = page_data(
            message,
            sheet={
                "envelope": self.settings.envelope,
                "width": width,
                "height": height,
                "window": asdict(sheet.window),
                "folds": sheet.folds,
                "who": _who(message),
                "address": message.to.value.split("\n"),
                "sizes": SIZES,
            },
        )
        return self.tools.typeset(
            message.layouts, "page", data, at=message.at, fonts=self.settings.fonts
        )


def _text(message: Message) -> str:
    """As it reads, with the address where the window shows it."""
    lines = (*_who(message), *message.to.value.split("\n"))
    address = "\n".join(f"    {line}" for line in lines)
    return f"{address}\n\n{message.subject}\n\n{message.body}"


def _who(message: Message) -> list[str]:
    """Name and role above the address, unless it begins with them itself."""
    first = {line.casefold() for line in message.to.value.split("\n")[:2]}
    target = message.target
    return [
        line for line in (target.name, target.role) if line and line.strip().casefold() not in first
    ]
