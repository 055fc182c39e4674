"""How X counts a text, and what it makes a link or a mention of. Pure; it knows no message.

The rules are X's own (twitter-text, configuration 3): most letters of alphabetic scripts count
one, all others two, an emoji two however many code points it is made of, a link 23.
"""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LIMIT", "LONGEST", "RULES", "Counted", "count", "links", "mentions"]

LIMIT = 280
"""What a post may count."""

LONGEST = 1000
"""Characters beyond which a text is refused uncounted: X's pattern for links takes seconds for a
few thousand hostile ones, and what fits is shorter (but for links of hundreds of letters)."""

RULES: Mapping[str, Any] = MappingProxyType(
    {
        "version": 3,
        "max_weighted_tweet_length": LIMIT,
        "scale": 100,
        "default_weight": 200,
        "emoji_parsing_enabled": True,
        "transformed_url_length": 23,
        "ranges": (
            {"start": 0, "end": 4351, "weight": 100},
            {"start": 8192, "end": 8205, "weight": 100},
            {"start": 8208, "end": 8223, "weight": 100},
            {"start": 8242, "end": 8247, "weight": 100},
        ),
    }
)
"""X's configuration 3, written out so that no new version of a library changes a count silently."""

# What may not stand before the @ of a mention, says twitter-text; "RT@name" is one all the same.
_MENTION = re.compile(
    r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=\brt)|(?<=\brt:))[@＠]([A-Za-z0-9_]{1,20})",  # noqa: RUF001 - X takes both signs
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A length as X counts it; `valid` is false of a text that X would not take."""

    length: int
    valid: bool


def count(text: str, rules: Mapping[str, Any] = RULES) -> Counted:
    """The length of `text` by `rules`, which are X's of today."""
    found = _library().parse_tweet(text, rules)
    return Counted(found.weightedLength, found.valid)


def links(text: str) -> tuple[str, ...]:
    """What X makes a link of: also a bare ``a.kz``."""
    return tuple(_library().extract_urls(text))


def mentions(text: str) -> tuple[str, ...]:
    """Whom `text` mentions, without @; what stands in a link is no mention."""
    rest, at = [], 0
    for link in _library().extract_urls_with_indices(text):
        # By its place: the same letters elsewhere may be a mention, as in "a.kz, @a.kz".
        start, end = link["indices"]
        rest.append(text[at:start])
        at = end
    return tuple(dict.fromkeys(_MENTION.findall(" ".join([*rest, text[at:]]))))


@cache
def _library() -> Any:
    """twitter-text, imported when it is needed: it compiles large patterns.

    It asks `pkg_resources` for one file of its own. That module is no part of Python, new versions
    of setuptools have it no more, and those that do warn of it; so it gets this answer instead.
    """
    asked = ModuleType("pkg_resources")
    vars(asked)["resource_string"] = _file_beside
    before = {name: module for name, module in sys.modules.items() if name == asked.__name__}
    sys.modules[asked.__name__] = asked
    try:
        return importlib.import_module("twitter_text")
    finally:
        del sys.modules[asked.__name__]
        sys.modules.update(before)


def _file_beside(module: str, name: str) -> bytes:
    return (files(module.rpartition(".")[0]) / name).read_bytes()
