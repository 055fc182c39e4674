"""Which kind of file some bytes are, by what they begin with; it reads none of them.

A name's ending is only a hint: files are renamed.
"""

from __future__ import annotations

import codecs
import re
from enum import Enum
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.reading.limits import CannotRead

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Kind", "kind_of", "refuse_package"]

_HEAD = 4_096
_PDF_WITHIN = 1_024
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0"
_WORD = "open it in Word and save it as .docx"
_OCR = "have its text recognised (OCR) or type it into a .docx"
_UNPACK = "unpack it and give the document inside it"

_OTHERS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(begins, re.DOTALL), says)
    for begins, says in (
        (rb"\{\\rtf", f"this is an .rtf file; {_WORD}"),
        (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*|BM.{4}\x00\x00|RIFF.{4}WEBP|.{4}ftyphei|\x00\x00\x01\x00",
         f"this is a picture; {_OCR}"),
        (rb"7z\xbc\xaf|Rar!|\x1f\x8b|BZh|\xfd7zXZ", f"this is an archive; {_UNPACK}"),
        (rb"\xdb\xa5|\x31\xbe\x00\x00|\xff\x57\x50\x43",
         f"this is a file of an old word processor; {_WORD}"),
        (rb"%!PS", "this is a PostScript file; turn it into a .pdf"),
    )
)  # fmt: skip
_OLD_OFFICE = (
    ("EncryptedPackage", "it is encrypted; open it in Word and save it without a password"),
    ("WordDocument", f"this is an old Word file (.doc); {_WORD}"),
    ("Workbook", "this is an Excel file; copy the document's text into a .docx"),
    ("PowerPoint Document", "this is a PowerPoint file; copy the document's text into a .docx"),
    ("__properties_version1.0", "this is an email; save the document attached to it"),
)
_PACKAGES = (
    ("xl/", "this is an Excel file (.xlsx); copy the document's text into a .docx"),
    ("ppt/", "this is a PowerPoint file (.pptx); copy the document's text into a .docx"),
    ("content.xml", "this is an OpenDocument file (.odt); open it and save it as .docx"),
    ("index/document.iwa", "this is a Pages file; export it as .docx"),
    ("meta-inf/container.xml", "this is an e-book; copy the document's text into a .docx"),
)
_WEB = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*"
    rb"<(?:!doctype\s+html|(?:html|head|body|title|meta|div|p|table|h[1-6]|span|font|center|"
    rb"article|main|section|ul|ol|b|strong|pre|link|style|a)[\s>/])",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(rb"</?(?:p|br|div|td|tr|li|a|b|i|span|font|h[1-6])[\s/>]", re.IGNORECASE)
_FEWEST_TAGS = 5
_WORD_XML = re.compile(rb"schemas\.microsoft\.com/office/word/2003/wordml|pkg:package")
_EMAIL = re.compile(
    rb"^MIME-Version:.{0,2000}?^Content-Type:\s*multipart/|^Content-Type:\s*multipart/"
    rb".{0,2000}?^MIME-Version:",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_WEB_ENDINGS = (".html", ".htm", ".xhtml")


class Kind(Enum):
    """A kind of file that can be read."""

    PACKAGE = "a .docx, or another archive"
    PDF = "a .pdf"
    WEB = "a page of HTML"
    TEXT = "plain text, if anything"


def kind_of(raw: bytes, ending: str) -> Kind:
    """What `raw` is; `ending` is that of its name, in lower case.

    Raises:
        CannotRead: it is empty, or a kind that is not read; with what to do.
    """
    if not raw.strip(b"\0\t\n\f\r \xef\xbb\xbf\xfe\xff"):
        raise CannotRead("the file is empty; get it again from who sent it")
    if raw.startswith(_ZIPS):
        return Kind.PACKAGE
    if raw.startswith(_OLE):
        raise CannotRead(_old_office(raw))
    if raw.startswith(b"%PDF") or (b"%PDF-" in raw[:_PDF_WITHIN] and ending == ".pdf"):
        return Kind.PDF
    for begins, says in _OTHERS:
        if begins.match(raw):
            raise CannotRead(says)
    head = _head(raw)
    if _WORD_XML.search(head):
        raise CannotRead(f"this is Word's XML of one file; {_WORD}")
    if _EMAIL.search(head):
        raise CannotRead(
            "this is an email or a web archive; save the document attached to it, or the page as "
            ".html alone"
        )
    tags = len(_TAG.findall(head)) if ending in _WEB_ENDINGS else 0
    return Kind.WEB if _WEB.match(head) or tags >= _FEWEST_TAGS else Kind.TEXT


def refuse_package(names: Collection[str]) -> None:
    """Raises CannotRead if parts of these names are no Word file."""
    if any(name.startswith("word/") for name in names):
        return
    for name, says in _PACKAGES:
        if any(each.startswith(name) for each in names):
            raise CannotRead(says)
    raise CannotRead(f"this is an archive; {_UNPACK}")


def _old_office(raw: bytes) -> str:
    for name, says in _OLD_OFFICE:
        if name.encode("utf-16-le") in raw:
            return says
    return f"this is an old Office file; {_WORD}"


def _head(raw: bytes) -> bytes:
    """What it begins with, in an encoding in which its tags can be seen."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw[: 2 * _HEAD].decode("utf-16", errors="replace").encode()
    return raw[:_HEAD].removeprefix(codecs.BOM_UTF8)
