"""Which language a target is written to in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

__all__ = ["Choice", "choose", "lookup"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A language of the letter; `fallback` says why it is not one that was preferred, or is ""."""

    language: str
    fallback: str = ""


def lookup(tag: str) -> Iterator[str]:
    """`tag` and its ever shorter forms: zh-Hant-TW, zh-Hant, zh (RFC 4647, 3.4)."""
    parts = tag.split("-")
    while parts:
        yield "-".join(parts)
        parts.pop()
        if parts and len(parts[-1]) == 1:
            parts.pop()


def choose(preferred: Sequence[str], available: Collection[str]) -> Choice:
    """The first of `preferred` in which there is a text, else the first text there is.

    `available` keeps the order of the campaign file and is never empty.
    """
    by_tag = {tag.lower(): tag for tag in available}
    for wanted in preferred:
        for tag in lookup(wanted.lower()):
            if tag in by_tag:
                return Choice(by_tag[tag])
    first = next(iter(available))
    if not preferred:
        return Choice(first)
    return Choice(first, f"there is no letter in {', '.join(preferred)}; it goes out in {first}")
