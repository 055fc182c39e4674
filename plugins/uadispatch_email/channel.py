"""The email channel itself: what can be sent, how it will read, and one try to send it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch import Capabilities, Channel, Preview, Rejected
from uadispatch_email.settings import EmailSettings

if TYPE_CHECKING:
    from uadispatch import Message, Receipt, StandIn, Tools
    from uadispatch_email.pool import Pool

__all__ = ["LARGEST", "EmailChannel"]

LARGEST = 20_000_000
"""Bytes of text and attachments; coded for mail they grow by 37 %, and few servers take more."""
REMEMBERED = 500
"""Messages that were checked and not sent yet, at most."""

# RFC 5321, section 4.5.3.1: 64 before the @, and no path is longer than 256 with its < >.
_ADDRESS = re.compile(r"(?=.{3,254}\Z)[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}@[A-Za-z0-9.-]+\Z")
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NOT_IN_A_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in b"\t\n\r")
_FILE_NAME = re.compile(r"""(?!\s)[^\x00-\x1f\x7f\ud800-\udfff"/\\<>]{1,200}(?<!\s)\Z""")
_LANGUAGE = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\Z")
_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,200}\Z")
_MEDIA_TYPE = re.compile(r"(?!message/|multipart/)[a-z]+/[A-Za-z0-9!#$&^_.+-]+\Z")


class EmailChannel(Channel[EmailSettings]):
    """One mail for each message, to one recipient, from the organisation's own address."""

    name = "email"
    contact = "email"
    Settings = EmailSettings

    def __init__(self, settings: EmailSettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._pool: Pool | None = None
        self._checked: dict[int, Message] = {}
        """Those checked last, by identity: to send one is to check it once."""

    @property
    def capabilities(self) -> Capabilities:
        """A program sends; a mail server proves no delivery and takes nothing back."""
        return Capabilities(queues=True)

    def check(self, message: Message) -> None:
        """Raise Rejected for what cannot be one mail to one recipient."""
        _check(message)
        if len(self._checked) >= REMEMBERED:
            self._checked.clear()
        self._checked[id(message)] = message

    def preview(self, message: Message) -> Preview:
        """The mail, read back from its very bytes as the recipient's program reads it."""
        from uadispatch_email.reading import preview  # noqa: PLC0415 - loads `email`

        self.check(message)
        return preview(message)

    async def send(self, message: Message) -> Receipt:
        """Hand the mail to the organisation's server: accepted is what it says, never delivered."""
        from uadispatch_email.envelope import Envelope  # noqa: PLC0415 - as mime
        from uadispatch_email.mime import build  # noqa: PLC0415 - not needed to be registered

        if self._checked.get(id(message)) is not message:
            self.check(message)
        self._checked.pop(id(message), None)
        if self._pool is None:
            from uadispatch_email.pool import Pool  # noqa: PLC0415 - loads aiosmtplib

            self._pool = Pool(self.settings, self.tools)
        envelope = Envelope(message.sender.email.value, message.to.value, build(message))
        return await self._pool.deliver(envelope)

    def stand_in(self) -> StandIn:
        """A mail server on this machine."""
        from uadispatch_email.stand_in import EmailStandIn  # noqa: PLC0415 - tests, rehearsals

        return EmailStandIn()

    async def aclose(self) -> None:
        """QUIT and close all connections; call it when nothing is under way."""
        if self._pool is not None:
            await self._pool.aclose()


def _check(message: Message) -> None:
    """Raise Rejected for what cannot be one mail to one recipient."""
    for address, whose in (
        (message.to.value, "The recipient's address"),
        (message.sender.email.value, "The organisation's address"),
    ):
        if not _ADDRESS.match(address):
            raise Rejected(f"{whose} is not exactly one email address of ASCII letters.")
    if not message.subject.strip():
        raise Rejected("The subject is empty: set one in the letter or the template.")
    for line, whose in (
        (message.subject, "The subject"),
        (message.target.name, "The target's name"),
        (message.sender.name, "The organisation's name"),
    ):
        if found := _NOT_IN_A_LINE.search(line):
            raise Rejected(f"{whose} holds a line break or {_shown(found)}: remove it.")
    # A mail may be its attachments alone: a gateway that turns it into a fax prints any text.
    if not message.body.strip() and not message.attachments:
        raise Rejected("The text is empty.")
    size = _size(message.body)
    if not _LANGUAGE.match(message.language) or not _REFERENCE.match(message.reference):
        raise Rejected("The language or the reference cannot stand in a mail's header.")
    if message.attachments:
        size += _attached(message)
    if size > LARGEST:
        raise Rejected(
            f"Text and attachments are {size:,} bytes, and few servers take more than {LARGEST:,}."
        )


def _size(text: str) -> int:
    """The bytes of a text. Raises Rejected for one that mail cannot carry."""
    try:
        raw = text.encode("utf-8")
        # What the pattern would find, in a quarter of its time.
        fits = len(raw.translate(None, _CONTROLS)) == len(raw)
    except UnicodeEncodeError:
        fits = False
    if not fits and (found := _NOT_IN_A_TEXT.search(text)):
        raise Rejected(f"The text holds {_shown(found)}: remove it.")
    return len(raw)


def _attached(message: Message) -> int:
    """The bytes of the attachments. Raises Rejected for one that mail cannot carry."""
    for attachment in message.attachments:
        if not _FILE_NAME.match(attachment.name):
            raise Rejected("An attachment's name is empty, too long, or no plain file name.")
        if not _MEDIA_TYPE.match(attachment.media_type):
            raise Rejected("An attachment's media type is not one file's, such as application/pdf.")
    return sum(len(attachment.content) for attachment in message.attachments)


def _shown(found: re.Match[str]) -> str:
    return f"a character that mail cannot carry (U+{ord(found[0]):04X})"
