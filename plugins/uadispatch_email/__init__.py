"""The email channel: one appeal, one mail, one recipient, over the organisation's own SMTP server.

settings      host, port, security, login
mime, words   a message -> the bytes of one mail, and texts in its headers
reading       those bytes -> the preview
replies       the server's bytes -> SMTP replies
refusals      a reply that says no -> the error that it means
waiting       the wait that a server asks for in its words
envelope      one mail as it goes over the wire
transaction   one mail transaction without I/O; its table says what each failure means
pipeline      the one or two mails under way on a connection, without I/O
session       a connection that drives them
opening       connect, TLS and login
pool          the connections of one channel
stand_in      a mail server on this machine, for rehearsals
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch import hookimpl
from uadispatch_email.channel import EmailChannel

if TYPE_CHECKING:
    from uadispatch import RegisterChannel

__all__ = ["EmailChannel", "register_channels"]


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    """Offer the email channel."""
    register(EmailChannel)
