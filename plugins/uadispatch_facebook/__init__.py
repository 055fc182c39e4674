"""The Facebook channel: a page to open and a text to post there, for a person.

channel   what is handed over, and what may be recorded of it
pages     an account -> the address of its page
templates the words around the letter
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch import hookimpl
from uadispatch_facebook.channel import FacebookChannel

if TYPE_CHECKING:
    from uadispatch import RegisterChannel

__all__ = ["FacebookChannel", "register_channels"]


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    """Offer the Facebook channel."""
    register(FacebookChannel)
