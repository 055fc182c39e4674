"""The letter channel: an appeal on paper, ready for a person to print, sign and post.

settings    the envelope and its window, fonts, where the files are put
sheets      paper, window and folds of each envelope
channel     a message -> its PDF, and what a person may record of it
binding     many letters -> one file for the printer
templates/  the words (*.j2) and the page (*.typ)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch import hookimpl
from uadispatch_letter.channel import LetterChannel

if TYPE_CHECKING:
    from uadispatch import RegisterChannel

__all__ = ["LetterChannel", "register_channels"]


@hookimpl
def register_channels(register: RegisterChannel) -> None:
    """Offer the letter channel."""
    register(LetterChannel)
