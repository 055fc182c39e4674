"""The pages of a fax: as PDF, as the TIFF that fax machines read, and as their receiver sees them.

It knows messages and pixels, and no number, gateway or line.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

from uadispatch import Rejected, page_data

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch import Message, Tools

__all__ = ["count_of", "pdf_of", "pictures_in", "pictures_of", "tiff_of"]

WIDTH = 1728
"""Pixels of a line: ITU-T T.4, 215 mm."""
ACROSS, DOWN = 204, 196
"""Dots per inch: T.4's fine resolution, as TIFF writes it (RFC 2306)."""
POINTS = 72
INK, NOTHING = 255, 0
BLACK_BELOW = 160
"""A little more than half, so that thin strokes stay whole."""

# RFC 2306: what a fax reader expects of each page. PageNumber (297) is left out: readers that
# believe it drop pages whose number they do not like.
TAGS = {
    254: 2,  # NewSubfileType: a page of several
    292: 0,  # T4Options and
    293: 0,  # T6Options: nothing is uncompressed
}
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
ONE_STRIP = 1 << 24
"""Bytes that a strip may have: always the whole page, so RowsPerStrip (278) is its height."""


def pdf_of(message: Message, tools: Tools, *, fonts: Path | None) -> bytes:
    """The fax as PDF, A4, black on white.

    Raises:
        Rejected: the text is empty, no font can draw a letter of it, or a layout has a mistake.
    """
    if not message.body.strip():
        raise Rejected("The text is empty.")
    data = page_data(message)
    return tools.typeset(message.layouts, "page", data, at=message.at, fonts=fonts)


def tiff_of(pdf: bytes) -> bytes:
    """The pages as TIFF-F (RFC 2306): 1728 pixels wide, 204 x 196 dpi, ITU-T T.6 (G4)."""
    pages = [_bits(page) for page in _drawn(pdf)]
    made = io.BytesIO()
    pages[0].save(
        made, "TIFF", compression="group4", dpi=(ACROSS, DOWN), tiffinfo=TAGS,
        strip_size=ONE_STRIP, save_all=True, append_images=pages[1:],
    )  # fmt: skip
    return _white_is_zero(made.getvalue())


def count_of(pdf: bytes) -> int:
    """How many pages it has."""
    import pypdfium2  # noqa: PLC0415 - costly

    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def pictures_of(tiff: bytes) -> tuple[bytes, ...]:
    """The pages as PNG, as the receiver sees them, pixels made square."""
    from PIL import Image, ImageSequence  # noqa: PLC0415 - only who looks at pages needs it

    found = []
    with Image.open(io.BytesIO(tiff)) as whole:
        for page in ImageSequence.Iterator(whole):
            width, height = page.size
            square = page.resize((width, round(height * ACROSS / DOWN)))
            made = io.BytesIO()
            square.convert("1").save(made, "PNG", dpi=(ACROSS, ACROSS))
            found.append(made.getvalue())
    return tuple(found)


def pictures_in(tiff: Path) -> tuple[bytes, ...]:
    """The same of a file that a far end's machine has."""
    return pictures_of(tiff.read_bytes())


def _white_is_zero(tiff: bytes) -> bytes:
    """The TIFF of inverted pages, with the tag that says so: asked for it, Pillow takes 0.4 s."""
    made = bytearray(tiff)
    short, long = ("<H", "<I") if tiff.startswith(b"II") else (">H", ">I")
    (following,) = struct.unpack_from(long, made, 4)
    while following:
        (count,) = struct.unpack_from(short, made, following)
        end = following + 2 + 12 * count
        for place in range(following + 2, end, 12):
            if struct.unpack_from(short, made, place)[0] == PHOTOMETRIC:
                struct.pack_into(short, made, place + 8, WHITE_IS_ZERO)
        (following,) = struct.unpack_from(long, made, end)
    return bytes(made)


def _drawn(pdf: bytes) -> list[Any]:
    """Each page in greys, twice as fine as a fax across."""
    import pypdfium2  # noqa: PLC0415 - as above

    with pypdfium2.PdfDocument(pdf) as document:
        return [
            page.render(scale=2 * ACROSS / POINTS, grayscale=True).to_pil() for page in document
        ]


def _bits(page: Any) -> Any:
    """A page in black and white, inverted, in the middle of lines of 1728 pixels."""
    from PIL import Image  # noqa: PLC0415 - as above

    width = min(round(page.width / 2), WIDTH)
    height = round(page.height / 2 * DOWN / ACROSS)
    grey = page.resize((width, height), Image.Resampling.BOX)
    sheet = Image.new("L", (WIDTH, height), NOTHING)
    sheet.paste(
        grey.point(lambda level: INK if level < BLACK_BELOW else NOTHING), ((WIDTH - width) // 2, 0)
    )
    return sheet.convert("1", dither=Image.Dither.NONE)
