"""Stand-in pages: one page with the number of lines of the text; the real ones take this place."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch import Message, Tools

__all__ = ["pdf_of", "pictures_of", "tiff_of"]


def pdf_of(message: Message, tools: Tools, *, fonts: Path | None) -> bytes:  # noqa: ARG001 - the real one needs them
    """A PDF."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - costly

    page = Image.new("L", (850, 1170), 255)
    ImageDraw.Draw(page).text((50, 50), message.body.encode("ascii", "replace"), fill=0)
    out = io.BytesIO()
    page.save(out, "PDF", resolution=100)
    return out.getvalue()


def tiff_of(pdf: bytes) -> bytes:
    """A TIFF."""
    import pypdfium2  # type: ignore[import-untyped] # noqa: PLC0415 - costly

    document = pypdfium2.PdfDocument(pdf)
    picture = document[0].render(scale=1.5).to_pil().convert("1")
    document.close()
    out = io.BytesIO()
    picture.save(out, "TIFF", compression="group4")
    return out.getvalue()


def pictures_of(tiff: bytes) -> tuple[bytes, ...]:
    """A PNG."""
    from PIL import Image  # noqa: PLC0415 - costly

    out = io.BytesIO()
    with Image.open(io.BytesIO(tiff)) as picture:
        picture.save(out, "PNG")
    return (out.getvalue(),)
