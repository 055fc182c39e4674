"""How an official is greeted: one greeting out of what a document offers.

It reads the words of a greeting; who is greeted is decided elsewhere.
"""

from __future__ import annotations

import re

from uadispatch.campaign.text import line

__all__ = ["greetings_in"]

_LONGEST = 100
_OR = re.compile(
    r"\s*,?\s*(?:/|;|\||\bor\b)\s*(?=(?:my )?dear\b|your (?:royal |imperial )?[ehmg]"
    r"|excellency\b|exc(?:mo|ma)\b|monsieur\b|madame\b|se[n\u00f1]or|estimad"
    r"|excelen|honou?rable\b|president\b|minister\b)",
    re.IGNORECASE,
)
_QUOTES = "\"'\u201c\u201d\u2018\u2019()[] \t,;:."


def greetings_in(text: str) -> tuple[str, ...]:
    """The greetings that `text` offers, the first first, without their commas.

    None where it is too long for a greeting, or holds what no line may.
    """
    found = []
    for part in _OR.split(text[: 3 * _LONGEST]):
        greeting = part.strip(_QUOTES)
        if greeting and len(greeting) <= _LONGEST and _is_greeting(greeting):
            found.append(greeting)
    return tuple(found) if len(text) <= 3 * _LONGEST else ()


def _is_greeting(text: str) -> bool:
    try:
        return any(c.isalpha() for c in line(text))
    except ValueError:
        return False
