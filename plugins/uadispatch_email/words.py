"""Texts in mail headers: any text -> ASCII lines that every parser reads back as that text.

Written out here because the standard library's policies lose spaces when they fold Cyrillic
subjects and long names (CPython 3.11 to 3.13), and take many times as long.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["mailbox", "parameter", "phrase", "unstructured"]

_LINE = 76
"""Characters in a line with encoded words (RFC 2047, section 2); a word with a space before it
then has no more than the 75 that it may have."""
_Q_FRAME = "=?utf-8?q??="
_FOLD = "\r\n "
_SIMPLE = re.compile(r"[!-~]+(?: [!-~]+)*\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_Q_AS_IT_IS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""What may stand in a Q word anywhere, in a name too (RFC 2047, section 5)."""
_Q_FORM = {
    byte: "_" if byte == 0x20 else chr(byte) if byte in _Q_AS_IT_IS else f"={byte:02X}"  # noqa: PLR2004 - ASCII
    for byte in range(256)
}
_Q_SHORT = bytes(_Q_AS_IT_IS | {0x20})
_TOKEN = re.compile(r"[A-Za-z0-9!#$&+^_`|~.-]{1,60}\Z")


def unstructured(name: str, text: str) -> str:
    """The header field `name` with one line of free text, folded; ends without CRLF."""
    head = f"{name}: "
    if _SIMPLE.match(text) and "=?" not in text:
        folded = _folded(head, text)
        if folded is not None:
            return folded
    return head + _encoded(text, len(head))


def mailbox(name: str, display: str, address: str) -> str:
    """The header field `name` with exactly one mailbox: a display name, or none, and an address."""
    head = f"{name}: "
    if not display:
        return f"{head}{address}"
    shown = phrase(display, len(head))
    last = len(shown.rsplit("\r\n", 1)[-1]) + (0 if "\r\n" in shown else len(head))
    gap = " " if last + len(address) + 3 <= _LINE else _FOLD
    return f"{head}{shown}{gap}<{address}>"


def phrase(text: str, column: int) -> str:
    """A display name (RFC 5322, section 3.2.5) that begins at `column` of its line."""
    if len(text) <= _LINE - column - 2 and _SIMPLE.match(text) and "=?" not in text:
        if _ATOMS.match(text):
            return text
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if len(quoted) <= _LINE - column:
            return quoted
    return _encoded(text, column)


def parameter(name: str, value: str) -> str:
    """The MIME parameter ``; name=value``, folded before it (RFC 2231 where it must be)."""
    if _TOKEN.match(value):
        return f";{_FOLD}{name}={value}"
    left = quote(value, safe="", encoding="utf-8")
    pieces = []
    while left:
        end = min(len(left), 50)
        while end < len(left) and "%" in left[end - 2 : end]:
            end -= 1
        pieces.append(left[:end])
        left = left[end:]
    if len(pieces) == 1:
        return f";{_FOLD}{name}*=utf-8''{pieces[0]}"
    pieces[0] = f"utf-8''{pieces[0]}"
    return "".join(f";{_FOLD}{name}*{index}*={piece}" for index, piece in enumerate(pieces))


def _folded(head: str, text: str) -> str | None:
    """`text` folded at its (single) spaces; None if a word is too long for a line."""
    if len(head) + len(text) <= _LINE:
        return head + text
    line, lines = head.rstrip(), []
    for word in text.split(" "):
        if len(word) >= _LINE:
            return None
        if len(line) + 1 + len(word) > _LINE and line != head.rstrip():
            lines.append(line)
            line = ""
        line += " " + word
    return "\r\n".join([*lines, line])


def _encoded(text: str, column: int) -> str:
    """`text` as encoded words (RFC 2047), Q or B by which is shorter; no character is cut."""
    raw = text.encode("utf-8")
    quoted = len(raw) + 2 * len(raw.translate(None, _Q_SHORT))
    cut = _q_words if quoted <= (len(raw) + 2) // 3 * 4 else _b_words
    return _FOLD.join(cut(raw, _LINE - column - len(_Q_FRAME)))


def _b_words(raw: bytes, room: int) -> Iterator[str]:
    start = 0
    while start < len(raw):
        end = min(start + room // 4 * 3, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:  # noqa: PLR2004 - UTF-8 goes on
            end -= 1
        yield f"=?utf-8?b?{binascii.b2a_base64(raw[start:end], newline=False).decode('ascii')}?="
        start, room = end, _LINE - 1 - len(_Q_FRAME)


def _q_words(raw: bytes, room: int) -> Iterator[str]:
    word = ""
    for char in raw.decode("utf-8"):
        form = "".join(_Q_FORM[byte] for byte in char.encode("utf-8"))
        if word and len(word) + len(form) > room:
            yield f"=?utf-8?q?{word}?="
            word, room = "", _LINE - 1 - len(_Q_FRAME)
        word += form
    yield f"=?utf-8?q?{word}?="
