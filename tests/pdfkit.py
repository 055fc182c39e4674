"""PDFs read back: what each page says, and where every character stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pypdfium2

if TYPE_CHECKING:
    from collections.abc import Iterator

MM = 72 / 25.4
LINE_END = "\ufffe"
"""What pdfium says for a hyphen at the end of a line."""


class Box(NamedTuple):
    """A character on the paper, in millimetres from the left and top edges."""

    char: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Page:
    """A page read back."""

    text: str
    boxes: list[Box]
    width: float
    height: float


def read_back(pdf: bytes) -> list[Page]:
    return list(_pages(pdf))


def _pages(pdf: bytes) -> Iterator[Page]:
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            width, height = page.get_size()
            text = page.get_textpage()
            boxes = []
            for index in range(text.count_chars()):
                left, bottom, right, top = text.get_charbox(index, loose=False)
                char = text.get_text_range(index, 1).replace(LINE_END, "-")
                if char.strip():
                    boxes.append(
                        Box(
                            char, left / MM, (height - top) / MM, right / MM, (height - bottom) / MM
                        )
                    )
            whole = text.get_text_range().replace("\r\n", "\n")
            whole = whole.replace("\N{ZERO WIDTH SPACE}", "").replace(LINE_END, "-")
            yield Page(whole, boxes, width / MM, height / MM)


def words(pdf: bytes) -> str:
    """All that a PDF says, on one line."""
    return " ".join(" ".join(page.text for page in read_back(pdf)).split())
