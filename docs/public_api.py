"""The public API as lines of text, and what has become of it since it was written down.

``python docs/public_api.py`` prints it; ``make docs`` writes it to docs/api/VERSION.txt, and
refuses to change what was released (docs/compatibility.md).
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import griffe

import uadispatch
import uadispatch.testing

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "FACES", "RECORDS", "changes", "lines", "members", "package", "record_of", "text", "write",
]  # fmt: skip

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "docs/api"
UNRELEASED, RELEASED = "unreleased", "released"
"""The last word of a record's first line."""
FACES = {"uadispatch": uadispatch.__all__, "uadispatch.testing": uadispatch.testing.__all__}


@cache
def package() -> griffe.Module:
    """The program as its source says it; nothing of it is run."""
    found = griffe.load("uadispatch", search_paths=[str(ROOT / "src")], allow_inspection=False)
    if not isinstance(found, griffe.Module):
        raise TypeError("there is no package uadispatch")
    return found


@cache
def lines() -> tuple[str, ...]:
    """Each public thing on a line of its own, sorted."""
    found: list[str] = []
    for face, names in FACES.items():
        module = package() if face == "uadispatch" else package()["testing"]
        for name in names:
            thing = module[name]
            found += _of(f"{face}.{name}", thing.final_target if thing.is_alias else thing)
    return tuple(sorted(found))


def text() -> str:
    """The record of this version, as it should stand."""
    return "\n".join((f"API {uadispatch.API_VERSION}, {_state()}", "", *lines(), ""))


def record_of(version: str) -> Path:
    """Where the API of a version is written down."""
    return RECORDS / f"{version}.txt"


def changes() -> tuple[list[str], list[str]]:
    """Lines that the record of this version has and the code has not, and the other way round."""
    path = record_of(uadispatch.API_VERSION)
    written = path.read_text(encoding="utf-8").splitlines()[2:] if path.exists() else []
    now = lines()
    return sorted({*written} - {*now}), sorted({*now} - {*written})


def write() -> None:
    """Write the record. Raises SystemExit where that would change what was released."""
    path = record_of(uadispatch.API_VERSION)
    gone, new = changes()
    if _state() == RELEASED and (gone or new):
        raise SystemExit(
            f"the API is no longer that of {path.name}, which is released: raise API_VERSION in "
            f"src/uadispatch/__init__.py (the minor number for what is new, the major one for what "
            f"is gone or changed)"
        )
    path.parent.mkdir(exist_ok=True)
    path.write_text(text(), encoding="utf-8")


def _state() -> str:
    """Whether the API of this version was released: then its record stays as it is."""
    path = record_of(uadispatch.API_VERSION)
    if path.exists() and path.read_text(encoding="utf-8").splitlines()[0].endswith(f" {RELEASED}"):
        return RELEASED
    return UNRELEASED


def _of(name: str, thing: griffe.Object | griffe.Alias) -> Iterator[str]:
    """The lines of a public thing, and of what is public in it."""
    if isinstance(thing, griffe.Class):
        bases = ", ".join(str(base) for base in thing.bases)
        yield f"{name}: class({bases})" if bases else f"{name}: class"
        for member_name, member in members(thing).items():
            yield from _of(f"{name}.{member_name}", member)
    elif isinstance(thing, griffe.Function):
        yield f"{name}: {_signature(thing)}"
    elif isinstance(thing, griffe.Attribute):
        annotation = f": {thing.annotation}" if thing.annotation is not None else ""
        # What a default is worth is behaviour; that there is one is form.
        value = " = ..." if thing.value is not None else ""
        kind = "property" if "property" in thing.labels else "value"
        yield f"{name}: {kind}{annotation}{value}"
    else:
        raise TypeError(f"{name} is {thing.kind}, and a public API has no such thing")


def members(kind: griffe.Class) -> dict[str, griffe.Object | griffe.Alias]:
    """What is public of a class: its own, and what it has of classes that are not exported."""
    exported = {name for names in FACES.values() for name in names}
    found: dict[str, griffe.Object | griffe.Alias] = {}
    for base in reversed(kind.mro()):
        if base.name not in exported and base.path.startswith("uadispatch"):
            found |= base.members
    found |= kind.members
    return {
        name: member
        for name, member in sorted(found.items())
        if (not name.startswith("_") or name == "__init__") and not name.startswith("test_")
    }


def _signature(function: griffe.Function) -> str:
    """As it is called: names, kinds, annotations, and which have a default."""
    parts: list[str] = []
    keyword_only = False
    for parameter in function.parameters:
        kind, name = parameter.kind, parameter.name
        if kind is griffe.ParameterKind.keyword_only and not keyword_only:
            parts.append("*")
            keyword_only = True
        star = {
            griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**",
        }.get(kind or griffe.ParameterKind.positional_or_keyword, "")  # fmt: skip
        keyword_only = keyword_only or star == "*"
        annotation = f": {parameter.annotation}" if parameter.annotation is not None else ""
        default = " = ..." if parameter.default is not None and not star else ""
        parts.append(f"{star}{name}{annotation}{default}")
    is_async = "async " if "async" in function.labels else ""
    returns = f" -> {function.returns}" if function.returns is not None else ""
    return f"{is_async}def({', '.join(parts)}){returns}"


if __name__ == "__main__":
    sys.stdout.write(text())
