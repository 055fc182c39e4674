"""One mail as it goes over the wire: the commands that announce it, and its text with the dots."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["DATA", "Envelope"]

DATA = b"DATA\r\n"

_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+\Z")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail as it goes over the wire: one sender, one recipient, `content` with CRLF lines.

    Raises ValueError if an address could say more than an address.
    """

    sender: str
    recipient: str
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for address in (self.sender, self.recipient):
            if not _ADDRESS.match(address):
                raise ValueError("an address that cannot stand in an SMTP command")
        if not self.content.endswith(b"\r\n"):
            raise ValueError("a mail ends with CRLF")

    def mail(self, *, size: bool) -> bytes:
        """MAIL, with the SIZE parameter (RFC 1870) if the server knows it."""
        declared = f" SIZE={len(self.content)}" if size else ""
        return f"MAIL FROM:<{self.sender}>{declared}\r\n".encode("ascii")

    def rcpt(self) -> bytes:
        """RCPT."""
        return f"RCPT TO:<{self.recipient}>\r\n".encode("ascii")

    def commands(self, *, size: bool) -> bytes:
        """MAIL, RCPT and DATA at once."""
        return self.mail(size=size) + self.rcpt() + DATA

    def body(self) -> bytes:
        """The content with its dots stuffed (RFC 5321, section 4.5.2), and the final dot."""
        stuffed = self.content.replace(b"\r\n.", b"\r\n..")
        return (b"." if stuffed.startswith(b".") else b"") + stuffed + b".\r\n"
