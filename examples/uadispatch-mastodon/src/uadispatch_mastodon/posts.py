"""Texts of posts: as the server counts them, and as it gives them back."""

from __future__ import annotations

import re
from datetime import datetime
from html.parser import HTMLParser

LINK_COUNTS = 23
"""Characters as which the server counts any link."""
_LINK = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)\]'\"]", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w/])@(\w+(?:[\w.-]*\w)?)(?:@[\w-]+(?:\.[\w-]+)+)?")


def length_of(text: str) -> int:
    """The characters of a post: any link has 23, and a mention counts without its server.

    The server counts what is drawn as one (an emoji of several) as one, so that this is never
    less than its own figure. See https://docs.joinmastodon.org/user/posting/.
    """
    return len(_MENTION.sub(r"@\1", _LINK.sub("x" * LINK_COUNTS, text)))


def mentions_in(text: str) -> list[str]:
    """Whom a post mentions, and so tells of it."""
    return [found[0] for found in _MENTION.finditer(_LINK.sub("", text))]


def as_shown(text: str) -> str:
    """The words of a post: a mention without its server, and no line breaks."""
    return " ".join(_MENTION.sub(r"@\1", text).split())


def words_of(content: str) -> str:
    """The same of the HTML that the server gives back."""
    reader = _Words()
    reader.feed(content)
    reader.close()
    return as_shown("".join(reader.found))


def time_in(written: object) -> datetime | None:
    """A time as the server writes it; None if it is none, or of no time zone."""
    try:
        found = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return None if found is None or found.tzinfo is None else found


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - as HTMLParser has it
        if tag in ("p", "br"):
            self.found.append(" ")

    def handle_data(self, data: str) -> None:
        self.found.append(data)
