"""A text as some program wrote it -> the same text, clean; it knows single lines, no document."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["clean", "is_page_number"]

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl"}
_LIGATURES |= {0xFB05: "st", 0xFB06: "st"}
_DASHES = {0x2010: "-", 0x2011: "-", 0xFFFE: "-"}
"""Hyphens that only a typesetter tells from the usual one; pdfium says U+FFFE for one at the end
of a line."""


def _of_windows(code: int) -> str:
    # Old pages write &#146; for a curly quote.
    try:
        return bytes([code]).decode("cp1252")
    except UnicodeDecodeError:
        return ""


_GONE = [
    *range(0x20), 0x7F, 0xAD, 0x034F, 0x061C, 0x180E, *range(0x200B, 0x2010),
    *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFD), 0xFFFF,
    *range(0xD800, 0xE000), *range(0xE000, 0xF900),
]  # fmt: skip
"""Controls, zero-width characters, marks that reorder text, halves of characters, and the signs
of fonts such as Wingdings, which mean nothing without their font."""
_SPACES = [
    *(0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0xA0, 0x1680, *range(0x2000, 0x200B)),
    *(0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
]
_TABLE: dict[int, str | None] = {
    **dict.fromkeys(_GONE),
    **{code: _of_windows(code) for code in range(0x80, 0xA0)},
    **dict.fromkeys(_SPACES, " "),
    **_LIGATURES,
    **_DASHES,
}

_LONGEST_BOOKMARK = 100
_BOOKMARK = re.compile(r"\[bookmark:[^\[\]]*\]\Z", re.IGNORECASE)

_BULLET = re.compile(
    r"(?:[•●○◦▪▫■□‣⁃∙·◆◇➢➤►▶❖✓✔\u2751\u274f\u2756\u27a2\uf000-\uf0ff]\s*"
    # A Wingdings bullet whose font is lost; the o of Courier only where a tab or a gap follows.
    r"|n\s+(?=[A-Z“‘\"])|o(?:\t|\s\s+)(?=\S))+"
)
_LETTER_SPACED = re.compile(r"(?<!\S)[A-Z](?: +[A-Z]){3,}(?!\S)")
_KNOWN_WORDS = {"URGENTACTION": "URGENT ACTION"}
"""What letters spaced evenly throughout cannot tell."""

# The second byte of a letter in UTF-8, read as Windows-1252. After a capital letter some of
# these are usual in correct text: “AMANHÃ”, NESTLÉ®.
_MARKS = "‘’“”‹›‚„–—…•´¹²³"
_SIGNS = "\xa0«»®©™°ºª§"
_LETTERS = "ƒŠŒŽšœžŸ"
_CERTAIN = "\x80-\x9f¡¢£¤¥¦¨¬\xad¯±µ¶·¸¼½¾¿†‡ˆ‰˜€"
_TWICE = re.compile(
    f"â€[{_CERTAIN}{_MARKS}{_SIGNS}{_LETTERS}]|â\x80[\x80-\xbf]|â„¢"
    f"|[ÃÂÄÅ][{_CERTAIN}]"
    f"|(?<=[a-z])[ÃÂÄÅ][{_MARKS}{_SIGNS}{_LETTERS}]"
    f"|(?<![^\\W\\d_])[ÃÂÄÅ][{_SIGNS}ŠŒŽ](?=[a-z])"
    r"|(?<!\S)[ÃÂ]\xa0"
)
_MOST_TIMES = 10

_PAGE_NUMBER = re.compile(
    r"[-–—|\s]*(?:page|p\.)?\s*\d{1,3}(?:\s*(?:/|of)\s*\d{1,3})?[-–—|.\s]*", re.IGNORECASE
)
_LONGEST_PAGE_NUMBER = 40


def clean(text: str) -> str:
    """`text` with one kind of space and without what nobody sees; what it says stays as it is.

    Cleaning twice is the same as once.
    """
    if text.isascii() and text.isprintable() and "  " not in text and "[" not in text:
        return _spelled(_unmarked(text))
    found = _once(_mended(text))
    for _ in range(_MOST_TIMES):
        again = _once(_mended(found))
        if again == found:
            break
        found = again
    return found


def is_page_number(text: str) -> bool:
    """Whether a line of the margin is nothing but the number of its page."""
    return len(text) <= _LONGEST_PAGE_NUMBER and bool(_PAGE_NUMBER.fullmatch(text))


def _once(text: str) -> str:
    text = _without_bookmarks(_unmarked(text).translate(_TABLE))
    return _spelled(_unmarked(unicodedata.normalize("NFC", text)))


def _unmarked(text: str) -> str:
    """Without the bullet at its beginning."""
    text = text.strip()
    found = _BULLET.match(text)
    return text[found.end() :] if found else text


def _spelled(text: str) -> str:
    """Without letter-spacing, and with single spaces."""
    return " ".join(_LETTER_SPACED.sub(_joined, text).split())


def _joined(found: re.Match[str]) -> str:
    gaps = re.findall(" +", found[0])
    narrow = min(gaps, key=len)
    wider = f"{narrow} +"
    words = [part.replace(" ", "") for part in re.split(wider, found[0])]
    if any(len(word) == 1 for word in words):
        words = ["".join(words)]
    text = " ".join(words)
    return _KNOWN_WORDS.get(text, text)


def _without_bookmarks(text: str) -> str:
    """Without the places that Word's text export names, wherever the cursor happened to be."""
    if "ookmark" not in text.lower():
        return text
    kept: list[str] = []
    for char in text:
        kept.append(char)
        # Looked for at every end, so that none is left by taking out another inside it.
        if char == "]" and (found := _BOOKMARK.search("".join(kept[-_LONGEST_BOOKMARK:]))):
            del kept[-len(found[0]) :]
    return "".join(kept)


def _mended(text: str) -> str:
    """With accents that were encoded twice put right; only words that cannot be correct change."""
    if text.isascii() or not _TWICE.search(text):
        return text
    import ftfy  # noqa: PLC0415 - costly, and hardly ever needed

    return " ".join(
        ftfy.fix_encoding(word) if _TWICE.search(word) else word for word in text.split(" ")
    )
