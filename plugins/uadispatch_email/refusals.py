"""What a server's no means for a message: a reply -> the error to raise.

Where which of them applies is in the table of `transaction`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch import Rejected, Temporary, Unavailable
from uadispatch_email.waiting import asked_wait

if TYPE_CHECKING:
    from uadispatch_email.replies import Reply

__all__ = ["GOES_AWAY", "for_good", "for_now", "mailbox_refused", "unavailable"]

GOES_AWAY = 421
"""The server closes the connection, whatever was asked (RFC 5321, section 3.8)."""

_NO_MAILBOX = frozenset({550, 551, 553})
"""RFC 5321, section 4.2.3: no such mailbox here, moved to another host, a name not allowed."""
_OF_THE_SENDER = frozenset({"5.1.7", "5.1.8"})
_DISABLED = "5.2.1"
_QMAIL = re.compile(r"(?:\A|\()#(5\.\d{1,3}\.\d{1,3})(?:\)|\s|\Z)", re.ASCII)
"""As qmail ends its replies, and some gateways begin theirs: ``(#5.1.1)``."""
_OF_SOMETHING_ELSE = re.compile(
    r"relay|rcpthosts|den(?:y|ied)|polic|permit|authori[sz]|authenticat|\blog ?in\b|sender"
    r"|spam|unsolicited|virus|block|blacklist|\bban|listed|reputation|\bspf\b|dkim|dmarc"
    r"|helo|\bptr\b|\bdns\b|\brate\b|limit|too many|quota|\bfull\b",
    re.ASCII | re.IGNORECASE,
)


def for_now(text: str, reply: Reply) -> Temporary:
    """What a 4xx means; 421 is `Unavailable`, since the server serves no other message either."""
    if reply.code == GOES_AWAY:
        return unavailable(text, reply)
    return Temporary(text, code=reply.status, retry_after=asked_wait(reply.text))


def unavailable(text: str, reply: Reply) -> Unavailable:
    """What a no means that any other message would have got too; only a 4xx may ask for a wait."""
    wait = asked_wait(reply.text) if reply.kind == 4 else None  # noqa: PLR2004 - 4xx
    return Unavailable(text, code=reply.status, retry_after=wait)


def for_good(text: str, reply: Reply, *, recipient: bool) -> Rejected:
    """What a 5xx means; `recipient` says that it answered RCPT."""
    return Rejected(text, code=reply.status, contact=recipient and mailbox_refused(reply))


def mailbox_refused(reply: Reply) -> bool:
    """Whether this 5xx to RCPT refuses the mailbox itself, whatever is sent there.

    By the enhanced status, if there is one: 5.1.x, a bad destination address, but not 5.1.7 and
    5.1.8, which are about the sender's; and 5.2.1, a mailbox that is disabled (RFC 3463, sections
    3.2 and 3.3). Without one, 550, 551 and 553, unless the words speak of something else: Exim
    says “550 relay not permitted” for every recipient to one who has not logged in. When in doubt
    it is no: a contact that is wrongly marked reaches nobody in any campaign.
    """
    status = reply.enhanced
    if status is None and (found := _QMAIL.search(reply.text)):
        status = found[1]
    if status is not None:
        bad_address = status.startswith("5.1.") and status not in _OF_THE_SENDER
        return bad_address or status == _DISABLED
    return reply.code in _NO_MAILBOX and not _OF_SOMETHING_ELSE.search(reply.text)
