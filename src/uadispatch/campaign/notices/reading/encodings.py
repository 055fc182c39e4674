"""Bytes of a text -> the text, in whatever encoding it was written; it knows no document."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from uadispatch.campaign.notices.reading.limits import CannotRead

__all__ = ["Decoded", "decode", "decode_web"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "cp1252"
# Those that people write in; others that Python has would unpack, or take long.
_KNOWN = frozenset({
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1250", "cp1251", "cp1252", "cp1253",
    "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "iso8859-2", "iso8859-3",
    "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9", "iso8859-10",
    "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16", "koi8-r", "koi8-u", "mac-roman",
    "mac-cyrillic", "shift_jis", "euc_jp", "euc_kr", "gb2312", "gbk", "gb18030", "big5",
    "cp932", "cp949", "cp950", "tis-620",
})  # fmt: skip
_GUESSED = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "mac_roman",
    "shift_jis", "euc_jp", "euc_kr", "gb18030", "big5",
]  # fmt: skip
_LATIN = frozenset({"cp1252", "cp1250", "cp1254", "mac_roman"})
"""Between these a guess over a few accents is worth nothing; the first is what most people use."""
_LOOKED_AT = 100_000
_HEAD = 4_096
_CHARSET = re.compile(rb"charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_NOT_IN_TEXT = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_STRANGE = 0.02
NO_TEXT = (
    "this is none of the files that can be read (.docx, .pdf, .html, .txt); open it in the "
    "program that made it and save it as .docx"
)


class Decoded(NamedTuple):
    """A text, and what a person should know of how it was read."""

    text: str
    note: str = ""


def decode(raw: bytes) -> Decoded:
    """Plain text. Raises CannotRead if it is none."""
    marked = _by_mark(raw)
    if marked is None and b"\0" in raw:
        raise CannotRead(NO_TEXT)
    found = marked or _by_itself(raw) or _by_guess(raw)
    if len(_NOT_IN_TEXT.findall(found.text)) > _MOST_STRANGE * len(found.text):
        raise CannotRead(NO_TEXT)
    return found


def decode_web(raw: bytes) -> Decoded:
    """A page, in the encoding that it names; raises CannotRead as `decode` does."""
    if marked := _by_mark(raw):
        return marked
    # Text that is UTF-8 is never so by accident, whatever the page says of itself.
    if found := _by_itself(raw):
        return found
    if declared := _CHARSET.search(raw[:_HEAD]):
        name = _known(declared[1].decode("ascii"))
        if name and (text := _strictly(raw, name)) is not None:
            return Decoded(text)
    return decode(raw)


def _by_mark(raw: bytes) -> Decoded | None:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            text = raw[len(mark) :].decode(name) if name == "utf-8" and _is_utf8(raw) else None
            if text is None:
                text = raw.decode("utf-8-sig" if name == "utf-8" else name, errors="replace")
            return Decoded(text, _lost(text))
    return None


def _is_utf8(raw: bytes) -> bool:
    return _strictly(raw, "utf-8") is not None


def _by_itself(raw: bytes) -> Decoded | None:
    text = _strictly(raw, "utf-8")
    return None if text is None else Decoded(text)


def _by_guess(raw: bytes) -> Decoded:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - costly, and seldom needed

    best = from_bytes(raw[:_LOOKED_AT], cp_isolation=_GUESSED).best()
    name = _WESTERN if best is None or best.encoding in _LATIN else best.encoding
    text = raw.decode(name, errors="replace")
    note = f"it does not say how its letters are encoded; read as {name}, so look at its accents"
    return Decoded(text, _lost(text) or note)


def _lost(text: str) -> str:
    count = text.count("\N{REPLACEMENT CHARACTER}")
    return f"{count:,} of its characters could not be read and are shown as �" if count else ""


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return ""
    # Browsers read these as Windows-1252 too.
    found = _WESTERN if found in ("iso8859-1", "ascii") else found
    return found if found in _KNOWN else ""


def _strictly(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except UnicodeError:
        return None
