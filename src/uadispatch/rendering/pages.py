"""Layouts into pages: the only user of typst.

A layout is a text of the snapshot and may import only other layouts of the same message; what it
prints comes in as JSON, so markup in a name or letter stays what it is. It reaches no file and no
network, and knows no clock but the day it is given. The same input makes the same bytes.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections import OrderedDict
from datetime import UTC
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from uadispatch.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from typst import Compiler, TypstError

__all__ = ["KEPT", "Pages"]

KEPT = 64_000_000
"""Bytes of pages that are kept, so that a message which is checked, shown and sent is made once."""

STANDARD: Final = "a-2b"
"""PDF/A: every font is inside, and a letter that no font has is an error and no empty box."""

SUFFIX = ".typ"
# typst wants a folder that is there. Below a file there is nothing to find.
NOWHERE = "/dev/null"
NO_PACKAGES = "/dev/null/packages"
OWN = ("Libertinus Serif", "DejaVu Sans Mono", "New Computer Modern", "New Computer Modern Math")
"""The fonts inside of typst."""
PANIC = "PanicException"
READABLE = ("Serif", "Naskh")
"""In the name of a font: made for long texts."""

_MISSING = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_PLACE = re.compile(r"([^\s/]+)\.typ:(\d+):\d+")
_ESCAPED = re.compile(r"\\(?:u\{([0-9a-f]+)\}|(.))")
_PLAINLY = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_MANY = 10

# A remark on a line of its own in which no string, raw text or comment can end.
_REMARK = re.compile(r'^[^\S\n]*//[^\n"`*]*$', re.MULTILINE)
# typst would fetch "@preview/..." from the network. So an import names its layout in plain words,
# and what could run a text as code, or hand out what does, is not there at all.
_IMPORT = re.compile(
    r'(?<![\w-])(?:import|include)(?![\w-])(?:\s*"([^"\\\n]*)"(?!\s*[.+*(\[]))?|'
    r"(?<![\w-])(eval|plugin|std)(?![\w-])"
)


class Typesetter(NamedTuple):
    """A compiler, and the families of fonts beyond typst's own that it may use, best first."""

    compiler: Compiler
    families: Sequence[str]


class Pages:
    """Makes pages, and keeps the last of them by what they were made of."""

    def __init__(self, *, kept: int = KEPT) -> None:
        self._room = kept
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._size = 0
        self._typesetters: dict[Path | None, Typesetter] = {}
        self._lock = threading.Lock()

    def typeset(
        self,
        layouts: Mapping[str, str],
        name: str,
        data: Mapping[str, object],
        *,
        at: datetime,
        fonts: Path | None = None,
    ) -> bytes:
        """The PDF that the layout `name` makes of `data`, dated with the day of `at` in UTC.

        Only the day, so that a letter which was looked at is the very one that is sent later.

        Raises:
            Rejected: a letter that no font can draw; what a layout refuses with ``panic``; or a
                mistake in a layout, with its line.
        """
        day = int(at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
        given = json.dumps(data, sort_keys=True)
        made_of = json.dumps([sorted(layouts.items()), name, given, day, str(fonts)])
        key = sha256(made_of.encode()).digest()
        with self._lock:
            pages = self._kept.get(key)
            if pages is None:
                pages = self._make(layouts, name, given, day, fonts)
                self._keep(key, pages)
            else:
                self._kept.move_to_end(key)
        return pages

    def _keep(self, key: bytes, pages: bytes) -> None:
        self._kept[key] = pages
        self._size += len(pages)
        while self._size > self._room:
            _, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest)

    def _make(
        self, layouts: Mapping[str, str], name: str, data: str, day: int, fonts: Path | None
    ) -> bytes:
        from typst import TypstError  # noqa: PLC0415 - 70 MB; only who makes pages needs it

        if name not in layouts:
            raise Rejected(f"there is no page layout {name}{SUFFIX} for this channel")
        names = frozenset(layouts)
        for layout, source in layouts.items():
            _look_through(layout, source, names)
        typesetter = self._typesetter(fonts)
        # typst's types know of no mapping; its documentation and the tests do.
        files: Any = {f"{layout}{SUFFIX}": source.encode() for layout, source in layouts.items()}
        files["main"] = f'#include "{name}{SUFFIX}"'.encode()
        try:
            made = typesetter.compiler.compile(
                files, format="pdf", pdf_standards=[STANDARD], timestamp=day,
                sys_inputs={"data": data, "families": json.dumps(typesetter.families)},
            )  # fmt: skip
        except TypstError as exc:
            raise Rejected(_says(exc)) from None
        except (RuntimeError, ValueError) as exc:
            raise Rejected(f"the pages cannot be made: {exc}") from None
        except BaseException as exc:
            # What breaks inside of typst comes out like this, and would end the run of all others.
            if type(exc).__name__ != PANIC:
                raise
            del self._typesetters[fonts]
            raise Rejected("typst broke down over these pages; change the text or layout") from exc
        if not isinstance(made, bytes):
            raise Rejected(f"the layout {name}{SUFFIX} makes no page")
        return made

    def _typesetter(self, fonts: Path | None) -> Typesetter:
        """The one for a folder of fonts: reading them takes longer than a letter."""
        if fonts in self._typesetters:
            return self._typesetters[fonts]
        import typst  # noqa: PLC0415 - as above

        if fonts is not None and not fonts.is_dir():
            raise Rejected(f"there is no folder {fonts} with fonts: mend the setting fonts")
        found = typst.Fonts(
            include_system_fonts=False, font_paths=[] if fonts is None else [str(fonts)]
        )
        families = sorted(set(found.families()) - set(OWN), key=_readable_first)
        compiler = typst.Compiler(
            root=NOWHERE, font_paths=found, ignore_system_fonts=True,
            package_path=NO_PACKAGES, package_cache_path=NO_PACKAGES,
        )  # fmt: skip
        self._typesetters[fonts] = Typesetter(compiler, families)
        return self._typesetters[fonts]


