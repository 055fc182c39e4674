"""Two texts beside each other, as little of both as shows where they differ first."""

from __future__ import annotations

import unicodedata
from itertools import takewhile

__all__ = ["from_to"]

BEFORE, AFTER = 24, 40
"""Characters that are shown before the first difference, and from it on."""

NOTHING = "nothing"


def from_to(old: str | None, new: str | None) -> str:
    """``“old” → “new”`` around the first difference; None: there is none. Always one line.

    What cannot be seen is shown by its number, and letters that look alike are named.
    """
    if old is None or new is None:
        return f"{_quoted(old, 0)} → {_quoted(new, 0)}"
    same = _common(old, new)
    start = max(0, same - BEFORE)
    said = f"{_quoted(old, start, same)} → {_quoted(new, start, same)}"
    return f"{said}{_alike(old, new, same)}"


def _quoted(text: str | None, start: int, same: int = 0) -> str:
    if text is None:
        return NOTHING
    end = same + AFTER
    part = "".join(map(_visible, text[start:end]))
    return f"“{'…' * (start > 0)}{part}{'…' * (end < len(text))}”"


def _visible(character: str) -> str:
    if character == "\n":
        return "⏎"
    return character if character.isprintable() else f"<U+{ord(character):04X}>"


def _common(old: str, new: str) -> int:
    """How many characters at the beginning are the same."""
    pairs = zip(old, new, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _alike(old: str, new: str, same: int) -> str:
    """What the eye cannot tell apart: letters of two scripts, say."""
    if unicodedata.normalize("NFC", old) == unicodedata.normalize("NFC", new):
        return " (the same letters, stored in another way)" if old != new else ""
    was, is_ = (_name(text[same : same + 1]) for text in (old, new))
    scripts = {name.partition(" ")[0] for name in (was, is_)}
    if was and is_ and scripts - {"LATIN", "DIGIT"} and len(scripts) > 1:
        return f" (a {was}, and now a {is_})"
    return ""


def _name(character: str) -> str:
    return unicodedata.name(character, "") if character.isalpha() else ""
