"""Two texts as one: what both have, what only one has. It knows nothing but characters."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import groupby
from typing import TYPE_CHECKING

from uadispatch.views.cards import Piece, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["pieces"]

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
LONGEST = 4_000
"""Words and signs that are compared one by one, lest two long texts take minutes."""


def pieces(meant: str, got: str) -> tuple[Piece, ...]:
    """`meant` and `got` as one text; what only `got` has is added. Empty if they are the same."""
    if meant == got:
        return ()
    ours, theirs = _WORDS.findall(meant), _WORDS.findall(got)
    start = _alike(ours, theirs)
    end = _alike(ours[start:][::-1], theirs[start:][::-1])
    found = [
        (Said.SAME, ours[:start]),
        *_between(ours[start : len(ours) - end], theirs[start : len(theirs) - end]),
        (Said.SAME, ours[len(ours) - end :]),
    ]
    return tuple(
        Piece(said, "".join("".join(words) for _, words in run))
        for said, run in groupby((each for each in found if each[1]), key=lambda each: each[0])
    )


def _alike(ours: list[str], theirs: list[str]) -> int:
    """How many words they begin with in common."""
    return next(
        (
            place
            for place, (one, other) in enumerate(zip(ours, theirs, strict=False))
            if one != other
        ),
        min(len(ours), len(theirs)),
    )


def _between(ours: list[str], theirs: list[str]) -> Iterator[tuple[Said, list[str]]]:
    """What lies between the first difference and the last."""
    if max(len(ours), len(theirs)) > LONGEST:
        yield Said.REMOVED, ours
        yield Said.ADDED, theirs
        return
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for what, begins, ends, from_, until in matcher.get_opcodes():
        if what == "equal":
            yield Said.SAME, ours[begins:ends]
        else:
            yield Said.REMOVED, ours[begins:ends]
            yield Said.ADDED, theirs[from_:until]
