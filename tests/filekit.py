"""Documents made for a test, byte by byte: .docx, .pdf, and files that harm a careless reader."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SPACES = (
    f'xmlns:w="{W}" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


# .docx


def archive(parts: Mapping[str, str | bytes], *, stored: bool = False) -> bytes:
    made = io.BytesIO()
    how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(made, "w", how) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return made.getvalue()


def relations(each: Iterable[tuple[str, str, str]]) -> str:
    """Relations by (id, kind, target); a target with a colon lies outside."""
    found = ""
    for key, kind, target in each:
        outside = ' TargetMode="External"' if ":" in target else ""
        found += f'<Relationship Id="{key}" Type="{_TYPES}/{kind}" Target="{target}"{outside}/>'
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{found}</Relationships>"
    )


def part(tag: str, inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{tag} {SPACES}>{inner}</w:{tag}>'


def docx(
    body: str,
    *,
    related: Iterable[tuple[str, str, str]] = (),
    parts: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A Word file with this body (XML), relations of its main part, and further parts."""
    return archive(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations([("rId1", "officeDocument", "word/document.xml")]),
            "word/document.xml": part("document", f"<w:body>{body}</w:body>"),
            "word/_rels/document.xml.rels": relations(related),
            **(parts or {}),
        }
    )


def p(*runs: str, style: str = "") -> str:
    """A paragraph; what is no XML is a run of text."""
    return f"<w:p>{style}{''.join(r if r.startswith('<') else t(r) for r in runs)}</w:p>"


def t(text: str, style: str = "") -> str:
    """A run of text."""
    style = style and f"<w:rPr>{style}</w:rPr>"
    return f'<w:r>{style}<w:t xml:space="preserve">{text}</w:t></w:r>'


def table(*rows: Sequence[str]) -> str:
    """A table of cells, each of which is XML."""
    return (
        "<w:tbl>" + "".join(f"<w:tr>{''.join(map(cell, row))}</w:tr>" for row in rows) + "</w:tbl>"
    )


def cell(inner: str, style: str = "") -> str:
    if inner.startswith("<w:tc>"):
        return inner
    return f"<w:tc>{style and f'<w:tcPr>{style}</w:tcPr>'}{inner}</w:tc>"


# .pdf


@dataclass(frozen=True)
class Text:
    """A text on a page: points from the left and from the top."""

    x: float
    y: float
    text: str
    size: float = 10
    link: str = ""


LEFT = [
    "Minister of Justice",
    "Ana Example",
    "1 Court Street",
    "Fax: +99 1 234",
    "Email: a@example.org",
]
RIGHT = [
    "H.E. Ben Example",
    "Embassy of Exampleland",
    "2 River Road",
    "Phone: 99 5 678",
    "Twitter: @ben",
]
"""Two officials who stand side by side."""

WIDTH, HEIGHT = 595, 842
EM = 0.6
"""The width of every letter of Courier."""


def lines(
    texts: Sequence[str], *, x: float = 72, y: float = 100, pitch: float = 12, size: float = 10
) -> list[Text]:
    """Lines below each other; an empty one is a gap."""
    return [Text(x, y + pitch * at, text, size) for at, text in enumerate(texts) if text]


def pdf(*pages: Sequence[Text], encrypted: bool = False, rotated: int = 0) -> bytes:
    """A PDF whose texts are drawn in this order, in Courier."""
    made = _Pdf()
    font = made.add("<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>")
    kids = []
    for texts in pages:
        drawn = b"".join(_drawn(each, rotated) for each in texts)
        content = made.add(f"<</Length {len(drawn)}>>", drawn)
        links = [made.add(_link(each)) for each in texts if each.link]
        annotations = f"/Annots[{' '.join(f'{each} 0 R' for each in links)}]" if links else ""
        kids.append(
            made.add(
                f"<</Type/Page/Parent 1 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Rotate {rotated}"
                f"/Resources<</Font<</F {font} 0 R>>>>/Contents {content} 0 R{annotations}>>"
            )
        )
    return made.bytes(kids, encrypted=encrypted)


