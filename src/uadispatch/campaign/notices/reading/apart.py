"""Reads the letters of a .pdf in a process of its own, which ends when its time is over.

A .pdf of two kilobytes can keep the library busy for ever, and no thread can be interrupted in
it; a broken one may end the process that reads it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from uadispatch.campaign.notices.reading.glyphs import Glyph, Page, pages_of
from uadispatch.campaign.notices.reading.limits import TOO_SLOW, CannotRead, Limits, Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["answer", "pages_apart"]

_MOST_MEMORY = 2 * 1024**3
_BROKE = "it is damaged, and reading it broke down; get it again from who sent it"
_NO_PROCESS = "no second process can be started to read it; free some memory and try again"


def pages_apart(raw: bytes, watch: Watch) -> list[Page]:
    """As `glyphs.pages_of`, in no more than the seconds that the limits give."""
    limits = watch.limits
    asked = json.dumps([limits.pages, limits.characters, limits.links, limits.seconds])
    code = f"import {__name__} as apart; apart.answer()"
    # It finds this program where this process found it.
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(  # noqa: S603 - this program itself; the file comes as its input
            [sys.executable, "-P", "-c", code, asked],
            input=raw, capture_output=True, timeout=limits.seconds, check=False, env=here,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CannotRead(TOO_SLOW) from None
    except OSError:
        raise CannotRead(_NO_PROCESS) from None
    if done.returncode:
        raise CannotRead(_BROKE)
    told = json.loads(done.stdout)
    if "cannot" in told:
        raise CannotRead(told["cannot"])
    pages = [
        replace(Page(*rest), glyphs=tuple(Glyph(*glyph) for glyph in glyphs))
        for *rest, glyphs in told["pages"]
    ]
    for page in pages:
        watch.characters(len(page.glyphs))
    return pages


def answer() -> None:
    """What the other process does: a .pdf on standard input, its pages on standard output."""
    pages, characters, links, seconds = json.loads(sys.argv[1])
    limits = Limits(pages=pages, characters=characters, links=links, seconds=seconds)
    _use_no_more_memory()
    told: dict[str, object]
    try:
        found = pages_of(sys.stdin.buffer.read(), Watch(limits, time.monotonic))
        told = {"pages": [_told(page) for page in found]}
    except CannotRead as error:
        told = {"cannot": str(error)}
    json.dump(told, sys.stdout)


def _told(page: Page) -> Sequence[object]:
    glyphs = [
        [round(part, 2) if isinstance(part, float) else part for part in glyph]
        for glyph in page.glyphs
    ]
    rest = (page.number, page.width, page.height, page.pictures, page.unknown, page.turned)
    return [*rest, glyphs]


def _use_no_more_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - only on systems that have it

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
