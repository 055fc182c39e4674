"""Accounts on Facebook and the addresses of their pages; nothing is asked of Facebook."""

from __future__ import annotations

import re

__all__ = ["NoPage", "page_of"]

_NAME = re.compile(r"(?!.*\.\.)(?![0-9]+\Z)[A-Za-z0-9](?:[A-Za-z0-9.]{3,48})[A-Za-z0-9]")
_NUMBER = re.compile(r"[0-9]{5,20}")
_RESERVED = frozenset(
    {
        "events", "groups", "hashtag", "help", "home.php", "login", "login.php",
        "marketplace", "messages", "notes", "pages", "people", "permalink.php", "photo",
        "photo.php", "photos", "posts", "profile.php", "public", "search", "settings", "share",
        "share.php", "sharer", "sharer.php", "story.php", "videos", "watch",
    }
)  # fmt: skip
"""First steps of addresses that lead to no account's own page."""


class NoPage(Exception):
    """No account's page can be reached with this; the text says why, and what to do."""


def page_of(account: str) -> str:
    """The address of the page of `account`, which is its name or its number.

    Raises:
        NoPage: it can be neither.
    """
    if _NUMBER.fullmatch(account):
        return f"https://www.facebook.com/profile.php?id={account}"
    if account.lower() in _RESERVED:
        raise NoPage(
            f"facebook.com/{account} is the page of no account; write the account's name, or the "
            "number after “id=” in its address"
        )
    if not _NAME.fullmatch(account):
        raise NoPage(
            "an account on Facebook has 5 to 50 letters a-z, digits and single full stops between "
            "them; compare the name with the document"
        )
    return f"https://www.facebook.com/{account}"
