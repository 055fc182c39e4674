"""The piece fax-call: the pages of UA 46/19 go through real fax calls, and are compared row by row.

A gateway makes the calls: ``fax_gateway.py``, in the Python that wheel-install has made.
"""

from __future__ import annotations

from ctypes.util import find_library
from pathlib import Path
from typing import TYPE_CHECKING

from debian import unpacked
from piece import expect, installed_from_wheel, say

if TYPE_CHECKING:
    from piece import Piece


def fax_call(piece: Piece) -> None:
    """Fax machines that answer, are busy, ring, crackle, or are cut off: SpanDSP's, in memory."""
    python = installed_from_wheel(piece).with_name("python")
    library = spandsp(piece)
    gateway = Path(__file__).with_name("fax_gateway.py")
    env = {"PYTHONDONTWRITEBYTECODE": "1"}
    if library.is_absolute():  # what it needs and the machine lacks lies beside it
        env["LD_LIBRARY_PATH"] = str(library.parent)
    say(piece.run(python, gateway, library, piece.folder, env=env).strip())


def spandsp(piece: Piece) -> Path:
    """The library: the machine's own, or that of Debian's libspandsp2."""
    if name := find_library("spandsp"):
        return Path(name)
    root = unpacked(piece, "libspandsp2")
    found = sorted(root.glob("usr/lib/*/libspandsp.so.2"))
    expect(found, "there is no libspandsp.so.2 in Debian's libspandsp2")
    return found[0]
