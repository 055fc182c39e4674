"""How two texts differ, word by word, and what is not as it was approved, in words.

It takes a bounded time for any two texts: what is too long to compare is shown as replaced.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from uadispatch.dispatch.approval.excerpts import from_to
from uadispatch.views.cards import Change, Piece, Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from uadispatch.channels.message import Message

__all__ = ["change", "first_of", "pieces", "shortened", "since_approval"]

NEW = "it is new since the approval"

_WORD = re.compile(r"\s+|[^\W_]+|[\W_]", re.UNICODE)
_MOST_LINES = 1_000
_MOST_WORDS = 1_000
"""More are not compared with each other: the time for it grows with their product."""
_AROUND = 160
"""Characters of context on each side of what differs."""


def change(
    before: str, now: str, *, says: Sequence[str] = ("its text is another",)
) -> Change | None:
    """How `now` differs from `before`; None: in nothing. `says` is what is said of it in words."""
    if before == now:
        return None
    return Change(says=tuple(says), pieces=pieces(before, now))


def since_approval(before: Message | None, now: Message | None) -> Change | None:
    """What is not as it was approved; `before` is None for a message that was no part of that."""
    if before is None:
        return Change(says=(NEW,))
    if now is None:
        return Change(says=("it can no more be made, as it could when it was approved",))
    says = [
        f"{name}: {from_to(old or None, new or None)}"
        for name, old, new in _fields(before, now)
        if old != new
    ]
    if before.body != now.body:
        says.append("its text is another")
    says += [
        f"its page layout “{name}” is another"
        for name in dict.fromkeys((*before.layouts, *now.layouts))
        if before.layouts.get(name) != now.layouts.get(name)
    ]
    if before.sender != now.sender:
        says.append("its sender is another")
    if not says:
        return None
    return Change(says=tuple(says), pieces=shortened(pieces(_text(before), _text(now))))


def pieces(before: str, now: str) -> tuple[Piece, ...]:
    """Both texts as one, with what only one of them has marked; () if they are equal."""
    if before == now:
        return ()
    return tuple(_joined(_by_line(before.splitlines(keepends=True), now.splitlines(keepends=True))))


def shortened(found: Sequence[Piece]) -> tuple[Piece, ...]:
    """`found` with only the words around what differs; “ ... ” stands for the rest."""
    short: list[Piece] = []
    for number, piece in enumerate(found):
        first, last = number == 0, number == len(found) - 1
        if piece.said is not Said.SAME or len(piece.text) <= (2 - first - last) * _AROUND + 20:
            short.append(piece)
            continue
        # No word is cut, if there are words.
        head = "" if first else piece.text[:_AROUND].rpartition(" ")[0] or piece.text[:_AROUND]
        tail = "" if last else piece.text[-_AROUND:].partition(" ")[2] or piece.text[-_AROUND:]
        short.append(Piece(Said.SAME, f"{head} ... {tail}"))
    return tuple(short)


def first_of(found: Change, most: int) -> Change:
    """`found` with about `most` characters of its pieces, and a word that there is more."""
    kept: list[Piece] = []
    left = most
    for piece in found.pieces:
        if left <= 0:
            says = (*found.says, "more differs than is shown here")
            return Change(says=says, pieces=tuple(kept))
        kept.append(piece if len(piece.text) <= left else piece._replace(text=piece.text[:left]))
        left -= len(piece.text)
    if left < 0:
        return Change(says=(*found.says, "more differs than is shown here"), pieces=tuple(kept))
    return found


def _text(message: Message) -> str:
    return f"{message.subject}\n\n{message.body}" if message.subject else message.body


def _fields(before: Message, now: Message) -> Iterator[tuple[str, str, str]]:
    """What is short enough to be laid beside the other: its name, as it was, as it is."""
    yield "to", before.to.written, now.to.written
    yield "language", before.language, now.language
    yield "subject", before.subject, now.subject
    for name in dict.fromkeys((*before.parts, *now.parts)):
        yield name.replace("_", " "), before.parts.get(name, ""), now.parts.get(name, "")


def _by_line(before: list[str], now: list[str]) -> Iterator[Piece]:
    """The lines that differ are compared word by word."""
    for same, old, new in _blocks(before, now, _MOST_LINES):
        if same:
            yield Piece(Said.SAME, old)
        else:
            yield from _by_word(old, new)


@lru_cache(maxsize=256)
def _by_word(before: str, now: str) -> tuple[Piece, ...]:
    """The same lines of a template differ in the same way in message after message."""
    found: list[Piece] = []
    for same, old, new in _blocks(_WORD.findall(before), _WORD.findall(now), _MOST_WORDS):
        if same:
            found.append(Piece(Said.SAME, old))
        else:
            found += [Piece(Said.REMOVED, old)] * bool(old) + [Piece(Said.ADDED, new)] * bool(new)
    return tuple(found)


def _blocks(before: list[str], now: list[str], most: int) -> Iterator[tuple[bool, str, str]]:
    """Whether it is the same, then what the one has there and what the other."""
    shorter = min(len(before), len(now))
    head = next((n for n in range(shorter) if before[n] != now[n]), shorter)
    tail = next((n for n in range(shorter - head) if before[-1 - n] != now[-1 - n]), shorter - head)
    old, new = before[head : len(before) - tail], now[head : len(now) - tail]
    if head:
        yield True, "".join(before[:head]), ""
    if len(old) > most or len(new) > most:
        yield False, "".join(old), "".join(new)
    elif old or new:
        for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
            yield kind == "equal", "".join(old[a:b]), "".join(new[c:d])
    if tail:
        yield True, "".join(before[len(before) - tail :]), ""


def _joined(found: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece."""
    last: Piece | None = None
    for piece in found:
        if last is not None and last.said is piece.said:
            last = Piece(piece.said, last.text + piece.text)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
