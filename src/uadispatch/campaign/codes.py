"""Codes from public lists: countries, time zones, languages, and the names this project types.

Each is read once, tells what to write instead, and costs nothing until it is first used.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache, lru_cache
from importlib import resources
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from uadispatch.campaign.text import TEXT_SCHEMA, did_you_mean, line, shown, text_of

__all__ = [
    "MISSPELT",
    "ChannelName",
    "Country",
    "Day",
    "Language",
    "Number",
    "TargetId",
    "WebAddress",
    "Zone",
    "countries",
    "language_name",
    "language_named",
    "nearest",
    "right_to_left",
    "standard_language",
    "zones_of",
]

MISSPELT = "misspelt"
"""Type of the error for an unknown country or zone. Looking for what was meant takes long, so
that is left to `nearest`, for those errors that are shown. Its context: says, otherwise, word,
kind."""

_NUMBER = re.compile(
    r"(?:UA\s*:?\s*)?0*(?P<count>[1-9][0-9]{0,3})\s*[/.]\s*(?:19|20)?(?P<year>[0-9]{2})",
    re.IGNORECASE | re.ASCII,
)
_TARGET_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_CHANNEL = re.compile(r"[a-z][a-z0-9]{0,63}")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_YEARS = range(1961, 2200)
_USUAL_COUNTRY_SLIPS = {"UK": "GB", "EL": "GR", "USA": "US"}


def _table(name: str) -> list[list[str]]:
    text = (resources.files("tzdata") / "zoneinfo" / name).read_text("utf-8")
    return [row.split("\t") for row in text.splitlines() if row and not row.startswith("#")]


@cache
def countries() -> dict[str, str]:
    """ISO 3166-1 alpha-2 code to English short name, as the tz database has them."""
    return {row[0]: row[1] for row in _table("iso3166.tab")}


@cache
def _countries_by_name() -> dict[str, str]:
    return {name.casefold(): code for code, name in countries().items()}


@cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, _, zone, *_ in _table("zone.tab"):
        found[code] = (*found.get(code, ()), zone)
    return found


def zones_of(country: str) -> tuple[str, ...]:
    """The IANA time zones of a country; none for a few uninhabited ones."""
    return _zones_by_country().get(country, ())


@cache
def _zones() -> frozenset[str]:
    names = (resources.files("tzdata") / "zones").read_text("utf-8").split()
    return frozenset(names) - {"Factory"}


def country(text: str) -> str:
    """The code in capitals. Raises ValueError, or an error of type `MISSPELT`."""
    code = text.upper()
    if code in countries():
        return code
    meant = _countries_by_name().get(text.casefold()) or _USUAL_COUNTRY_SLIPS.get(code)
    if meant:
        raise ValueError(f"{shown(text)} is no two-letter code of a country; write {meant}")
    raise _misspelt(text, "country", "write its two-letter code, such as KZ")


def zone(text: str) -> str:
    """The name of a time zone as it is. Raises an error of type `MISSPELT`."""
    if text in _zones():
        return text
    raise _misspelt(text, "time zone", "write its name, such as Asia/Almaty")


def _misspelt(text: str, kind: str, otherwise: str) -> PydanticCustomError:
    return PydanticCustomError(
        MISSPELT,
        "{says}; {otherwise}",
        {
            "says": f"{shown(text)} is no {kind}",
            "otherwise": otherwise,
            "word": text[:100],
            "kind": kind,
        },
    )


def nearest(kind: str, word: str) -> str:
    """``; did you mean X?`` for a `MISSPELT` word, or nothing."""
    if kind == "time zone":
        return did_you_mean(word, _zones())
    near = did_you_mean(word, _countries_by_name()) if len(word) > len("KZ") else ""
    for name, code in _countries_by_name().items():
        if near == f"; did you mean {name}?":
            return f"; did you mean {code} ({countries()[code]})?"
    return near


_FREQUENT = frozenset({
    "ar", "az", "be", "bn", "de", "en", "es", "fa", "fr", "he", "hi", "id", "it", "ja", "ka", "kk",
    "ko", "ky", "nl", "pl", "pt", "ru", "sw", "tg", "th", "tr", "uk", "ur", "uz", "vi", "zh",
})  # fmt: skip
"""Tags that are standard as they are: who writes no other need not wait for the library."""


@lru_cache(maxsize=1024)
def standard_language(text: str) -> str | None:
    """The standard form of a BCP 47 tag; None for what is none."""
    if text in _FREQUENT:
        return text
    import langcodes  # noqa: PLC0415 - costly, and not every run reads a language

    try:
        return str(langcodes.standardize_tag(text)) if langcodes.tag_is_valid(text) else None
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def language_name(tag: str) -> str:
    """What a language is called in English: ``ru`` is Russian; the tag itself where it has no name.

    `tag` is a standard one.
    """
    import langcodes  # noqa: PLC0415 - costly, and not every run names a language

    name = str(langcodes.Language.get(tag).display_name())
    return tag if name.startswith("Unknown language") else name


_RIGHT_TO_LEFT = frozenset(
    {"Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}
)
"""The scripts of living languages that are written from right to left (ISO 15924)."""


@lru_cache(maxsize=1024)
def right_to_left(tag: str) -> bool:
    """Whether a language, by its standard tag, is written from right to left."""
    import langcodes  # noqa: PLC0415 - as above

    return langcodes.Language.get(tag).maximize().script in _RIGHT_TO_LEFT


_LANGUAGES_AS_WRITTEN = {
    "mandarin": "zh",
    "mandarin chinese": "zh",
    "standard chinese": "zh",
    "bahasa indonesia": "id",
    "bahasa malaysia": "ms",
    "bahasa melayu": "ms",
    "serbo-croatian": "sh",
    "farsi/persian": "fa",
    "tagalog": "fil",
}
_LONGEST_LANGUAGE = 40


@lru_cache(maxsize=1024)
def language_named(text: str) -> str | None:
    """The BCP 47 tag of a language by its name in English; None for what is none."""
    import langcodes  # noqa: PLC0415 - costly, and not every run reads a language

    name = text.strip().casefold()
    if not name or len(name) > _LONGEST_LANGUAGE:
        return None
    if name in _LANGUAGES_AS_WRITTEN:
        return _LANGUAGES_AS_WRITTEN[name]
    try:
        return str(langcodes.find(name, language="en"))
    except LookupError:
        return None


def _language(text: str) -> str:
    tag = standard_language(text)
    if tag is None:
        raise ValueError(
            f"{shown(text)} is no code of a language; write the code, such as kk, ru, en or zh-Hant"
        )
    return tag


def _number(value: object) -> str:
    text = line(value)
    found = _NUMBER.fullmatch(text)
    if not found:
        raise ValueError(
            f"{shown(text)} is no number of an Urgent Action; write it as 46/19: its count, "
            "a slash and the year of its first issue"
        )
    return f"{found['count']}/{found['year']}"


def _target_id(value: object) -> str:
    text = line(value)
    if not _TARGET_ID.fullmatch(text):
        raise ValueError(
            f"{shown(text)} cannot be an id; use up to 64 letters a-z, digits, - and _, "
            "and begin with a letter or digit, such as prosecutor-general"
        )
    return text


def _channel(value: object) -> str:
    text = line(value)
    if not _CHANNEL.fullmatch(text):
        raise ValueError(
            f"{shown(text)} cannot be the name of a channel; names are small letters a-z and "
            "digits, such as email"
        )
    return text


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = text_of(value).strip()
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError(
            f"{shown(text)} is no date of the form 2019-09-27; write year-month-day, in digits"
        )
    year, month, day = map(int, found.groups())
    if year not in _YEARS:
        raise ValueError(f"the year {year} cannot be right; write the date as 2019-09-27")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(
            f"{shown(text)} is no day of the calendar; write it as year-month-day"
        ) from None


def _web_address(value: object) -> str:
    text = line(value)
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
        good = good and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise ValueError(
            f"{shown(text)} is no address of a web page; write it in full, beginning with https://"
        )
    return text


Country = Annotated[
    str,
    BeforeValidator(lambda value: country(line(value))),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{2}$"}),
]
"""ISO 3166-1 alpha-2 code, in capitals."""

Zone = Annotated[
    str,
    BeforeValidator(lambda value: zone(line(value))),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_+/-]+$"}),
]
"""Name of an IANA time zone."""

Language = Annotated[
    str,
    BeforeValidator(lambda value: _language(line(value))),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*$"}),
]
"""BCP 47 tag in its standard form."""

Number = Annotated[
    str,
    BeforeValidator(_number),
    WithJsonSchema(
        TEXT_SCHEMA
        | {
            # An editor takes 46.19 for a number, as YAML does.
            "not": {"type": "integer"},
            "pattern": (r"^\s*([Uu][Aa]\s*:?\s*)?0*[1-9][0-9]{0,3}\s*[/.]\s*(19|20)?[0-9]{2}\s*$"),
        }
    ),
]
"""Number of an Urgent Action in its one form: ``46/19``."""

TargetId = Annotated[
    str,
    BeforeValidator(_target_id),
    WithJsonSchema(TEXT_SCHEMA | {"pattern": f"^{_TARGET_ID.pattern}$"}),
]
"""Names a target within its campaign; safe as the name of a file."""

ChannelName = Annotated[
    str,
    BeforeValidator(_channel),
    WithJsonSchema({"type": "string", "pattern": f"^{_CHANNEL.pattern}$"}),
]
"""Name of a channel, or of the contact that a channel needs."""

Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}),
]
"""A day of the calendar, written 2019-09-27."""

WebAddress = Annotated[
    str,
    BeforeValidator(_web_address),
    WithJsonSchema({"type": "string", "pattern": "^https?://"}),
]
"""Address of a web page, as it was written."""
