"""The languages to write in: those that a document names, and its sentence on any other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uadispatch.campaign.codes import language_named
from uadispatch.campaign.notices.notice import Certainty, Doubt, Found
from uadispatch.campaign.notices.parts.labels import Part
from uadispatch.campaign.notices.wording.run import run_of, sentence_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.campaign.notices.document import Document
    from uadispatch.campaign.notices.parts.sections import Sections
    from uadispatch.campaign.notices.wording.run import Run

__all__ = ["read_languages", "read_languages_note"]

_LABEL = re.compile(
    r"preferred\slanguages?(?:\sto\saddress\s(?:the\s)?targets?)?\s?(?::\s{0,2}|\n)", re.IGNORECASE
)
_REQUEST = re.compile(
    r"(?:please|kindly)\s(?:also\s|immediately\s)?(?:write|send|e-?mail|fax)\b[^.:\n]{0,160}?\bin\s"
    r"|(?<![a-z])write\simmediately\s(?:,\s)?in\s",
    re.IGNORECASE,
)
_LIST_ENDS = re.compile(
    r"[.:\n]|\s-\s|\b(?:urging|calling|expressing|asking|demanding|to\s(?:the|arrive)|if\s"
    r"(?:possible|you)|as\s(?:soon|quickly))\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:your|their|the)\s(?:own|home|local)\b|\bown\slanguage", re.IGNORECASE)
_BETWEEN = re.compile(
    r"\s?[,;/|&]\s?(?:(?:or|and)\s)?(?:in\s)?|\s(?:or|and)\s(?:in\s)?", re.IGNORECASE
)
_NOTE = re.compile(
    r"(?:you\s(?:can|may)|feel\sfree\sto)\s(?:also\s)?write\sin\syour\sown\slanguage", re.IGNORECASE
)
_NONE = re.compile(r"\s{0,3}(?:n\.?\s?/?\s?a\b|none\b|nil\b|not applicable|tbc\b)", re.IGNORECASE)
_WORDS = re.compile(
    r"(?:even|are|too|the|label|male|any|also|fax|both|only|please)\b", re.IGNORECASE
)
_SHORTEST = 3
_LONGEST_LIST = 200
_MOST = 20
_BY_COUNTRY = {
    "bahasa": {"MY": "ms", "BN": "ms", "ID": "id", "TL": "id"},
    "creole": {"HT": "ht", "CV": "kea", "MU": "mfe"},
}
"""Words that name another language in another country."""


def read_languages(
    document: Document, sections: Sections, countries: tuple[str, ...]
) -> tuple[tuple[Found[str], ...], tuple[Doubt, ...]]:
    """The tags of the languages that `document` prefers, best first, and which it does not know."""
    background = {line.number for line in sections.lines(Part.BACKGROUND)}
    letter = {line.number for line in sections.lines(Part.LETTER)}
    run = run_of(line for line in document.lines if line.number not in background | letter)
    for pattern in (_LABEL, _REQUEST):
        for found in pattern.finditer(run.text):
            named = _list_at(run, found.end())
            languages = [_read(name, countries) for name in named]
            if pattern is _LABEL or any(languages):
                return _result(named, languages, run.number(found.end() - 1))
    return (), ()


def _list_at(run: Run, place: int) -> list[str]:
    text = run.text[place : place + _LONGEST_LIST]
    ends = _LIST_ENDS.search(text)
    own = _OWN.search(text)
    text = text[: min(found.start() for found in (ends, own) if found)] if ends or own else text
    if _NONE.match(text):
        return []
    return [name for name in _BETWEEN.split(text)[:_MOST] if name.strip(" ,")]


def _read(name: str, countries: tuple[str, ...]) -> Found[str] | None:
    plain = " ".join(name.strip(" ,.").split())
    if by_country := _BY_COUNTRY.get(plain.casefold()):
        tag = next((by_country[code] for code in countries if code in by_country), None)
        rule = "the language that is called so in the country"
        return Found(tag, None, Certainty.INFERRED, rule) if tag else None
    for words in (plain, re.sub(r"\s?\([^()]*\)", "", plain)):
        if tag := _tag(words):
            return Found(tag, None)
    return None


def _tag(name: str) -> str | None:
    # Short words and small ones are names of languages too: a, even, are.
    if len(name) < _SHORTEST or not name[0].isupper() or _WORDS.match(name):
        return None
    tag = language_named(name)
    before, _, last = name.rpartition(" ")
    if tag and before and language_named(before) == tag:
        # A last word that changes nothing was not understood: French Guiana.
        known = last.casefold() in {"language", "languages"} or language_named(last.strip("()"))
        return tag if known else None
    return tag


def _result(
    named: list[str], languages: list[Found[str] | None], line: int
) -> tuple[tuple[Found[str], ...], tuple[Doubt, ...]]:
    kept: dict[str, Found[str]] = {}
    for found in languages:
        if found:
            kept.setdefault(found.value, Found(found.value, line, found.certainty, found.rule))
    return tuple(kept.values()), tuple(_unknown(named, languages, line))


def _unknown(named: list[str], languages: list[Found[str] | None], line: int) -> Iterator[Doubt]:
    for name, found in zip(named, languages, strict=True):
        if found is None and any(map(str.isalpha, name)):
            says = (
                f"it asks to write in “{' '.join(name.split())[:60]}”, which is no known language"
            )
            yield Doubt(says, line, asks=False)


def read_languages_note(document: Document) -> Found[str] | None:
    """The sentence that one may write in another language too."""
    for line in document.lines:
        if found := _NOTE.search(line.text):
            return Found(sentence_at(line.text, found.start()), line.number)
    return None
