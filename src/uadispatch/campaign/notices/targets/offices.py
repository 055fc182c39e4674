"""Words by which an office, a person who holds one, and an institution are told from an address.

It judges one line of text at a time and knows nothing of documents. Where a line could be either
of two things it is neither.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache, lru_cache

from uadispatch.campaign.notices.targets.cities import capital_of, folded, us_states
from uadispatch.campaign.notices.targets.office_words import (
    FIELDS,
    FOREIGN_HEADS,
    HEADS,
    HOUSES,
    JOINTS,
    PARTICLES,
    PLACES,
    SURE_TITLES,
    TITLES,
)
from uadispatch.campaign.notices.wording.countries import country_named

__all__ = [
    "AROUND",
    "EMBASSY",
    "LONGEST_LINE",
    "OF",
    "Sort",
    "embassy_of",
    "is_foreign",
    "is_name",
    "is_of_office",
    "is_quarter",
    "is_role",
    "is_titled",
    "office_words",
    "readable",
    "sort_of",
    "untitled",
    "without_titles",
    "words_of",
]

LONGEST_LINE = 200
_MOST_WORDS = 16
_LONGEST_NAME = 7


class Sort(StrEnum):
    """What one line is, by its words alone."""

    ROLE = "role"
    """An office that a person holds: Minister of Justice."""
    TITLED = "titled"
    """A person with a title: H.E. Ana Lopes."""
    PERSON = "person"
    """It has the form of a person's name: Ana Lopes."""
    HOUSE = "house"
    """An institution: Ministry of Justice, Embassy of Peru."""
    OTHER = "other"


EMBASSY = re.compile(
    r"\b(?:embassy|high commission|consulate[- ]general|consulate|permanent mission|ambassade"
    r"|embajada)\b",
    re.IGNORECASE,
)
OF = re.compile(r"(?:\s+general)?\s+(?:of|for|de|du)\s+(?:the\s+|la\s+)?", re.IGNORECASE)
_PLACE_OF_EMBASSY = re.compile(r"\s+(?:in|to|at)\s+|\s*[,(;]|\s+[-\u2013]\s+", re.IGNORECASE)
_COLONIA = re.compile(
    r"Col(?:\.|onia\b)[^,;]{1,60},(?=.*(?:\bC\.? ?P\b|\d|M[e\u00e9]xico\b))", re.IGNORECASE
)
_COMMANDS = frozenset(["general", "gral", "capitan", "teniente", "coronel", "mayor"])
_COMMANDED = frozenset(["division", "brigada", "ejercito", "cuerpo", "navio", "fragata", "corbeta"])
_SEATS = frozenset(["house", "office", "secretariat", "mansion", "palace", "residence", "lodge"])
AROUND = " ,;:"
_SMALL_NUMBER = re.compile(r"\d{1,3}(?:st|nd|rd|th)|\d|\d\d", re.ASCII)


def words_of(text: str) -> list[str]:
    """The words of a line, folded, without brackets and quotation marks; some may be empty."""
    plain = folded(text.replace("\u2019", "'").replace("-", "\u2010"))
    return [w.replace("\u2010", "-").strip("()[]\"'\u201c\u201d:;*") for w in plain.split()]


def _stem(word: str) -> str:
    return word.removesuffix("'s").removesuffix("s'")


def readable(text: str) -> list[str]:
    """The words of a line; none, where it is too long for what is told apart here."""
    if len(text) > LONGEST_LINE:
        return []
    words = [word for word in words_of(text) if word]
    return words if len(words) <= _MOST_WORDS else []


def _is_head(word: str) -> bool:
    parts = word.split("-")
    # Director-General and Commander-in-Chief, not Port-au-Prince.
    return word in HEADS or (
        len(parts) > 1
        and any(part in HEADS for part in parts)
        and all(part in HEADS | FIELDS | {"in", "co"} for part in parts)
    )


