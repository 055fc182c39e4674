"""What the bytes of a file tell of its kind and its encoding; it never opens one."""

from __future__ import annotations

import codecs

__all__ = ["has_one_byte_a_letter", "is_utf_8", "other_kind"]

_DOCUMENTS = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")
_ONE_BYTE = ("cp125", "iso8859", "koi8", "mac", "latin")
# The longer ones first, since UTF-16's begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def other_kind(first: bytes, encoding: str) -> str:
    """Why a file that begins with these four bytes is no text in that encoding; "" if it may be."""
    if first.startswith(_DOCUMENTS):
        return "this is a document or a workbook, not a CSV file; save it as CSV"
    wanted = codecs.lookup(encoding).name
    found = next((name for mark, name in _MARKS if first.startswith(mark)), "")
    if found == "utf-8":
        says = f"this file is UTF-8, and not {encoding}; leave its encoding out"
        return "" if wanted.startswith("utf-8") else says
    if found:
        plain = found[:6]
        says = f"this file is {plain.upper()}; write “encoding: {plain}” beside its name"
        return "" if wanted in (plain, found) else says
    bare = _without_mark(first)
    if bare and wanted != bare:
        return f"this file is UTF-16 without a mark; write “encoding: {bare}” beside its name"
    return ""


def _without_mark(first: bytes) -> str:
    """Which UTF-16 it is, where every other byte of Latin letters tells it."""
    where = [at for at, byte in enumerate(first) if byte == 0]
    if where == [1, 3]:
        return "utf-16-le"
    return "utf-16-be" if where == [0, 2] else ""


def has_one_byte_a_letter(encoding: str) -> bool:
    """Whether it is one of the usual encodings that give every byte a meaning."""
    return codecs.lookup(encoding).name.startswith(_ONE_BYTE)


def is_utf_8(text: str, encoding: str) -> bool:
    """Whether `text`, which was read in an encoding with one byte a letter, is UTF-8 in truth.

    Beyond ASCII no text that somebody has written makes valid UTF-8 by chance.
    """
    if text.isascii():
        return False
    try:
        text.encode(encoding).decode("utf-8")
    except UnicodeError:
        return False
    return True
