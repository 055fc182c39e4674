"""A file of targets as a campaign names it: where it lies, and how its columns are called.

It knows the fields of a target and never opens the file.
"""

from __future__ import annotations

import io
import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from uadispatch.campaign.codes import standard_language
from uadispatch.campaign.target import Target, Value
from uadispatch.campaign.text import did_you_mean, line, shown, text_of
from uadispatch.campaign.values import Line

__all__ = ["FIELDS", "TargetFile", "field_of"]

FIELDS = tuple(name for name in Target.model_fields if name != "contacts")
"""The fields of a target that one column gives. There are also ``salutation.LANGUAGE``, and
``contacts.CHANNEL`` for further channels."""

_CHANNEL = re.compile(r"[a-z][a-z0-9]{0,63}", re.ASCII)
_TAB = "\t"


def field_of(text: str) -> str:
    """The field of a target that is called `text`, in its one form.

    Raises:
        ValueError: there is none, as a sentence with the mend.
    """
    if text in FIELDS:
        return text
    group, dot, name = text.partition(".")
    if group == "salutation" and dot:
        if (tag := standard_language(name)) is None:
            raise ValueError(
                f"{shown(name)} is no code of a language; write the code, as in salutation.ru"
            )
        return f"salutation.{tag}"
    if group == "contacts" and dot:
        if name in Target.model_fields:
            raise ValueError(f"write {name}, without contacts")
        if not _CHANNEL.fullmatch(name):
            raise ValueError(
                f"{shown(name)} cannot be the name of a channel; names are small letters a-z and "
                "digits, as in contacts.signal"
            )
        return text
    near = did_you_mean(text, FIELDS)
    known = ", ".join((*FIELDS, "salutation.LANGUAGE", "contacts.CHANNEL"))
    raise ValueError(f"{shown(text)} is no field of a target{near or f'; there are {known}'}")


def _encoding(value: object) -> str:
    text = line(value)
    try:
        # It refuses codecs that make no text of bytes, such as base64.
        io.TextIOWrapper(io.BytesIO(), text)
    except (LookupError, UnicodeError, ValueError):
        raise ValueError(
            f"{shown(text)} is no encoding of a text; write a name such as utf-8, utf-16, "
            "windows-1251 or iso-8859-1"
        ) from None
    return text


def _delimiter(value: object) -> str:
    text = text_of(value)
    text = _TAB if text.strip().casefold() == "tab" else text
    usual = len(text) == 1 and text.isascii() and (text.isprintable() or text == _TAB)
    if not usual or text.isalnum() or text in ' "':
        raise ValueError('it must be the one sign that stands between two fields: ",", ";" or tab')
    return text


def _each_field_once(columns: object) -> object:
    """`columns`, unless two of its keys are one field. Raises ValueError."""
    seen: dict[str, object] = {}
    for key in columns if isinstance(columns, dict) else ():
        first = seen.setdefault(_field_or_key(key), key)
        if first != key:
            raise ValueError(f"{first} and {key} are the same field; keep one of them")
    return columns


def _field_or_key(key: object) -> str:
    """What is wrong with a key is said of the key itself."""
    try:
        return field_of(line(key))
    except ValueError:
        return str(key)


class TargetFile(Value):
    """A file that lists targets as rows: CSV (RFC 4180), with the names of its columns first."""

    file: Line
    """Where it lies, seen from the campaign file: officials.csv."""
    encoding: Annotated[
        str,
        BeforeValidator(_encoding),
        WithJsonSchema({"type": "string", "minLength": 1}),
    ] = "utf-8"
    """How its letters are encoded: utf-8 (the default), utf-16, windows-1251, or another name that
    Python knows."""
    delimiter: Annotated[
        str,
        BeforeValidator(_delimiter),
        WithJsonSchema({"type": "string", "pattern": '^([^A-Za-z0-9 "]|[Tt][Aa][Bb])$'}),
    ] = ","
    """What stands between two fields of a row: "," (the default), ";" or tab."""
    columns: Annotated[
        dict[
            Annotated[
                str,
                BeforeValidator(lambda value: field_of(line(value))),
                WithJsonSchema(
                    {
                        "type": "string",
                        "pattern": rf"^({'|'.join(FIELDS)}|salutation\.[A-Za-z0-9_-]+"
                        r"|contacts\.[a-z][a-z0-9]*)$",
                    }
                ),
            ],
            Line,
        ],
        BeforeValidator(_each_field_once),
    ] = Field(default={})
    """Which column gives a field, where it has another name: {name: Full name, email: Contact}. A
    column that has a field's name needs no mention."""
