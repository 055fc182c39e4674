"""The phone channel: a call sheet and a QR code for the person who makes the call.

channel   what is handed over, and what may be recorded of a call
dialling  a number -> its link, its readable form, its QR code, and what is odd about it
sheet     a message -> the call sheet
templates the words that are said, and the sheet's own
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch import hookimpl
from uadispatch_phone.channel import PhoneChannel

if TYPE_CHECKING:
    from uadispatch import RegisterChannel

__all__ = ["PhoneChannel", "register_channels"]


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    """Offer the phone channel."""
    register(PhoneChannel)
