"""What a gateway can do, and what all of them share; it knows none of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from uadispatch import Became, ConfigError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from uadispatch import Handover, Message, Outcome, Receipt, Tools

__all__ = [
    "FIRST_LOOK",
    "SETTLED",
    "Gateway",
    "ask_again",
    "delivered",
    "is_certain",
    "is_same_number",
    "is_try_of",
    "label",
    "moment",
    "printable_secret",
]

FIRST_LOOK = timedelta(seconds=30)
"""After a fax was taken, and the least time between two questions."""
LONGEST_LOOK = timedelta(minutes=15)
SETTLED = timedelta(minutes=30)
"""After this a gateway that knows nothing of a fax never got it: whatever was on its way to the
list of its faxes has arrived there."""
_NO_DIGITS = re.compile(r"[^0-9]+")


class Gateway(Protocol):
    """One way out for faxes; as `Channel`, with the pages made."""

    async def send(self, pdf: bytes, message: Message) -> Receipt | Handover:
        """Try once."""
        ...

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        """What became of a fax."""
        ...

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:
        """Whether it was certainly taken back."""
        ...

    async def aclose(self) -> None:
        """Close what was opened."""
        ...


def ask_again(now: datetime, since: datetime) -> datetime:
    """When to look again: soon after a fax began, and ever more seldom."""
    return now + min(max((now - since) / 4, FIRST_LOOK), LONGEST_LOOK)


def delivered(pages: object) -> str:
    """That all of a fax arrived, in words; `pages` as a gateway counts them, or anything else."""
    if type(pages) is not int:
        return "delivered"
    return "delivered, 1 page" if pages == 1 else f"delivered, {pages} pages"


def label(message: Message, tried_at: datetime) -> str:
    """What the fax of one try is called at the gateway: no other try of the message is."""
    return f"{message.reference}.{tried_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def is_try_of(message: Message, found: str) -> bool:
    """Whether `found` is the label of any try of `message`."""
    return found.startswith(f"{message.reference}.")


def is_certain(outcome: Outcome, age: timedelta, settled: timedelta) -> bool:
    """Whether `outcome`, of what was looked for so long after its try, may be told.

    That something failed leads to another try: it may be told only when nothing of the try can
    turn up any more.
    """
    return age >= settled or outcome.became in (Became.ACCEPTED, Became.CONFIRMED)


def is_same_number(number: str, found: object) -> bool:
    """Whether a gateway means `number` (E.164), however it writes it."""
    return isinstance(found, str) and _NO_DIGITS.sub("", found) == number.removeprefix("+")


def moment(text: object) -> datetime | None:
    """A gateway's ISO 8601 with a zone; None if it is none."""
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if read is None or read.tzinfo is None else read


async def printable_secret(
    tools: Tools, secret: SecretStr | None, command: str | None, variable: str
) -> str:
    """The secret itself. Raises ConfigError if there is none, or HTTP could not carry it."""
    found = (await tools.secret(secret, command) or "").strip()
    if not found:
        raise ConfigError(f"set {variable}, or {variable}_COMMAND, before a fax can be sent")
    if not (found.isascii() and found.isprintable()) or " " in found:
        raise ConfigError(f"{variable} holds characters that no key has: copy it anew")
    return found
