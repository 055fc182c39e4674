"""A message -> the bytes of one mail: CRLF lines of 7-bit characters, ready for DATA.

The same message gives the same bytes. It knows nothing of servers. It writes the format (RFC
5322, 2045, 2046) itself: the standard library's way is the slowest part of a whole dispatch and
folds some names wrongly; the property tests read everything back with the standard library.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from uadispatch_email.words import mailbox, parameter, unstructured

if TYPE_CHECKING:
    from uadispatch import Attachment, Message

__all__ = ["build", "message_id"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
# What 7bit must not have: lines that are long, end in a space, or begin with a dot (some servers
# eat it) or "From " (mailboxes change it).
_PLAIN = re.compile(rb"(?:(?!\.|From )[\t -~]{0,76}(?<![\t ])\r\n)+\Z")
_FRAGILE = re.compile(rb"(?:\A|\n)(?:\.|From )")
_FRAGILE_START = re.compile(rb"^(?:\.|F(?=rom ))(?=[^\r\n]{0,73}\r$)", re.MULTILINE)
"""What can still be coded without making its line longer than 76 characters."""
_BASE64_LINE = 57
"""Bytes that make a base64 line of 76 characters (RFC 2045, section 6.8)."""


def build(message: Message) -> bytes:
    """The mail as it goes out, before dots are stuffed; it ends with CRLF.

    Raises UnicodeEncodeError for a text with half a surrogate pair (`check` refuses it).
    """
    sender, recipient = message.sender, message.to.value
    head = [
        mailbox("From", sender.name, sender.email.value),
        mailbox("To", message.target.name, recipient),
        unstructured("Subject", message.subject),
        f"Date: {_date(message.at)}",
        f"Message-ID: {message_id(message)}",
        f"Content-Language: {message.language}",
        "MIME-Version: 1.0",
    ]
    if sender.reply_to is not None:
        head.insert(1, mailbox("Reply-To", "", sender.reply_to.value))
    # No Auto-Submitted: an appeal is written and launched by people, one to one, and a mail that
    # says otherwise may not be answered (RFC 3834, section 2).
    text = _text(message.body, alone=not message.attachments)
    if not message.attachments:
        return "\r\n".join(head).encode("ascii") + b"\r\n" + text
    # "=_" never occurs in base64 or quoted-printable.
    boundary = f"=_{message.reference[:40]}"
    head.append(f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"')
    line = f"--{boundary}\r\n".encode("ascii")
    # Without a text there is no part for it: what turns mails into faxes prints an empty one too.
    parts = [text] if message.body.strip() else []
    parts += map(_file, message.attachments)
    return (
        "\r\n".join(head).encode("ascii")
        + b"\r\n\r\n"
        + b"".join(line + part + b"\r\n" for part in parts)  # that CRLF is the boundary's
        + f"--{boundary}--\r\n".encode("ascii")
    )


def message_id(message: Message) -> str:
    """The Message-ID: the reference, at the sender's domain."""
    return f"<{message.reference}@{message.sender.email.value.rpartition('@')[2]}>"


def _date(at: datetime) -> str:
    """RFC 5322, section 3.3, in UTC; not strftime, which speaks the machine's language."""
    at = at.astimezone(UTC)
    return (
        f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} "
        f"{at.hour:02}:{at.minute:02}:{at.second:02} +0000"
    )


def _text(body: str, *, alone: bool) -> bytes:
    """The text as a MIME part with its header, in the encoding that is shortest and safe."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    if not lines.endswith("\n"):
        lines += "\n"
    raw = lines.replace("\n", "\r\n").encode("utf-8")
    if alone and _PLAIN.match(raw):
        return _part("text/plain; charset=utf-8", "7bit", raw)
    quoted = binascii.b2a_qp(raw, istext=True)
    quoted = _FRAGILE_START.sub(lambda found: b"=%02X" % ord(found[0]), quoted)
    if len(quoted) <= len(raw) * 4 // 3 and not _FRAGILE.search(quoted):
        return _part("text/plain; charset=utf-8", "quoted-printable", quoted)
    return _part("text/plain; charset=utf-8", "base64", _base64(raw))


def _file(attachment: Attachment) -> bytes:
    kind = attachment.media_type + parameter("name", attachment.name)
    disposition = "attachment" + parameter("filename", attachment.name)
    return _part(
        kind, "base64", _base64(attachment.content), f"Content-Disposition: {disposition}\r\n"
    )


def _part(kind: str, encoding: str, content: bytes, further: str = "") -> bytes:
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n{further}\r\n"
    return head.encode("ascii") + content


def _base64(raw: bytes) -> bytes:
    return b"".join(
        binascii.b2a_base64(raw[at : at + _BASE64_LINE], newline=False) + b"\r\n"
        for at in range(0, len(raw), _BASE64_LINE)
    )