def is_of_office(word: str) -> bool:
    """Whether a word belongs to an office or an institution, and to no name."""
    stem = _stem(word)
    return word in FIELDS or stem in HOUSES or stem in FIELDS or _is_head(stem)


def is_role(words: list[str]) -> bool:
    """Whether they are an office that a person holds."""
    if not words or any(map(_counts, words)):
        return False
    if words[0] in {"c/o", "via", "attn", "attention", "fao", "near", "opposite"}:
        return False
    before = words[: next((i for i, word in enumerate(words) if word in JOINTS and i), len(words))]
    before = before[1:] if before[0] == "the" else before
    if (
        not before
        or _is_residence(before)
        or before[-1] in HOUSES
        or before[-1] in PLACES - {"state", "province"}
    ):
        return False
    if any(word.endswith(("'s", "s'")) for word in before) and before[-1] not in HEADS:
        return False
    heads = [i for i, word in enumerate(before) if _is_head(word)]
    return bool(heads) and all(
        is_of_office(word) or _is_adjective(word) or word in TITLES for word in before[: heads[0]]
    )


def _counts(word: str) -> bool:
    # The 5th Brigade and Prison No 5 belong to an office, 1401 to a street.
    return any(c.isdigit() for c in word) and not _SMALL_NUMBER.fullmatch(word)


def _is_adjective(word: str) -> bool:
    # Kazakh, Iranian, Chinese: of a country; nothing shorter is known of them.
    return word.endswith(("an", "ese", "ish", "i", "ic", "al", "ch", "kh", "k", "mir"))


def is_titled(words: list[str]) -> bool:
    """Whether titles and then a name begin here, and no office."""
    count = 0
    while count < len(words) and words[count] in TITLES:
        count += 1
    titles, rest = words[:count], words[count:]
    if titles and rest[:1] == ["de"] and _COMMANDED.intersection(rest[1:2]):
        # General de División Ana Lopes.
        return titles[-1] in _COMMANDS and is_name(rest[2:])
    if not titles or not rest or len(rest) > _LONGEST_NAME + _LONGEST_NAME:
        return False
    if any(any(c.isdigit() for c in word) for word in rest) or titles == ["the"]:
        return False
    if titles[0] in {"president", "justice", "chief", "general", "king", "queen", "sultan", "vice"}:
        # An office before a name; `names_in` parts them. General is both, and so stays.
        return titles[0] in {"general", "king", "queen", "sultan"} and is_name(rest)
    return _is_called(titles, rest)


def _is_called(titles: list[str], rest: list[str]) -> bool:
    """Whether the words after titles are a name."""
    sure = any(word in SURE_TITLES for word in titles)
    if not sure and not is_name(rest):
        return False
    if titles[0] == "col" and len(rest) == 1:
        # Colonia, a quarter of a town.
        return False
    if sure and _is_head(rest[0]) and len(rest) > len(["minister", "Lopes"]):
        # Herrn Minister Ana Lopes.
        return is_name(rest[1:])
    return not (is_of_office(rest[0]) or rest[0] in JOINTS or rest[0] in PLACES)


def is_name(words: list[str]) -> bool:
    """Whether nothing in them speaks against a person's name."""
    return (
        bool(words)
        and len(words) <= _LONGEST_NAME
        and not any(
            (is_of_office(word) and word not in PARTICLES)
            or word in PLACES
            or (word in JOINTS and word not in PARTICLES)
            for word in words
        )
        and all(any(c.isalpha() for c in w) and not any(c.isdigit() for c in w) for w in words)
    )


def _person(text: str, words: list[str]) -> bool:
    if len([w for w in words if w not in PARTICLES]) < 2 or not is_name(words):  # noqa: PLR2004 - one word alone is no name
        return False
    if any(mark in text for mark in ",;:/@_()[]*?!=+|") or text.endswith("."):
        return False
    if country_named(text) or capital_of(text) or text in us_states():
        return False
    written = text.replace("\u2018", "'").replace("\u2019", "'").replace("`", "'").split()
    return all(
        part.casefold() in PARTICLES or _capital(part.lstrip("'\"\u02bb\u02bc")) for part in written
    )


