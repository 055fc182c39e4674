"""Bullets and the numbers of lists, as documents of all kinds leave them before a text."""

from __future__ import annotations

import re

__all__ = ["has_bullet", "without_bullet"]

_BULLET = re.compile(
    r"(?:[-*•·▪●○◦‣§>\u2013\u2014\uf0a7\uf0b7]{1,3} ?|n (?=\S)|o (?=[A-Z])"
    r"|\(?[0-9]{1,2}[.)] ?(?=[^\s0-9])|[a-z]\) )"
)


def without_bullet(text: str) -> str:
    """`text` without its bullet, which may be a Wingdings ``n``, or the number of its list."""
    return text[found.end() :].strip() if (found := _BULLET.match(text)) else text


def has_bullet(text: str) -> bool:
    """Whether a bullet or the number of a list stands before the text."""
    return bool(_BULLET.match(text))
