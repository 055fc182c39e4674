"""The fax channel: an appeal as pages, through a gateway or a person at the office's machine.

settings           which gateway, and what it needs
channel            what can be faxed, how it will look, and one try to send it
pages              a message -> its pages
gateway            what a gateway can do, and what all of them share
web_gateway        what gateways on the web have in common
telnyx, sinch      gateways on the web
onward             a gateway that takes mails
hylafax, queue     a fax server of one's own, through its programs; what they print
failures           what a gateway says of a fax that failed -> what became of the message
stand_in           far ends on this machine, for rehearsals: what they share
stand_in_telnyx, stand_in_sinch, stand_in_hylafax, programs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch import hookimpl
from uadispatch_fax.channel import FaxChannel

if TYPE_CHECKING:
    from uadispatch import RegisterChannel

__all__ = ["FaxChannel", "register_channels"]


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    """Offer the fax channel."""
    register(FaxChannel)
