"""The rows of a file of targets -> targets, as they are stored; or why a row is none.

A row obeys the rules of a target in a campaign file, and is refused in the same sentences. Most
rows are read by the model's own checks, one by one: it takes many more a second than the model
itself, which has the last word wherever one of them does not agree.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BeforeValidator, ValidationError

from uadispatch.campaign.codes import MISSPELT
from uadispatch.campaign.contacts import (
    Contact,
    EmailAddress,
    PhoneNumber,
    usual_address,
)
from uadispatch.campaign.target import Salutation, Target
from uadispatch.campaign.target_files.declared import FIELDS, field_of
from uadispatch.campaign.target_files.sheet import Sheet
from uadispatch.campaign.text import did_you_mean, shown
from uadispatch.campaign.values import FROM_A_FILE, Language
from uadispatch.campaign.wording import sentence
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from uadispatch.campaign.target_files.declared import TargetFile

    Check = Callable[[str], Any]

__all__ = ["ADDED", "NAMED", "RefusedRowError", "TargetRows", "ids_in"]

NAMED = 10
"""So many columns that nothing uses are named."""
ADDED = ("line", "reason")
"""The last columns of a file of rejected rows, which may be mended and read again."""
MOST_GUESSES = 500
"""Of so many misspelt words it is looked for what was meant, since that takes long."""

_REPEATED = ("country", "represents", "timezone", "hours")
_BETWEEN_CODES = re.compile(r"[\s,;]+")
_FILLING = str.maketrans("", "", " _-\u00a0\u2010\u2011")


class RefusedRowError(Exception):
    """A row is no target; its text says why, in a sentence without its full stop."""


class TargetRows:
    """Which column gives which field, and what a row says then."""

    def __init__(self, sheet: Sheet, columns: Mapping[str, str]) -> None:
        """Find the columns; `columns` are the names of those that are called otherwise, by field.

        Raises:
            ConfigError: a column is missing, or two would give one field.
        """
        self._sheet = sheet
        self._places = _places(sheet, columns)
        self._guesses: dict[tuple[str, str], str] = {}
        plain = [(name, at) for name, at in self._places.items() if name in FIELDS]
        self._first = [
            (name, at, _check(name)) for name, at in plain if name not in ("phone", "fax")
        ]
        self._numbers = [(name, at) for name, at in plain if name in ("phone", "fax")]
        self._salutations = self._group("salutation")
        self._contacts = self._group("contacts")

    @property
    def unused(self) -> str:
        """That nothing uses some columns, for a person; "" if all are used."""
        taken = set(self._places.values())
        left = [(at, name) for at, name in enumerate(self._sheet.header) if at not in taken]
        if self._sheet.header[-2:] == list(ADDED):
            left = [(at, name) for at, name in left if name not in ADDED]
        named = [name for _, name in left if name]
        free = [name for name in FIELDS if name not in self._places]
        told = [_with_guess(name, free) for name in named[:NAMED]]
        if more := len(named) - len(told):
            told.append(f"{more:,} more")
        if bare := len(left) - len(named):
            told.append("1 without a name" if bare == 1 else f"{bare:,} without a name")
        if not told:
            return ""
        what = "the column" if len(left) == 1 else "the columns"
        return f"{self._sheet.where(self._sheet.line)}: nothing uses {what} {', '.join(told)}"

    def content(self, cells: Sequence[str]) -> dict[str, Any]:
        """The target that a row describes, as JSON has it (`Target.model_dump`).

        Raises:
            RefusedRowError: it describes none.
        """
        try:
            return self._by_checks(cells)
        except ValueError:
            return self._by_model(cells)

    def _by_checks(self, cells: Sequence[str]) -> dict[str, Any]:
        """Raises ValueError if any check does not agree."""
        found: dict[str, Any] = {"contacts": {}}
        for name, at, check in self._first:
            cell = cells[at]
            if cell and not cell.isspace():
                found[name] = check(cell)
        if "id" not in found or "name" not in found:
            raise ValueError("what is needed is missing")
        for name, at in self._numbers:
            if cells[at].strip():
                found[name] = _number(name, cells[at], found.get("country"))
        for group, places, check in (
            ("salutation", self._salutations, _salutation),
            ("contacts", self._contacts, _contact(Contact)),
        ):
            if given := {key: check(cells[at]) for key, at in places if cells[at].strip()}:
                found[group] = given
        return found

    def _by_model(self, cells: Sequence[str]) -> dict[str, Any]:
        """Raises RefusedRowError with all that the model says."""
        given: dict[str, Any] = {}
        for name, at in self._places.items():
            if not cells[at].strip():
                continue
            group, dot, key = name.partition(".")
            if dot:
                given.setdefault(group, {})[key] = cells[at]
            else:
                is_list = name == "languages"
                given[name] = _codes(cells[at]) if is_list else cells[at]
        try:
            target = Target.model_validate(given, context=FROM_A_FILE)
        except ValidationError as error:
            errors: Any = error.errors(include_url=False, include_input=False)
            raise RefusedRowError("; ".join(map(self._says, errors))) from None
        return target.model_dump(mode="json", exclude_none=True)

    def _says(self, error: Mapping[str, Any]) -> str:
        """As the campaign file's reader says it of a target that stands there."""
        names = [step for step in error["loc"] if isinstance(step, str)]
        if error["type"] == "missing":
            return f"{names[-1]} is missing"
        called = next((name for name in names if name in Target.model_fields), "")
        if called in ("salutation", "contacts") and names[-1] not in (called, "[key]"):
            called = next((one for one in self._places if one == f"{called}.{names[-1]}"), called)
        return f"{called}: {self._sentence(error)}"

    def _sentence(self, error: Mapping[str, Any]) -> str:
        if error["type"] != MISSPELT:
            return sentence(error)
        context = error["ctx"]
        which = context["kind"], context["word"]
        if which not in self._guesses:
            if len(self._guesses) >= MOST_GUESSES:
                return f"{context['says']}; {context['otherwise']}"
            self._guesses[which] = sentence(error)
        return self._guesses[which]

    def _group(self, group: str) -> list[tuple[str, int]]:
        named = [(name.partition("."), at) for name, at in self._places.items()]
        return [(key, at) for (owner, _, key), at in named if owner == group and key]


