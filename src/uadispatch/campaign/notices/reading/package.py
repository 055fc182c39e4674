"""The parts of an Office file, unpacked with care; it knows nothing of what they say."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.campaign.notices.reading.limits import CannotRead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uadispatch.campaign.notices.reading.limits import Watch

__all__ = ["DAMAGED", "Package", "Relation"]

DAMAGED = "the file is damaged, or only a part of it; get it again from who sent it"
_BOMB = "it unpacks to far more than a document has; do not open it, and ask who sent it"
_DECLARES = "it declares a document type of its own, as no Word file does; do not open it"

_CHUNK = 64 * 1024
_SMALL = 1024 * 1024
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# In any encoding of the letters: with a zero byte before or after each, or without.
_DOCTYPE = re.compile(rb"<\x00{0,3}!\x00{0,3}D\x00{0,3}O\x00{0,3}C\x00{0,3}T\x00{0,3}Y")
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, ValueError,
           NotImplementedError, RuntimeError)  # fmt: skip
"""All that zipfile raises over a broken file."""


class Relation(NamedTuple):
    """What one part says of another, or of a place outside."""

    kind: str
    """The last word of its type: ``header``, ``hyperlink``."""
    target: str
    """The name of a part, or where a link leads."""


class Package:
    """A zip archive of XML parts."""

    def __init__(self, raw: bytes, watch: Watch) -> None:
        """Look at what is in it; raises CannotRead if that is too much or damaged."""
        self._watch = watch
        self._unpacked = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
            members = self._zip.infolist()
        except _BROKEN:
            raise CannotRead(DAMAGED) from None
        if len(members) > watch.limits.members:
            raise CannotRead(_BOMB)
        self._members = {member.filename.lower().lstrip("/"): member for member in members}
        if len(self._members) < len(members):
            raise CannotRead("it holds two parts of one name; ask who sent it for another copy")

    def names(self) -> list[str]:
        """The names of its parts, in lower case."""
        return list(self._members)

    def has(self, name: str) -> bool:
        """Whether it has such a part."""
        return name.lower() in self._members

    def read(self, name: str) -> bytes:
        """A part as bytes. Raises CannotRead if there is none, or it is too large or damaged."""
        self._watch.look()
        member = self._members.get(name.lower())
        if member is None:
            raise CannotRead(DAMAGED)
        if member.flag_bits & _ENCRYPTED:
            raise CannotRead("it is encrypted; save it without a password")
        if member.compress_type not in _METHODS:
            raise CannotRead(DAMAGED)
        try:
            return self._unpack(member)
        except _BROKEN:
            raise CannotRead(DAMAGED) from None

    def _unpack(self, member: zipfile.ZipInfo) -> bytes:
        limits = self._watch.limits
        # Counted as it comes: what the archive says of its sizes may be a lie.
        most = max(_SMALL, limits.ratio * member.compress_size)
        most = min(most, limits.member, limits.unpacked - self._unpacked)
        parts, size = [], 0
        with self._zip.open(member) as file:
            while part := file.read(_CHUNK):
                size += len(part)
                if size > most:
                    raise CannotRead(_BOMB)
                parts.append(part)
        self._unpacked += size
        return b"".join(parts)

    def xml(self, name: str) -> Any:
        """The root element of a part. Raises CannotRead as `read` does."""
        from lxml import etree  # noqa: PLC0415 - costly

        raw = self.read(name)
        if _DOCTYPE.search(raw):
            raise CannotRead(_DECLARES)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        try:
            root = etree.fromstring(raw, parser)
        except (etree.LxmlError, ValueError):
            raise CannotRead(DAMAGED) from None
        tree = root.getroottree()
        if tree.docinfo.internalDTD is not None or tree.docinfo.externalDTD is not None:
            raise CannotRead(_DECLARES)
        return root

    def relations(self, part: str) -> Mapping[str, Relation]:
        """What a part (or the whole, "") refers to, by the id that it uses."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(rels):
            return {}
        found = {}
        for each in self.xml(rels).iter("{*}Relationship"):
            kind = each.get("Type", "").rpartition("/")[2]
            target = each.get("Target", "")
            if each.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[each.get("Id", "")] = Relation(kind, target)
        return found
