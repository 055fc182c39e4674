"""A .pdf -> what is printed on each page, letter by letter, and its links; it lays nothing out."""

from __future__ import annotations

import ctypes
import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.campaign.notices.reading.gathering import link_to
from uadispatch.campaign.notices.reading.limits import CannotRead
from uadispatch.campaign.notices.reading.package import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.campaign.notices.reading.limits import Watch

__all__ = ["Glyph", "Page", "pages_of"]

_OFTEN = 500
_MOST_LINKS = 200
"""Of one page."""
_LONGEST_URI = 2_000
_MOST_TURNED = math.radians(8)
_QUARTER = math.pi / 2
_HYPHENS = (0x2, 0xFFFE)
"""What pdfium says for a hyphen at the end of a line."""
_ENCRYPTED = "it is protected with a password; open it, and print or save it without one"


class Glyph(NamedTuple):
    """A letter on the paper; points from the left and upper edge of the page as it is shown."""

    char: str
    left: float
    right: float
    top: float
    bottom: float
    order: int
    """When it was drawn."""
    spaced: bool
    """Whether a space was drawn before it."""
    link: str
    """Where it leads, "" if nowhere."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is printed on one page."""

    number: int
    width: float
    height: float
    pictures: bool
    """Whether there is anything but text on it."""
    unknown: int
    """Letters of which nobody can tell which they are."""
    turned: int
    """Letters that do not stand upright; they are not read."""
    glyphs: tuple[Glyph, ...] = ()


class _Box(NamedTuple):
    left: float
    right: float
    top: float
    bottom: float


def pages_of(raw: bytes, watch: Watch) -> list[Page]:
    """The pages of a .pdf. Raises CannotRead."""
    import pypdfium2  # noqa: PLC0415 - costly

    try:
        with pypdfium2.PdfDocument(raw) as document:
            watch.pages(len(document))
            return [_page(document, index, watch) for index in range(len(document))]
    except pypdfium2.PdfiumError as error:
        locked = pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY
        says = _ENCRYPTED if getattr(error, "err_code", None) in locked else DAMAGED
        raise CannotRead(says) from None


@contextmanager
def _closing(thing: Any) -> Iterator[Any]:
    try:
        yield thing
    finally:
        thing.close()


def _page(document: Any, index: int, watch: Watch) -> Page:
    from pypdfium2 import raw  # noqa: PLC0415 - costly

    watch.look()
    with _closing(document[index]) as page, _closing(page.get_textpage()) as text:
        count = max(text.count_chars(), 0)
        watch.characters(count)
        links = _links(document, page, watch)
        reader = _Reader(page, text, links, watch)
        glyphs = tuple(reader.glyphs(count))
        width, height = page.get_size()
        pictures = raw.FPDFPage_CountObjects(page) > 0
        return Page(index + 1, width, height, pictures, reader.unknown, reader.turned, glyphs)


