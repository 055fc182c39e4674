"""What an SMTP server says: bytes in any pieces -> whole replies (RFC 5321, section 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["LONGEST_LINE", "MOST_LINES", "GarbageError", "Reply", "ReplyParser", "clean"]

LONGEST_LINE = 2048
"""In bytes, line end included. RFC 5321 4.5.3.1.5 allows 512; real servers go beyond."""
MOST_LINES = 128
"""In one reply; an EHLO answer has some twenty."""
_LONGEST_QUOTE = 200
_USUAL = 128
"""Bytes of a line that is worth remembering: a server says the same few all day."""

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)
_ENHANCED = re.compile(r"\A([245]\.\d{1,3}\.\d{1,3})(?:\s|\Z)", re.ASCII)


class GarbageError(ValueError):
    """The server sent something that is no SMTP reply; nothing after it can be trusted."""


def clean(text: str, *, longest: int = _LONGEST_QUOTE) -> str:
    """`text` of a stranger, fit for a log: one line, no control characters, shortened."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    shown = " ".join(text.split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its `code` (200 to 599) and the text of its lines."""

    code: int
    lines: tuple[str, ...]

    @property
    def kind(self) -> int:
        """The first digit of the code, which says what to do (RFC 5321, section 4.2.1)."""
        return self.code // 100

    @property
    def enhanced(self) -> str | None:
        """The enhanced status (RFC 3463), if there is one: ``4.7.1``."""
        found = _ENHANCED.match(self.lines[0])
        return found[1] if found else None

    @property
    def status(self) -> str:
        """The code, with the enhanced status if there is one: ``450 4.7.1``."""
        enhanced = self.enhanced
        return f"{self.code} {enhanced}" if enhanced else str(self.code)

    @property
    def text(self) -> str:
        """The words alone, in one line; a status that begins each line (RFC 2034) is left out."""
        return " ".join(" ".join(_ENHANCED.sub("", line) for line in self.lines).split())

    @property
    def says(self) -> str:
        """The server's words with the code, as one short clean line."""
        return clean(f"{self.code} {' '.join(self.lines)}")


class ReplyParser:
    """Collects bytes with `feed` and hands out whole replies with `take`.

    A bare LF ends a line too: some servers send it.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._code = 0
        self._lines: list[str] = []

    @property
    def partial(self) -> bool:
        """Whether a reply has begun and is not whole yet."""
        return bool(self._buffer or self._lines)

    def feed(self, data: bytes) -> None:
        """Add what came from the server."""
        self._buffer += data

    def take(self) -> Reply | None:
        """The next whole reply, or None. Raises GarbageError."""
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[:end].removesuffix(b"\r"), self._buffer[end + 1 :]
            if end >= LONGEST_LINE:
                raise GarbageError(f"a line of more than {LONGEST_LINE} bytes")
            if end < _USUAL and not self._lines and (reply := _alone(line)) is not None:
                return reply
            if reply := self._line(line):
                return reply
        if len(self._buffer) >= LONGEST_LINE:
            raise GarbageError(f"a line of more than {LONGEST_LINE} bytes")
        return None

    def _line(self, line: bytes) -> Reply | None:
        found = _LINE.match(line)
        if found is None:
            raise GarbageError(f"“{clean(line.decode('utf-8', 'replace'), longest=60)}”")
        code = int(found[1])
        if self._lines and code != self._code:
            raise GarbageError(f"a reply of both {self._code} and {code}")
        self._code = code
        self._lines.append((found[3] or b"").decode("utf-8", "replace").rstrip())
        if found[2] == b"-":
            if len(self._lines) >= MOST_LINES:
                raise GarbageError(f"a reply of more than {MOST_LINES} lines")
            return None
        reply = Reply(code, tuple(self._lines))
        self._lines = []
        return reply


@lru_cache(maxsize=256)
def _alone(line: bytes) -> Reply | None:
    """The reply that this one line is; None if it is one of several, or none at all."""
    found = _LINE.match(line)
    if found is None or found[2] == b"-":
        return None
    return Reply(int(found[1]), ((found[3] or b"").decode("utf-8", "replace").rstrip(),))