def _readable_first(family: str) -> tuple[bool, str]:
    return not any(word in family for word in READABLE), family


@lru_cache(maxsize=64)
def _look_through(layout: str, source: str, names: frozenset[str]) -> None:
    """Raise Rejected for a layout that could reach out."""
    looked_at = _REMARK.sub(lambda remark: " " * len(remark[0]), source)
    for found in _IMPORT.finditer(looked_at):
        where = f"{layout}{SUFFIX}, line {source.count(chr(10), 0, found.start()) + 1}"
        if found[2]:
            raise Rejected(f"{where}: a layout may not use {found[2]!r}; remove the word")
        if found[1] is None:
            raise Rejected(
                f"{where}: an import must name a layout in plain quotation marks, as in "
                f'#import "_page.typ": *; elsewhere avoid the words import and include'
            )
        if not found[1].endswith(SUFFIX) or found[1].removesuffix(SUFFIX) not in names:
            raise Rejected(
                f"{where}: there is no layout {found[1]!r} here, and no package is ever fetched; "
                f"put it into templates/ or the channel's folder there"
            )


def _says(exc: TypstError) -> str:
    """What a person should know of a mistake."""
    if missing := _undrawn(exc.diagnostic):
        listed = ", ".join(f"{char} (U+{ord(char):04X} {_name(char)})" for char in missing[:_MANY])
        more = f" and {len(missing) - _MANY} more" if len(missing) > _MANY else ""
        return (
            f"no font here can draw {listed}{more}: name a folder with fonts that can in the "
            f"channel's setting fonts (Debian: the packages fonts-noto-core, fonts-noto-cjk)"
        )
    if exc.message.startswith("panicked with: "):
        return exc.message.removeprefix("panicked with: ")
    place = _PLACE.search(exc.diagnostic)
    where = f"{place[1]}{SUFFIX}, line {place[2]}: " if place else ""
    return f"{where}{exc.message}; mend the layout"


def _undrawn(diagnostic: str) -> list[str]:
    """The characters that no font has."""
    texts = (_ESCAPED.sub(_plain, text) for text in _MISSING.findall(diagnostic))
    return sorted({char for text in texts for char in text})


def _plain(escaped: re.Match[str]) -> str:
    if escaped[1]:
        return chr(int(escaped[1], 16))
    return _PLAINLY.get(escaped[2], escaped[2])


def _name(char: str) -> str:
    return unicodedata.name(char, "without a name").lower()