def _capital(word: str) -> bool:
    # al-Sisi, d'Ivoire; scripts without capitals have no lower case either.
    head, hyphen, tail = word.partition("-")
    word = tail if hyphen and head.casefold() in PARTICLES else word
    word = word[2:] if word[1:2] == "'" else word
    return bool(word) and not word[0].islower()


@lru_cache(maxsize=1024)
def sort_of(text: str) -> Sort:
    """What a line is, by its words."""
    text = text.strip(AROUND)
    words = readable(text)
    if not words or words[0] in {"c/o", "via", "attn", "attention", "fao", "and", "or"}:
        return Sort.OTHER
    if country_named(text) or capital_of(text) or is_quarter(text):
        return Sort.OTHER
    if is_titled(words):
        return Sort.TITLED
    seat = _is_residence(readable(text.partition(",")[0]))
    if is_role(words) and not seat:
        return Sort.ROLE
    if seat or _house(words):
        return Sort.HOUSE
    return Sort.PERSON if _person(text, words) else Sort.OTHER


def _house(words: list[str]) -> bool:
    if any(any(c.isdigit() for c in word) for word in words):
        return False
    # Pardon and Parole Board.
    joints = JOINTS - {"and", "&"}
    before = words[: next((i for i, word in enumerate(words) if word in joints and i), len(words))]
    named = any(_stem(word) in HOUSES for word in before)
    return named or _is_residence(before)


def _is_residence(words: list[str]) -> bool:
    """Chief Minister House, Governor's Mansion: an office, and where its holder sits."""
    if len(words) < len(["Governor", "House"]) or words[-1] not in _SEATS:
        return False
    whose = _stem(words[-2])
    return _is_head(whose) or whose == "government"


def embassy_of(text: str) -> tuple[str, str] | None:
    """(code, name as written) of the state whose embassy `text` names; None for no embassy.

    Both are "" where it does not say whose.
    """
    found = EMBASSY.search(text[:LONGEST_LINE])
    if not found:
        return None
    after = text[found.end() : LONGEST_LINE]
    if of := OF.match(after):
        name = _PLACE_OF_EMBASSY.split(after[of.end() :], maxsplit=1)[0].strip(" .")
        for whole in (after[of.end() :].strip(" ."), name):
            if code := country_named(whole):
                return code, whole
    before = re.sub(r"^(?:the|royal)\s+", "", text[: found.start()].strip(), flags=re.IGNORECASE)
    if code := country_named(before):
        return code, before
    return "", ""


def is_quarter(text: str) -> bool:
    """Whether it is a part of a Mexican town: Col. Roma Norte, C.P. 06700."""
    return bool(_COLONIA.match(text[:LONGEST_LINE]))


def without_titles(name: str) -> str:
    """A name without the titles before it."""
    if sort_of(name) is not Sort.TITLED:
        return name
    parts = name.split()
    while len(parts) > 1 and all(word in TITLES for word in words_of(parts[0])):
        parts = parts[1:]
    return " ".join(parts)


def office_words(text: str) -> frozenset[str]:
    """The words in `text` that name holders of offices, in English: minister, ambassador."""
    found = {part for word in readable(text) for part in {_stem(word), *_stem(word).split("-")}}
    return frozenset(
        english for word in found & HEADS for english in (_english().get(word) or frozenset([word]))
    )


def is_foreign(text: str) -> bool:
    """Whether an office is named in another language than English."""
    return any(_stem(word) in _english() for word in readable(text))


@cache
def _english() -> dict[str, frozenset[str]]:
    words = frozenset().union(*FOREIGN_HEADS.values())
    return {
        word: frozenset(english for english, also in FOREIGN_HEADS.items() if word in also)
        for word in words
    }


def untitled(words: list[str]) -> list[str]:
    """The words after the titles."""
    while words and words[0] in TITLES:
        words = words[1:]
    return words