def ids_in(item: TargetFile, folder: Path) -> Iterator[str]:
    """The ids in a file of targets, as they stand there; nothing else is looked at.

    `folder` is that of the campaign file.

    Raises:
        ConfigError: the file cannot be read.
    """
    path = folder / item.file
    with Sheet(path, encoding=item.encoding, delimiter=item.delimiter) as sheet:
        at = _places(sheet, item.columns)["id"]
        for _, cells, wrong in sheet:
            if not wrong:
                yield cells[at].strip()


def _with_guess(header: str, free: Iterable[str]) -> str:
    guess = did_you_mean(header, free).removeprefix("; ")
    return f"{shown(header)} ({guess})" if guess else shown(header)


def _loose(header: str) -> str:
    """Without case, spaces, underscores and hyphens; after a full stop these part a language."""
    group, dot, key = header.casefold().partition(".")
    return f"{group.translate(_FILLING)}{dot}{key.strip()}"


def _places(sheet: Sheet, columns: Mapping[str, str]) -> dict[str, int]:
    """The column of each field, in the order of the model. Raises ConfigError."""
    problems = list(_twice(sheet.header))
    found = dict(_mapped(sheet.header, columns, problems))
    own: dict[str, int] = {}
    by_name = {_loose(name): name for name in FIELDS}
    for at, header in enumerate(sheet.header):
        loose = _loose(header)
        try:
            name = by_name.get(loose) or (field_of(loose) if "." in loose else "")
        except ValueError:
            continue
        if not name or name in columns:
            continue
        if name in own and header != sheet.header[own[name]]:
            first = shown(sheet.header[own[name]])
            problems.append(f"the columns {first} and {shown(header)} both give {name}; keep one")
        own.setdefault(name, at)
    found |= own
    if not problems:
        problems += _lacking(sheet, found)
    if problems:
        raise ConfigError([Problem(says, sheet.where(sheet.line)) for says in problems])
    return {name: found[name] for name in sorted(found, key=_order)}