class _Reader:
    """Asks pdfium for each letter of one page."""

    def __init__(self, page: Any, text: Any, links: list[tuple[_Box, str]], watch: Watch) -> None:
        from pypdfium2 import raw  # noqa: PLC0415 - costly

        self.unknown = self.turned = 0
        self._raw, self._text, self._watch = raw, text, watch
        self._links = links
        self._turns = (page.get_rotation() // 90) % 4
        left, bottom, right, top = page.get_cropbox()
        self._edges = (min(left, right), min(bottom, top), max(left, right), max(bottom, top))

    def glyphs(self, count: int) -> Iterator[Glyph]:
        spaced = True
        for index in range(count):
            if index % _OFTEN == 0:
                self._watch.look()
            code = self._raw.FPDFText_GetUnicode(self._text, index)
            char = "-" if code in _HYPHENS else _character(code)
            if not char.strip() and code:
                spaced = True
                continue
            box = self._box(index)
            if box is None:
                continue
            if not self._is_upright(index):
                self.turned += 1
            elif not char.isprintable() or code == 0xFFFD:  # noqa: PLR2004 - "no such character"
                self.unknown += 1
            else:
                yield Glyph(char, *box, index, spaced, self._link(box))
                spaced = False

    def _box(self, index: int) -> _Box | None:
        """Where it stands; None if that is not on the page."""
        rect = self._raw.FS_RECTF()
        if not self._raw.FPDFText_GetLooseCharBox(self._text, index, ctypes.byref(rect)):
            return None
        return shown((rect.left, rect.bottom, rect.right, rect.top), self._edges, self._turns)

    def _is_upright(self, index: int) -> bool:
        angle = self._raw.FPDFText_GetCharAngle(self._text, index)
        off = (angle + self._turns * _QUARTER) % (4 * _QUARTER)
        return bool(angle < 0 or min(off, 4 * _QUARTER - off) <= _MOST_TURNED)

    def _link(self, box: _Box) -> str:
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        return next(
            (to for at, to in self._links
             if at.left <= x <= at.right and at.top <= y <= at.bottom), ""
        )  # fmt: skip


def shown(
    rect: tuple[float, float, float, float],
    edges: tuple[float, float, float, float],
    turns: int,
) -> _Box | None:
    """A box of the page's own space (left, bottom, right, top) as the page is shown.

    None if its middle is not on the page, which `edges` bound, or it is no box at all.
    """
    if not all(map(math.isfinite, rect)):
        return None
    x0, x1 = sorted((rect[0], rect[2]))
    y0, y1 = sorted((rect[1], rect[3]))
    left, bottom, right, top = edges
    if not (left <= (x0 + x1) / 2 <= right and bottom <= (y0 + y1) / 2 <= top):
        return None
    if turns == 1:
        return _Box(y0 - bottom, y1 - bottom, x0 - left, x1 - left)
    if turns == 2:  # noqa: PLR2004 - quarters of a turn
        return _Box(right - x1, right - x0, y0 - bottom, y1 - bottom)
    if turns == 3:  # noqa: PLR2004 - quarters of a turn
        return _Box(top - y1, top - y0, right - x1, right - x0)
    return _Box(x0 - left, x1 - left, top - y1, top - y0)


def _character(code: int) -> str:
    is_half = 0xD800 <= code <= 0xDFFF  # noqa: PLR2004 - the range of surrogates
    return "" if is_half or code > 0x10FFFF else chr(code)  # noqa: PLR2004 - the last character


def _links(document: Any, page: Any, watch: Watch) -> list[tuple[_Box, str]]:
    """Where links stand on a page, and where they lead."""
    from pypdfium2 import raw  # noqa: PLC0415 - costly

    found: list[tuple[_Box, str]] = []
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    left, bottom, right, top = page.get_cropbox()
    turns = (page.get_rotation() // 90) % 4
    while len(found) < _MOST_LINKS and raw.FPDFLink_Enumerate(
        page, ctypes.byref(position), ctypes.byref(link)
    ):
        watch.link()
        rect = raw.FS_RECTF()
        to = _uri(document, raw.FPDFLink_GetAction(link))
        if to and raw.FPDFLink_GetAnnotRect(link, ctypes.byref(rect)):
            sides = (rect.left, rect.bottom, rect.right, rect.top)
            box = shown(sides, (left, bottom, right, top), turns)
            if box:
                found.append((box, to))
    return found


def _uri(document: Any, action: Any) -> str:
    from pypdfium2 import raw  # noqa: PLC0415 - costly

    if not action or raw.FPDFAction_GetType(action) != raw.PDFACTION_URI:
        return ""
    length = raw.FPDFAction_GetURIPath(document, action, None, 0)
    if not 1 < length <= _LONGEST_URI:
        return ""
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFAction_GetURIPath(document, action, buffer, length)
    return link_to(buffer.value.decode("utf-8", errors="replace"))
