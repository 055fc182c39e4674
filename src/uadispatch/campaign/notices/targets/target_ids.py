"""The short names of targets, which files and messages know them by.

They follow from who a target is, never from its place in a list, so that the next document about
the same case finds the same ids.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.targets.offices import without_titles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.campaign.notices.notice import FoundTarget

__all__ = ["ids_of"]

_LONGEST = 48
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "\u0131": "i", "æ": "ae"}
    | dict.fromkeys("'\u2019\u2018\u02bc`", "")
)
_AMBASSADOR = re.compile(r"\b(?:ambassador|high commissioner)\b", re.IGNORECASE)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:1000].translate(_LETTERS).casefold())
    plain = plain.encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    while len(words) > 1 and len("-".join(words)) > _LONGEST:
        words.pop()
    slug = "-".join(words)[:_LONGEST]
    if slug and any(c.isalpha() for c in slug):
        return slug
    # A name in letters that have no form here.
    return "target-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _base(target: FoundTarget) -> tuple[str, str]:
    """The id by the office, or the name; and by what it was made."""
    role = target.role.value if target.role else ""
    if target.represents:
        place = f"-{target.country.value.lower()}" if target.country else ""
        greeted = target.salutation.value if target.salutation else ""
        if _AMBASSADOR.search(role or f"{target.name.value} {greeted}"):
            return f"ambassador{place}", "the office and the country it is in"
        if not role:
            return f"embassy{place}", "the embassy and the country it is in"
    if role:
        return _slug(role), "the office"
    return _slug(without_titles(target.name.value)), "the name"


def ids_of(targets: Sequence[FoundTarget]) -> list[tuple[str, str]]:
    """(id, what it was made of) for each target; no two ids are the same.

    Officials who would share an id have their names in it too; only those who share even the name
    are counted.
    """
    bases = [_base(target) for target in targets]
    shared = Counter(base for base, _ in bases)
    named = [
        (
            f"{base}-{_slug(without_titles(target.name.value))}"[:62].strip("-"),
            f"{rule} and the name",
        )
        if shared[base] > 1 and target.role
        else (base, rule)
        for target, (base, rule) in zip(targets, bases, strict=True)
    ]
    found: list[tuple[str, str]] = []
    taken: set[str] = set()
    for base, rule in named:
        count, chosen = 1, base
        while chosen in taken:
            count += 1
            chosen = f"{base[:56]}-{count}"
        taken.add(chosen)
        found.append((chosen, rule))
    return found
