"""A mail's bytes -> what the recipient sees, decoded by the standard library."""

from __future__ import annotations

import email
import email.policy
from email.header import decode_header, make_header
from email.headerregistry import HeaderRegistry
from functools import lru_cache
from typing import TYPE_CHECKING

from uadispatch import Preview
from uadispatch_email.mime import build

if TYPE_CHECKING:
    from email.message import EmailMessage

    from uadispatch import Message

__all__ = ["preview", "shown"]

_SHOWN = frozenset({"From", "Reply-To", "To", "Subject"})
# To read what kind of part it is is half of the work, and the kinds are few.
_POLICY = email.policy.SMTP.clone(header_factory=lru_cache(maxsize=64)(HeaderRegistry()))


def preview(message: Message) -> Preview:
    """What the recipient of `message` will see."""
    return Preview(text=shown(build(message)))


def shown(content: bytes) -> str:
    """A mail's headers that a reader sees, its text, and the names of its attachments."""
    mail: EmailMessage = email.message_from_bytes(content, policy=_POLICY)
    # Raw, since the policy of CPython 3.11 reads a name in two encoded words with a space between.
    lines = [f"{name}: {_decoded(raw)}" for name, raw in mail.raw_items() if name in _SHOWN]
    for part in mail.iter_attachments():
        payload = part.get_payload(decode=True)
        size = len(payload) if isinstance(payload, bytes) else 0
        lines.append(f"Attachment: {part.get_filename()} ({size:,} bytes)")
    body = mail.get_body(("plain",))
    text = "" if body is None else str(body.get_content()).replace("\r\n", "\n")
    return "\n".join([*lines, "", text])


def _decoded(raw: str) -> str:
    return str(make_header(decode_header(raw.replace("\r\n", ""))))
