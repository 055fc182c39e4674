"""A message -> the bytes of one mail: CRLF lines of 7-bit characters, ready for DATA.

The same message gives the same bytes, whichever server takes it: so a text is never sent as it is
to one that offers 8BITMIME. It knows nothing of servers. It writes the format (RFC 5322, 2045,
2046) itself: the standard library's way is the slowest part of a whole dispatch and folds some
names wrongly; the property tests read everything back with the standard library. What many mails
of a run have in common (sender, date, subject, most lines of the text) is coded once and
remembered, in bounded numbers; a mail is then stamped together from it.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

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
_BASE64_LINE = 76
"""RFC 2045, section 6.8."""
_SHORT = 72
"""Bytes of a line with its CRLF that no coding breaks in two."""
_WORTH_REMEMBERING = 2000
"""Characters of a line of text; of longer ones 256 would be too much memory."""
_TEXT = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
_SEVEN_BIT = f"{_TEXT}7bit\r\n\r\n".encode("ascii")
_QUOTED = f"{_TEXT}quoted-printable\r\n\r\n".encode("ascii")
_BASE64 = f"{_TEXT}base64\r\n\r\n".encode("ascii")


def build(message: Message) -> bytes:
    """The mail as it goes out, before dots are stuffed; it ends with CRLF.

    Raises UnicodeEncodeError for a text with half a surrogate pair (`check` refuses it).
    """
    sender = message.sender
    reply_to = sender.reply_to and sender.reply_to.value
    top, date, end = _prototype(
        sender.name, sender.email.value, reply_to, message.at, message.language
    )
    head = (
        f"{top}{mailbox('To', message.target.name, message.to.value)}\r\n"
        f"{_subject(message.subject)}{date}{message.reference}{end}"
    ).encode("ascii")
    # No Auto-Submitted: an appeal is written and launched by people, one to one, and a mail that
    # says otherwise may not be answered (RFC 3834, section 2).
    text = _text(message.body, alone=not message.attachments)
    return head + text if not message.attachments else head + _mixed(message, text)


def _mixed(message: Message, text: bytes) -> bytes:
    """The text and the attachments, as the parts of one mail."""
    # "=_" never occurs in base64 or quoted-printable.
    boundary = f"=_{message.reference[:40]}"
    line = f"--{boundary}\r\n".encode("ascii")
    # Without a text there is no part for it: what turns mails into faxes prints an empty one too.
    parts = [text] if message.body.strip() else []
    parts += map(_file, message.attachments)
    return (
        f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
        + b"".join(line + part + b"\r\n" for part in parts)  # that CRLF is the boundary's
        + f"--{boundary}--\r\n".encode("ascii")
    )


@lru_cache(maxsize=64)
def _prototype(
    name: str, address: str, reply_to: str | None, at: datetime, language: str
) -> tuple[str, str, str]:
    """What mails of one second share: before To, after the subject, after the reference."""
    top = [mailbox("From", name, address)]
    top += [mailbox("Reply-To", "", reply_to)] if reply_to is not None else []
    before, _, after = _message_id("\0", address).partition("\0")
    return (
        "".join(f"{field}\r\n" for field in top),
        f"\r\nDate: {_date(at)}\r\nMessage-ID: {before}",
        f"{after}\r\nContent-Language: {language}\r\nMIME-Version: 1.0\r\n",
    )


@lru_cache(maxsize=64)
def _subject(subject: str) -> str:
    return unstructured("Subject", subject)


def message_id(message: Message) -> str:
    """The Message-ID: the reference, at the sender's domain."""
    return _message_id(message.reference, message.sender.email.value)


def _message_id(reference: str, sender: str) -> str:
    return f"<{reference}@{sender.rpartition('@')[2]}>"


def _date(at: datetime) -> str:
    """RFC 5322, section 3.3, in UTC; not strftime, which speaks the machine's language."""
    at = at.astimezone(UTC)
    return (
        f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} "
        f"{at.hour:02}:{at.minute:02}:{at.second:02} +0000"
    )


class _Line(NamedTuple):
    """One line of a text, with its CRLF."""

    raw: bytes
    quoted: bytes | None
    """As quoted-printable; None: not without a line that is fragile on its way."""
    plain: bool
    """Whether it may go as it is."""


def _text(body: str, *, alone: bool) -> bytes:
    """The text as a MIME part with its header, in the encoding that is shortest and safe."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    # In quoted-printable and as it is, each line is coded by itself.
    coded = [
        _remembered(line) if len(line) <= _WORTH_REMEMBERING else _coded(line) for line in lines
    ]
    raw, quoted, plain = zip(*coded, strict=True)
    if alone and all(plain):
        return _SEVEN_BIT + b"".join(raw)
    content = b"".join(raw)
    if None not in quoted:
        shown = b"".join(quoted)
        if len(shown) <= len(content) * 4 // 3:
            return _QUOTED + shown
    return _BASE64 + _base64(content)


def _coded(line: str) -> _Line:
    raw = line.encode("utf-8") + b"\r\n"
    plain = _PLAIN.match(raw) is not None
    if plain and len(raw) <= _SHORT and b"=" not in raw:  # it needs no quoting
        return _Line(raw, raw, plain)
    quoted = binascii.b2a_qp(raw, istext=True)
    quoted = _FRAGILE_START.sub(lambda found: b"=%02X" % ord(found[0]), quoted)
    fragile = _FRAGILE.search(quoted) is not None
    return _Line(raw, None if fragile else quoted, plain)


_remembered = lru_cache(maxsize=256)(_coded)


def _file(attachment: Attachment) -> bytes:
    kind = attachment.media_type + parameter("name", attachment.name)
    disposition = "attachment" + parameter("filename", attachment.name)
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: {disposition}\r\n\r\n"
    )
    return head.encode("ascii") + _base64(attachment.content)


def _base64(raw: bytes) -> bytes:
    coded = binascii.b2a_base64(raw, newline=False)
    lines = [coded[at : at + _BASE64_LINE] for at in range(0, len(coded), _BASE64_LINE)]
    lines.append(b"")
    return b"\r\n".join(lines)
