"""Postcards that a person writes and posts: a channel of a person that keeps the contract."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field

from uadispatch import (
    By,
    Capabilities,
    Channel,
    ChannelSettings,
    Counts,
    Handover,
    Message,
    Preview,
    Rejected,
    StandIn,
    Unavailable,
    hand_over,
    hookimpl,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

STAMP = "— stamp here —"
"""Between the address and the text, on a line of its own."""


class CardSettings(ChannelSettings):
    folder: Path | None = Field(default=None, exclude=True)
    """Where the cards are put; ``.uadispatch/outbox/card`` by default."""
    longest: int = 3000
    """Characters for which a card has room."""


class CardChannel(Channel[CardSettings]):
    name = "card"
    contact = "address"
    Settings = CardSettings
    templates = {"any": "{% set subject = letter.subject %}\n{{ letter.text }}\n"}  # noqa: RUF012 - as docs/channels.md writes it

    @property
    def capabilities(self) -> Capabilities:
        outcomes = {
            "posted": Counts.CONTACT,
            "returned": Counts.WRONG,
            "skipped": Counts.NOTHING,
        }
        return Capabilities(by=By.PERSON, outcomes=outcomes)

    def check(self, message: Message) -> None:
        length = len(message.body)
        if length > self.settings.longest:
            raise Rejected(f"{length} characters; a card has room for {self.settings.longest}")

    def preview(self, message: Message) -> Preview:
        return Preview(
            text=message.body,
            links=(map_link(message),),
            notes=(f"{len(message.body)} characters",),
        )

    async def send(self, message: Message) -> Handover:
        folder = self.settings.folder or self.tools.outbox
        files = {".txt": card_of(message).encode(), ".html": page_of(message).encode()}
        return hand_over(
            folder, message, files, links=(map_link(message),), says="write it on a card, post it"
        )

    def stand_in(self) -> StandIn:
        from uadispatch.testing import Desk

        return Desk(read=text_in)

    def bundle(self, files: Sequence[Path], into: Path) -> tuple[Path, ...]:
        bound = into / "cards.txt"
        cards = [file for file in files if file.suffix == ".txt"]
        try:
            if not cards:
                bound.unlink(missing_ok=True)
                return ()
            write_file(bound, b"\f".join(card.read_bytes() for card in cards))
        except OSError as exc:
            raise Unavailable(f"the cards cannot be put together: {exc.strerror}") from exc
        return (bound,)


def card_of(message: Message) -> str:
    """The address as it is written on the card, and the text."""
    address = "\n".join(f"    {line}" for line in message.to.value.split("\n"))
    return f"{address}\n{STAMP}\n{message.body}"


def text_in(card: str) -> str:
    """The text on a card: the lines of an address are indented, so this is the first such line."""
    return card.partition(f"\n{STAMP}\n")[2]


def page_of(message: Message) -> str:
    """The card for a browser, to be printed."""
    return (
        f'<!doctype html><html lang="{escape(message.language)}"><meta charset="utf-8">'
        f"<title>{escape(message.subject)}</title>"
        f"<address>{escape(message.target.name)}\n{escape(message.to.value)}</address>"
        f"<pre>{escape(message.body)}</pre></html>\n"
    )


def map_link(message: Message) -> str:
    """Where the address is on a map."""
    query = urlencode({"query": message.to.value})
    return f"https://www.openstreetmap.org/search?{query}"


@hookimpl
def register_channels(register: Any) -> None:
    register(CardChannel)
