"""The Facebook channel: it prepares a post and says what may come of it; a person posts."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import Field

from uadispatch import (
    By,
    Capabilities,
    Channel,
    ChannelSettings,
    Counts,
    Preview,
    Rejected,
    hand_over,
)
from uadispatch_facebook.pages import NoPage, page_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch import Handover, Message, StandIn

__all__ = ["LONGEST", "OUTCOMES", "FacebookChannel", "FacebookSettings"]

OUTCOMES: Mapping[str, Counts] = MappingProxyType(
    {"posted": Counts.CONTACT, "skipped": Counts.NOTHING}
)
"""What may come of it."""

LONGEST = 63_206
"""Characters that Facebook takes in a post."""

# As campaign files may hold none of these, they come from elsewhere and would show another text.
_HIDDEN = re.compile(
    "(?![\t\n])[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class FacebookSettings(ChannelSettings):
    """Where the texts are put; a person posts them."""

    folder: Path | None = Field(default=None, exclude=True)
    """Where the texts to post are put; ``.uadispatch/outbox/facebook`` by default."""


class FacebookChannel(Channel[FacebookSettings]):
    """One appeal, one text, one page to post it on."""

    name = "facebook"
    contact = "facebook"
    Settings = FacebookSettings

    @property
    def capabilities(self) -> Capabilities:
        """A person posts, and records it."""
        return Capabilities(by=By.PERSON, longest_body=LONGEST, outcomes=OUTCOMES)

    def check(self, message: Message) -> None:
        """Raise Rejected for what is no page, and for a text that Facebook would cut."""
        _page(message)
        if len(text := _text(message)) > LONGEST:
            raise Rejected(
                f"the text has {len(text):,} characters and a post {LONGEST:,}; shorten the letter"
            )

    def preview(self, message: Message) -> Preview:
        """The text as it is posted, and the page."""
        return Preview(text=_text(message), links=(_page(message),))

    async def send(self, message: Message) -> Handover:
        """Write the text; nothing else is in its file, so that all of it can be copied."""
        self.check(message)
        page = _page(message)
        folder = self.settings.folder or self.tools.outbox
        says = f"open {page} and post the text there, or send it as a message"
        return hand_over(
            folder, message, {".txt": _text(message).encode()}, links=(page,), says=says
        )

    def stand_in(self) -> StandIn:
        """A desk on which the texts are put."""
        from uadispatch.testing import Desk  # noqa: PLC0415 - only for rehearsals

        return Desk()


def _text(message: Message) -> str:
    """The template's text; a subject, which a post has no field for, is its first line."""
    above = f"{message.subject}\n\n" if message.subject else ""
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", above + message.body)


def _page(message: Message) -> str:
    try:
        return page_of(message.to.value)
    except NoPage as exc:
        raise Rejected(str(exc)) from None
