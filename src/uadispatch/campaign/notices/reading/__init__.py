"""A file -> Document: what a person would read of it, line by line, whatever kind of file it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.document import Document
from uadispatch.campaign.notices.reading.apart import pages_apart
from uadispatch.campaign.notices.reading.encodings import decode, decode_web
from uadispatch.campaign.notices.reading.gathering import numbered
from uadispatch.campaign.notices.reading.kinds import Kind, kind_of, refuse_package
from uadispatch.campaign.notices.reading.limits import LIMITS, CannotRead, Limits, Watch
from uadispatch.campaign.notices.reading.package import Package
from uadispatch.campaign.notices.reading.pages import read_pages
from uadispatch.campaign.notices.reading.plain import read_plain
from uadispatch.campaign.notices.reading.web import read_web
from uadispatch.campaign.notices.reading.word import read_word
from uadispatch.campaign.opening import read_bytes
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["LIMITS", "Limits", "read_document"]

_SMALLER = "save it without its pictures"


def read_document(
    path: Path, *, limits: Limits = LIMITS, clock: Callable[[], float] = time.monotonic
) -> Document:
    """Read the document at `path`: a .docx, a .pdf, a page of HTML or plain text.

    `clock` tells seconds that pass, by which a reading that takes too long is ended.

    Raises:
        ConfigError: it cannot be opened or read, or holds no text; with what to do.
    """
    raw = read_bytes(path, most=limits.bytes, wanted="document", mend=_SMALLER)
    try:
        document = _read(path, raw, Watch(limits, clock))
    except CannotRead as error:
        raise ConfigError(Problem(str(error), str(path))) from None
    if not document.lines:
        raise ConfigError(Problem("there is no text in it; open it and look", str(path)))
    return document


def _read(path: Path, raw: bytes, watch: Watch) -> Document:
    kind = kind_of(raw, path.suffix.lower())
    if kind is Kind.PACKAGE:
        package = Package(raw, watch)
        refuse_package(package.names())
        return numbered(path.name, *read_word(package, watch))
    if kind is Kind.PDF:
        return numbered(path.name, *read_pages(pages_apart(raw, watch), watch))
    if kind is Kind.WEB:
        text, note = decode_web(raw)
        return numbered(path.name, read_web(text, watch), [note] if note else [])
    text, note = decode(raw)
    return Document(path.name, tuple(read_plain(text, watch)), (note,) if note else ())