def scanned(count: int = 1, *, also: Sequence[Sequence[Text]] = ()) -> bytes:
    """A PDF whose pages are pictures; `also` are pages of text before them."""
    made = _Pdf()
    font = made.add("<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>")
    pixels = zlib.compress(bytes(64 * 64))
    image = made.add(
        "<</Type/XObject/Subtype/Image/Width 64/Height 64/ColorSpace/DeviceGray"
        f"/BitsPerComponent 8/Filter/FlateDecode/Length {len(pixels)}>>",
        pixels,
    )
    contents = [b"".join(_drawn(each) for each in texts) for texts in also]
    contents += [f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /I Do Q".encode()] * count
    kids = []
    for drawn in contents:
        content = made.add(f"<</Length {len(drawn)}>>", drawn)
        kids.append(
            made.add(
                f"<</Type/Page/Parent 1 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Resources"
                f"<</Font<</F {font} 0 R>>/XObject<</I {image} 0 R>>>>/Contents {content} 0 R>>"
            )
        )
    return made.bytes(kids, encrypted=False)


def endless(depth: int = 9) -> bytes:
    """A small PDF that draws a form ten times, which draws one ten times, and so on."""
    made = _Pdf()
    text = _drawn(Text(72, 100, "a"))
    font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Courier>>>>"
    form = "<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<<%s>>/Length %d>>"
    last = made.add(form % (font, len(text)), text)
    for _ in range(depth):
        again = b"/X Do " * 10
        last = made.add(form % (f"/XObject<</X {last} 0 R>>", len(again)), again)
    content = made.add("<</Length 5>>", b"/X Do")
    page = made.add(
        f"<</Type/Page/Parent 1 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]"
        f"/Resources<</XObject<</X {last} 0 R>>>>/Contents {content} 0 R>>"
    )
    return made.bytes([page], encrypted=False)


def _drawn(text: Text, rotated: int = 0) -> bytes:
    """Drawn so that it stands upright once the page is turned."""
    said = text.text.encode("cp1252").replace(b"\\", b"\\\\")
    said = said.replace(b"(", b"\\(").replace(b")", b"\\)")
    matrix = {
        0: (1, 0, 0, 1, text.x, HEIGHT - text.y),
        90: (0, 1, -1, 0, text.y, text.x),
        180: (-1, 0, 0, -1, WIDTH - text.x, text.y),
        270: (0, -1, 1, 0, WIDTH - text.y, HEIGHT - text.x),
    }[rotated]
    return b"BT /F %g Tf %g %g %g %g %g %g Tm (%s) Tj ET\n" % (text.size, *matrix, said)


def _link(text: Text) -> str:
    right = text.x + EM * text.size * len(text.text)
    top, bottom = HEIGHT - text.y + text.size, HEIGHT - text.y - 3
    return (
        f"<</Type/Annot/Subtype/Link/Rect[{text.x:g} {bottom:g} {right:g} {top:g}]"
        f"/A<</S/URI/URI({text.link})>>>>"
    )


class _Pdf:
    """Objects of a PDF; the first two are its tree of pages and its catalogue."""

    def __init__(self) -> None:
        self._objects: list[bytes] = [b"", b""]

    def add(self, dictionary: str, stream: bytes | None = None) -> int:
        content = dictionary.encode()
        if stream is not None:
            content += b"\nstream\n" + stream + b"\nendstream"
        self._objects.append(content)
        return len(self._objects)

    def bytes(self, kids: Sequence[int], *, encrypted: bool) -> bytes:
        refs = " ".join(f"{kid} 0 R" for kid in kids)
        self._objects[0] = f"<</Type/Pages/Count {len(kids)}/Kids[{refs}]>>".encode()
        self._objects[1] = b"<</Type/Catalog/Pages 1 0 R>>"
        made = b"%PDF-1.4\n"
        at = []
        for number, content in enumerate(self._objects, start=1):
            at.append(len(made))
            made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
        start = len(made)
        count = len(self._objects) + 1
        made += b"xref\n0 %d\n0000000000 65535 f \n" % count
        made += b"".join(b"%010d 00000 n \n" % each for each in at)
        more = b""
        if encrypted:
            key = b"00" * 32
            more = b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (
                key,
                key,
            )
        made += b"trailer\n<</Size %d/Root 2 0 R%s>>\n" % (count, more)
        return made + b"startxref\n%d\n%%%%EOF\n" % start
