"""A .docx -> its lines, in the order in which a person reads them; it knows no label of any field.

Headers of pages come first and footers last, each once. What was deleted with tracked changes,
hidden text, comments and the marks of footnotes are left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.notices.reading.cleaning import is_page_number
from uadispatch.campaign.notices.reading.gathering import Gathering
from uadispatch.campaign.notices.reading.limits import CannotRead
from uadispatch.campaign.notices.reading.package import DAMAGED, Package
from uadispatch.campaign.notices.reading.runs import Story

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uadispatch.campaign.notices.document import Line
    from uadispatch.campaign.notices.reading.limits import Watch

__all__ = ["read_word"]

_W = "{*}"
_MAIN = "word/document.xml"
_KINDS = ("first", "default", "even")
_OFF = ("0", "false", "off", "none")


def read_word(package: Package, watch: Watch) -> tuple[list[Line], list[str]]:
    """The lines of the document, and notes for a person. Raises CannotRead."""
    main = _main(package)
    root = package.xml(main)
    body = root.find(f"{_W}body")
    if body is None:
        raise CannotRead(DAMAGED)
    gathering = Gathering(watch)
    stories = _Stories(package, watch, gathering)
    margins = _margins(package, main, root)
    heads = stories.read(part for kind, part in margins if kind == "header")
    inside = stories.walk(body, main)
    feet = stories.read(part for kind, part in margins if kind == "footer")
    known = {line.text for line in inside}
    lines = [
        *_once(heads, known, "page header"),
        *inside,
        *_once(feet, known, "page footer"),
    ]
    if not lines and stories.pictures:
        raise CannotRead(
            "its pages are pictures, which hold no text; have the text recognised (OCR), or type "
            "it into a .docx"
        )
    return lines, stories.notes


class _Stories:
    """Reads the body, the headers and the footers, one after the other."""

    def __init__(self, package: Package, watch: Watch, gathering: Gathering) -> None:
        self._package = package
        self._watch = watch
        self._gathering = gathering
        self.notes: list[str] = []
        self.pictures = False

    def walk(self, element: Any, part: str) -> list[Line]:
        """The lines of a part."""
        before = len(self._gathering.lines)
        story = Story(self._gathering, self._package.relations(part), self._watch)
        story.walk(element)
        self._gathering.end(counts=False)
        self._gathering.gap()
        self.pictures |= story.pictures
        self.notes += [note for note in story.notes if note not in self.notes]
        return self._gathering.lines[before:]

    def read(self, parts: Iterable[str]) -> list[Line]:
        """The lines of several parts."""
        return [line for part in parts for line in self.walk(self._package.xml(part), part)]


def _main(package: Package) -> str:
    for relation in package.relations("").values():
        if relation.kind == "officeDocument" and package.has(relation.target):
            return relation.target
    return _MAIN


def _margins(package: Package, main: str, root: Any) -> list[tuple[str, str]]:
    """``header`` or ``footer``, and its part, for each that some page shows."""
    relations = package.relations(main)
    settings = next((r.target for r in relations.values() if r.kind == "settings"), "")
    even = False
    if package.has(settings):
        even = _is_on(package.xml(settings).find(f"{_W}evenAndOddHeaders"))
    found: list[tuple[str, str]] = []
    for section in root.iter(f"{_W}sectPr"):
        shown = {"default": True, "even": even, "first": _is_on(section.find(f"{_W}titlePg"))}
        for kind, place, relation in _references(section):
            part = relations.get(relation)
            if shown.get(kind, False) and part and package.has(part.target):
                found.append((place, part.target))
    return list(dict.fromkeys(found))


def _references(section: Any) -> Iterator[tuple[str, str, str]]:
    """For each header and footer of a section, in the order of pages: kind, place, relation."""
    found = []
    for place in ("header", "footer"):
        for reference in section.iterchildren(f"{_W}{place}Reference"):
            values = {name.rpartition("}")[2]: value for name, value in reference.attrib.items()}
            found.append((values.get("type", "default"), place, values.get("id", "")))
    return iter(sorted(found, key=lambda each: _KINDS.index(each[0]) if each[0] in _KINDS else 9))


def _is_on(element: Any) -> bool:
    if element is None:
        return False
    value = next((v for name, v in element.attrib.items() if name.endswith("val")), "1")
    return value not in _OFF


def _once(lines: Iterable[Line], known: set[str], where: str) -> Iterator[Line]:
    """Lines of the margin that nothing else says, without the numbers of pages."""
    for line in lines:
        if line.text not in known and not is_page_number(line.text):
            known.add(line.text)
            yield replace(line, where=where)
