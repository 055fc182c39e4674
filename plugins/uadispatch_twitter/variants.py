"""Which of a message's texts is posted: the longest that fits. No text is ever cut.

A template's body is one text. Each part whose name begins with ``short`` is a further one. Parts
whose name begins with ``api`` are for automated posts that mention nobody, and only for these.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uadispatch import Rejected
from uadispatch_twitter.counting import LIMIT, LONGEST, count

if TYPE_CHECKING:
    from uadispatch import Message

__all__ = ["BODY", "Variant", "choose", "texts_of"]

BODY = "body"
SHORT = "short"
API = "api"

_NOT_IN_A_POST = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Variant:
    """A text to post, the name of its part, and its length as X counts it."""

    name: str
    text: str
    length: int


def texts_of(message: Message, *, mentioning: bool) -> dict[str, str]:
    """The texts to choose from, by name and in a fixed order; empty ones are left out.

    With `mentioning` these are the body and ``short...``. Without, they are ``api...``; or the
    same as with, if there is no such part.
    """
    parts = sorted(message.parts)
    named = [] if mentioning else [name for name in parts if name.startswith(API)]
    found = {name: message.parts[name] for name in named}
    if not found:
        found = {BODY: message.body}
        found |= {name: message.parts[name] for name in parts if name.startswith(SHORT)}
    # As X will keep it: what stands at its ends is dropped there too.
    texts = {name: _LINE_ENDS.sub("\n", text).strip() for name, text in found.items()}
    return {name: text for name, text in texts.items() if text}


def choose(message: Message, *, mentioning: bool) -> Variant:
    """The longest text that fits, as X counts; of two as long ones the first.

    Raises:
        Rejected: none fits, with the counts; or one holds what X would not take.
    """
    texts = texts_of(message, mentioning=mentioning)
    if not texts:
        raise Rejected("The post is empty: write a text in the template.")
    found = [_counted(name, text) for name, text in texts.items()]
    fitting = [variant for variant in found if variant.length <= LIMIT]
    if fitting:
        return max(fitting, key=lambda variant: variant.length)  # the first of as long ones
    counts = ", ".join(f"{variant.name} {_shown(variant.length)} of {LIMIT}" for variant in found)
    part = f"{API}_short" if found[0].name.startswith(API) else SHORT
    raise Rejected(
        f"Too long for X, in characters as X counts them: {counts}. Shorten it, or set a shorter "
        f"text in the template: {{% set {part} %}}...{{% endset %}}"
    )


def _counted(name: str, text: str) -> Variant:
    if found := _NOT_IN_A_POST.search(text):
        raise Rejected(f"The text {name} holds {_sign(found[0])}, which X cannot take: remove it.")
    if len(unicodedata.normalize("NFC", text)) > LONGEST:
        return Variant(name, text, LONGEST + 1)
    counted = count(text)
    if not counted.valid and counted.length <= LIMIT:
        raise Rejected(
            f"The text {name} holds a character that X cannot take (U+FFFE, U+FEFF or U+FFFF): "
            "remove it."
        )
    return Variant(name, text, counted.length)


def _shown(length: int) -> str:
    return f"more than {LONGEST}" if length > LONGEST else str(length)


def _sign(sign: str) -> str:
    return f"a character without a shape (U+{ord(sign):04X})"