def _order(name: str) -> int:
    return list(Target.model_fields).index(name.partition(".")[0])


def _twice(header: Sequence[str]) -> Iterator[str]:
    for at, name in enumerate(header):
        first = header.index(name)
        if name and first != at:
            yield (
                f"the column {shown(name)} stands here twice, as column {first + 1} and column "
                f"{at + 1}; rename or remove one"
            )


def _mapped(
    header: Sequence[str], columns: Mapping[str, str], problems: list[str]
) -> Iterator[tuple[str, int]]:
    """The columns that were named, by field; what is wrong with them is put to the `problems`."""
    for field, name in columns.items():
        alike = [at for at, one in enumerate(header) if _loose(one) == _loose(name)]
        if name in header:
            yield field, header.index(name)
        elif len(alike) == 1:
            yield field, alike[0]
        else:
            near = did_you_mean(name, filter(None, header))
            known = ", ".join(map(shown, filter(None, header[:NAMED])))
            says = near or f"; there are {known}"
            problems.append(f"there is no column {shown(name)}, which is to give {field}{says}")


def _lacking(sheet: Sheet, found: Mapping[str, int]) -> Iterator[str]:
    for field in ("id", "name"):
        if field in found:
            continue
        if sign := sheet.other_delimiter():
            yield f"there is only one column; write “delimiter: {sign}” beside the file's name"
            return
        near = did_you_mean(field, filter(None, sheet.header))
        which = near.removeprefix("; did you mean ").rstrip("?") or "HEADER"
        yield (
            f"no column gives {field}; name one so, or write “columns: {{{field}: {which}}}” "
            f"beside the file's name"
        )
    given = [field for field in found if field.startswith("salutation.")]
    if given and "salutation" in found:
        yield f"there are columns for salutation and for {given[0]}; keep one kind of them"


def _checks_of(annotation: Any) -> list[Check]:
    """The checks of a text, in the order in which the model runs them."""
    metadata = getattr(annotation, "__metadata__", ())
    if not metadata:
        # `Line | None`
        options = [one for one in get_args(annotation) if one is not type(None)]
        return _checks_of(options[0])
    found: list[Any] = [one.func for one in metadata if isinstance(one, BeforeValidator)]
    return found[::-1]


def _one_after_the_other(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(text: str) -> Any:
        for each in checks:
            text = each(text)
        return text

    return check


_salutation = _one_after_the_other(_checks_of(Salutation))
_language = lru_cache(maxsize=1024)(_one_after_the_other(_checks_of(Language)))


def _check(name: str) -> Check:
    """What the model makes of a cell of that field."""
    if name == "salutation":
        return _salutation
    if name == "languages":
        return lambda cell: [_language(code) for code in _codes(cell)]
    field = Target.model_fields[name]
    kind = next((one for one in get_args(field.annotation) if isinstance(one, type)), None)
    if kind is EmailAddress:
        return _email
    if kind is not None and issubclass(kind, Contact):
        return _contact(kind)
    own: list[Any] = [one.func for one in field.metadata if isinstance(one, BeforeValidator)]
    found = _one_after_the_other(own[::-1] or _checks_of(field.annotation))
    return lru_cache(maxsize=1024)(found) if name in _REPEATED else found


def _codes(cell: str) -> list[str]:
    """Codes that stand one after the other, between spaces or commas."""
    return [code for code in _BETWEEN_CODES.split(cell.strip()) if code]


def _email(cell: str) -> dict[str, str]:
    written = cell.strip()
    value = usual_address(written)
    if value is None:
        return EmailAddress.read(cell).model_dump(exclude_none=True)
    return {"written": written, "value": value}


def _contact(kind: type[Contact]) -> Check:
    return lambda cell: kind.read(cell).model_dump(exclude_none=True)


def _number(name: str, cell: str, region: str | None) -> dict[str, Any]:
    number = PhoneNumber.read(cell, region=region)
    if number.extension and name == "fax":
        raise ValueError("a fax has no extension")
    return number.model_dump(exclude_none=True)
