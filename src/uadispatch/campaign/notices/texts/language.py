"""Which language a letter is written in, told by its letters and its commonest words.

It knows a few languages that sample letters were seen in, and calls the rest English.
"""

from __future__ import annotations

import re

__all__ = ["language_of"]

_LONGEST_SAMPLE = 5_000
_MOST_OF_IT = 2
"""One of so many letters, or one common word for each of English, tells."""
_FEWEST_WORDS = 4

_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("fa", "\u067e\u0686\u0698\u06af\u06cc\u06a9"),
    ("ar", "\u0621-\u064a"),
    ("kk", "\u04d9\u0493\u049b\u04a3\u04e9\u04b1\u04af\u04bb"),
    ("uk", "\u0457\u0454\u0491"),
    ("ru", "\u0430-\u044f"),
    ("el", "\u03b1-\u03c9"),
    ("he", "\u05d0-\u05ea"),
    ("th", "\u0e01-\u0e2e"),
    ("ja", "\u3041-\u30ff"),
    ("ko", "\uac00-\ud7a3"),
    ("zh", "\u4e00-\u9fff"),
)
_SIGNS = tuple((tag, re.compile(f"[{letters}]", re.IGNORECASE)) for tag, letters in _SCRIPTS)
_OF_SCRIPT = re.compile("[\u0370-\u07ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_FEW_SIGNS = {"fa", "kk", "uk", "ja"}
"""They share a script with another, and are told by a few letters that only they have."""

_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(["the", "and", "of", "to", "that", "you", "for", "his", "her", "is", "was"]),
    "es": frozenset(["el", "los", "las", "que", "por", "su", "del", "una", "usted", "y", "con"]),
    "fr": frozenset(["le", "les", "des", "vous", "je", "et", "est", "une", "dans", "pour", "du"]),
    "pt": frozenset(["o", "os", "do", "da", "que", "não", "uma", "em", "e", "com", "dos", "ao"]),
    "it": frozenset(["il", "che", "di", "gli", "della", "per", "non", "una", "è", "del", "sono"]),
    "de": frozenset(["der", "die", "das", "und", "ich", "nicht", "sie", "zu", "den", "ist", "von"]),
    "tr": frozenset(["ve", "bir", "bu", "için", "olarak", "ile", "olan", "taraf\u0131ndan"]),
    "id": frozenset(["yang", "dan", "untuk", "dengan", "saya", "tidak", "telah", "dari"]),
}


def language_of(text: str) -> str:
    """The BCP 47 tag of the language of `text`; ``en`` where nothing tells another."""
    sample = text[:_LONGEST_SAMPLE].lower()
    letters = sum(letter.isalpha() for letter in sample)
    if len(_OF_SCRIPT.findall(sample)) * _MOST_OF_IT > letters:
        for tag, sign in _SIGNS:
            enough = _FEWEST_WORDS if tag in _FEW_SIGNS else 1
            if len(sign.findall(sample)) >= enough:
                return tag
    words = re.findall(r"[^\W\d_]+", sample)
    counts = {tag: sum(word in known for word in words) for tag, known in _WORDS.items()}
    english = counts.pop("en")
    best = max(counts, key=lambda tag: counts[tag])
    return best if counts[best] >= max(_FEWEST_WORDS, _MOST_OF_IT * english) else "en"
