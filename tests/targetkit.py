"""Address lists as documents have them, and what was read of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uadispatch.campaign.notices.document import Document, Line, Link
from uadispatch.campaign.notices.notice import Variant
from uadispatch.campaign.notices.parts.sections import Part, Sections
from uadispatch.campaign.notices.targets.targets import Targets, read_targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from uadispatch.campaign.notices.notice import Found, FoundTarget

FIELDS = (
    "id", "name", "role", "salutation", "country", "represents", "timezone", "address", "phone",
    "fax", "email", "twitter", "facebook",
)  # fmt: skip


def lines_of(
    text: str, *, cell: int | None = None, after: int = 0, links: Mapping[str, str] | None = None
) -> list[Line]:
    """The lines of a text as reading gives them; a blank line parts those around it."""
    found: list[Line] = []
    begins = bool(after)
    for number, raw in enumerate(text.strip("\n").split("\n"), after + 1):
        clean = " ".join(raw.split())
        if clean:
            there = tuple(Link(words, to) for words, to in (links or {}).items() if words in clean)
            found.append(Line(number, clean, begins=begins, cell=cell, links=there))
        begins = not clean
    return found


def cells_of(*texts: str) -> list[Line]:
    """The lines of side-by-side cells, one cell after the other."""
    found: list[Line] = []
    for cell, text in enumerate(texts, 1):
        found += lines_of(text, cell=cell, after=found[-1].number if found else 0)
    return found


def read_lines(
    lines: Iterable[Line],
    *,
    copies: Iterable[Line] = (),
    opening: str | None = None,
    country: str | None = None,
) -> Targets:
    targets, others = tuple(lines), tuple(copies)
    document = Document("document.txt", (*targets, *others))
    parts = {Part.TARGETS: targets, Part.COPIES: others}
    return read_targets(
        document, Sections(Variant.SAMPLE_LETTER, parts), opening=opening, country=country
    )


def read(
    text: str,
    *,
    opening: str | None = None,
    country: str | None = None,
    links: Mapping[str, str] | None = None,
) -> Targets:
    return read_lines(lines_of(text, links=links), opening=opening, country=country)


def said(target: FoundTarget, *fields: str) -> dict[str, str]:
    """The fields of a target that are there, with their values; all, if none is named."""
    found: dict[str, str] = {}
    for name in fields or FIELDS:
        value: Found[str] | None = getattr(target, name)
        if value is not None:
            found[name] = value.value
    return found


def more(target: FoundTarget) -> list[tuple[str, str]]:
    return [(name, value.value) for name, value in target.more]


def questions(found: Targets) -> list[str]:
    return [doubt.says for doubt in found.doubts if doubt.asks]


def remarks(found: Targets) -> list[str]:
    return [doubt.says for doubt in found.doubts if not doubt.asks]
