"""A channel's preview as a sheet: its text, what may be opened, and its pictures as files.

It knows no page and no markup; where the pictures are kept, its caller says.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from uadispatch.errors import place_of
from uadispatch.views.cards import Link, Picture, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uadispatch.channels.message import Preview

__all__ = ["LINKS", "PictureFolder", "link_to", "sheet_of"]

LINKS = ("https://", "tel:", "mailto:")
"""What a link on a page may begin with; any other is shown as text."""

_PNG = b"\x89PNG\r\n\x1a\n"
_WIDE = re.compile(rb"<svg\b[^>]*?\bwidth=\"([0-9.]+)(?:px)?\"[^>]*>")
_HIGH = re.compile(rb"<svg\b[^>]*?\bheight=\"([0-9.]+)(?:px)?\"[^>]*>")
_USUAL = (200, 200)
"""Of a drawing that says no size."""
_LARGEST = 20_000


class PictureFolder:
    """Keeps pictures as files named for their content, so that two of one kind are one file."""

    def __init__(self, root: Path, name: str = "pictures") -> None:
        """Put them into the folder `name` of `root`; it is made when the first one comes."""
        self._root = root
        self._name = name
        self._kept: set[str] = set()

    def __call__(self, content: bytes, alt: str) -> Picture:
        """Keep a picture; its `src` is relative to the root. Raises OSError."""
        ending = "png" if content.startswith(_PNG) else "svg"
        src = f"{self._name}/{sha256(content).hexdigest()[:24]}.{ending}"
        if src not in self._kept:
            path = self._root / src
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            self._kept.add(src)
        width, height = _size(content)
        return Picture(src, alt, width, height)


def link_to(address: str) -> Link:
    """A link, which can be opened only if it is of a kind that no page can do harm with."""
    return Link(address if address.lower().startswith(LINKS) else None, address)


def sheet_of(
    preview: Preview, keep: Callable[[bytes, str], Picture] | None, *, what: str, without: str = ""
) -> Sheet:
    """What its recipient sees; `what` names it for those who cannot see: ``letter to Ann Other``.

    Its pictures go through `keep`. Without that none is drawn, and the note `without` says how
    to see them. Raises OSError if they cannot be kept.
    """
    notes = list(preview.notes)
    pages: tuple[Picture, ...] = ()
    figures: tuple[Picture, ...] = ()
    if keep is None:
        notes += [without] if without else []
    else:
        try:
            drawn = preview.pages
            sketched = preview.figures
        except Exception as exc:  # noqa: BLE001 - a plugin's fault hides no text
            drawn, sketched = (), ()
            notes.append(f"its pictures could not be drawn: {place_of(exc)}")
        pages = tuple(
            keep(content, f"Page {number} of {len(drawn)} of the {what}")
            for number, content in enumerate(drawn, start=1)
        )
        figures = tuple(keep(figure.content, figure.alt) for figure in sketched)
    return Sheet(
        text=preview.text,
        notes=tuple(notes),
        links=tuple(link_to(link) for link in preview.links),
        pages=pages,
        figures=figures,
    )


def _size(content: bytes) -> tuple[int, int]:
    """Width and height as the picture itself says."""
    if content.startswith(_PNG):
        # The first chunk of every PNG: its length, its name, then these two.
        wide, high = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        return _within(wide), _within(high)
    wide_said, high_said = _WIDE.search(content), _HIGH.search(content)
    if wide_said is None or high_said is None:
        return _USUAL
    try:
        return _within(float(wide_said[1])), _within(float(high_said[1]))
    except ValueError:
        return _USUAL


def _within(length: float) -> int:
    return max(1, min(round(length), _LARGEST))
