"""Finished letters as files: joined for a printer, or drawn as pictures. It knows no message."""

from __future__ import annotations

import io
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from uadispatch import Unavailable, write_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["BOUND", "LEFT_OUT", "bind", "count_of", "pictures"]

BOUND = "letters.pdf"
LEFT_OUT = "letters-left-out.txt"
DPI = 110
"""Of the pictures: enough to proofread a page on a screen."""
POINTS = 72
TRAILER = 200
"""In its last bytes a PDF that pdfium has written tells its ID."""
# As long as what it takes the place of: a PDF counts its bytes.
LONG_AGO = b"/CreationDate(D:20000101000000+00'00')"
_CREATED = re.compile(rb"/CreationDate\(D:[0-9]{14}[+-][0-9]{2}'[0-9]{2}'\)")
_ID = re.compile(rb"/ID\[<[0-9A-F]{32}><[0-9A-F]{32}>\]")


def pictures(pdf: bytes) -> tuple[bytes, ...]:
    """Each page as PNG."""
    import pypdfium2  # noqa: PLC0415 - only who looks at pages needs it

    with pypdfium2.PdfDocument(pdf) as document:
        return tuple(_png(page) for page in document)


def count_of(pdf: bytes) -> int:
    """How many pages it has."""
    import pypdfium2  # noqa: PLC0415 - as above

    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def _png(page: Any) -> bytes:
    drawn = io.BytesIO()
    page.render(scale=DPI / POINTS, grayscale=True).to_pil().save(drawn, "PNG")
    return drawn.getvalue()


def bind(files: Sequence[Path], into: Path, *, duplex: bool) -> tuple[Path, ...]:
    """Join letters, in this order, to ``letters.pdf`` in the folder `into`; returns what it made.

    With `duplex` a letter with an odd number of pages is followed by an empty one. A file that is
    missing or no PDF is left out, and named in ``letters-left-out.txt``: the others can be posted.
    Both files are whole or not there, and replace what was made before.

    Raises:
        Unavailable: the folder cannot be written to.
    """
    bound, left_out = _join(files, duplex=duplex)
    made = []
    try:
        for name, content in ((BOUND, bound), (LEFT_OUT, left_out.encode())):
            if content:
                write_file(into / name, content)
                made.append(into / name)
            else:
                (into / name).unlink(missing_ok=True)
    except OSError as exc:
        raise Unavailable(f"the folder {into} cannot be written to: {exc.strerror}") from exc
    return tuple(made)


def _join(files: Sequence[Path], *, duplex: bool) -> tuple[bytes, str]:
    """All letters as one PDF, empty without any; and a line for each file that is not in it."""
    import pypdfium2  # noqa: PLC0415 - as above

    missing = []
    with pypdfium2.PdfDocument.new() as whole:
        for file in files:
            try:
                with pypdfium2.PdfDocument(file.read_bytes()) as letter:
                    pages = len(letter)
                    whole.import_pages(letter)
                    if duplex and pages % 2:
                        whole.new_page(*letter[pages - 1].get_size())
            except OSError as exc:
                missing.append(f"{file}: {exc.strerror}\n")
            except pypdfium2.PdfiumError:
                missing.append(f"{file}: this is no PDF that can be read\n")
        if not len(whole):
            return b"", "".join(missing)
        saved = io.BytesIO()
        whole.save(saved)
    return _identified(saved.getvalue()), "".join(missing)


def _identified(pdf: bytes) -> bytes:
    """The PDF with a fixed date, and an ID made of what it holds: pdfium would say when it ran."""
    pdf = _CREATED.sub(LONG_AGO, pdf)
    found = _ID.search(pdf, len(pdf) - TRAILER)
    if found is None:
        return pdf
    before, after = pdf[: found.start()], pdf[found.end() :]
    made = sha256(before + after).hexdigest()[:32].upper().encode()
    return before + b"/ID[<" + made + b"><" + made + b">]" + after
