"""What a text from a file may hold, and how a refused one is described.

It knows characters only: nothing of what a text means, and nothing of pydantic's errors.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, WithJsonSchema

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["TEXT_SCHEMA", "Block", "Line", "described", "did_you_mean", "line", "shown", "text_of"]

LONGEST_LINE = 1_000
LONGEST_BLOCK = 200_000
_LONGEST_SHOWN = 60

# Controls end a header or a line where nobody sees it; overrides and isolates (U+202A-202E,
# U+2066-2069) show a reviewer another order than the recipient's. The marks that scripts need
# (ZWJ, ZWNJ, LRM, RLM) stay allowed.
_FORBIDDEN = "\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_NOT_IN_LINE = re.compile(f"[{_FORBIDDEN}]")
_NOT_IN_BLOCK = re.compile(f"(?![\t\n])[{_FORBIDDEN}]")
_OUTER_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+|\s+\Z")
# Without these a text shows nothing at all.
_INVISIBLE = re.compile(r"[\s\u00ad\u034f\u115f\u1160\u200b-\u200f\u2060-\u2064\u3164\ufeff]*\Z")

TEXT_SCHEMA: dict[str, object] = {"type": ["string", "number"], "minLength": 1}
"""A text in a file: a number that stands without quotes is taken as it is written."""


def shown(text: str) -> str:
    """`text` in quotation marks, short and printable, for an error."""
    cut = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return "“" + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut) + "”"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean X?`` for the known word nearest to `word`, or nothing."""
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word[:100].casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean {by_folded[near[0]]}?" if near else ""


def text_of(value: object) -> str:
    """`value` as text. Raises ValueError if the file holds something else here."""
    if isinstance(value, str):
        return value
    if value is None:
        raise ValueError("it is empty; write a text, or remove the key if it may be missing")
    if isinstance(value, bool):
        word = "true" if value else "false"
        raise ValueError(f'{word} is a truth value; put it in quotes: "{word}"')  # noqa: TRY004 - pydantic takes a ValueError
    if isinstance(value, int | float):
        return str(value)
    kind = "a list" if isinstance(value, list | tuple) else "a group of keys"
    raise ValueError(f"here stands {kind}; write one text")


def line(value: object) -> str:
    """One line of text, stripped. Raises ValueError with what is wrong and the mend."""
    text = text_of(value).strip()
    _refuse(text, _NOT_IN_LINE, LONGEST_LINE)
    return text


def block(value: object) -> str:
    """Lines of text ending with LF, without blank lines around them. Raises ValueError."""
    text = text_of(value).replace("\r\n", "\n")
    text = _OUTER_BLANK_LINES.sub("", text)
    _refuse(text, _NOT_IN_BLOCK, LONGEST_BLOCK)
    return text


def _refuse(text: str, forbidden: re.Pattern[str], longest: int) -> None:
    if len(text) > longest:
        raise ValueError(f"it has {len(text):,} characters; shorten it to {longest:,} at most")
    if _INVISIBLE.match(text):
        raise ValueError("it is empty; write a text, or remove the key if it may be missing")
    if found := forbidden.search(text):
        raise ValueError(
            f"this must be {'one line' if forbidden is _NOT_IN_LINE else 'text'}, but its "
            f"character {found.start() + 1} is {described(found.group())}; remove it"
        )


def described(character: str) -> str:
    """What a forbidden character is, in words."""
    code = f"U+{ord(character):04X}"
    if character in "\r\n\x85\u2028\u2029":
        return f"a line break ({code})"
    if character == "\t":
        return "a tab"
    if unicodedata.category(character) == "Cs":
        return f"half a character ({code})"
    if unicodedata.category(character) == "Cf":
        return f"an invisible mark that reorders what a reader sees ({code})"
    return f"an invisible control character ({code})"


Line = Annotated[str, BeforeValidator(line), WithJsonSchema(TEXT_SCHEMA)]
"""One line of text."""

Block = Annotated[str, BeforeValidator(block), WithJsonSchema(TEXT_SCHEMA)]
"""Text of one or more lines."""
