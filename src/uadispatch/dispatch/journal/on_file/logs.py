"""What SQLite's log beside the journal (its ``-wal``) holds: read only, and without SQLite.

SQLite takes from a log what comes before the first thing that does not read well, and passes over
the rest without a word. That is right for a write that was cut off; it is wrong where a log was
damaged, or belongs to pages that are gone. The form of a log: https://www.sqlite.org/walformat.html.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["has_all", "is_broken", "log_of"]

_HEADER = 32
_FRAME = 24
_ORDERS = {b"\x37\x7f\x06\x82": "<II", b"\x37\x7f\x06\x83": ">II"}
"""How the sums were made, by the magic number: by machines of the one or the other kind."""

CHECKED = 16 * 1024 * 1024
"""Bytes of the longest log of which the sums are made again: a third of a second."""


def log_of(path: Path) -> Path:
    """Where the log of the journal at `path` lies, if there is one."""
    return path.with_name(f"{path.name}-wal")


def has_all(path: Path, page: int, count: int) -> bool:
    """Whether all of a database of `count` pages of `page` bytes is there, in it or in its log.

    The caller reads from it meanwhile, which keeps other processes from moving pages about.
    """
    size = path.stat().st_size
    if size == page * count:
        return True
    logged = _pages_in(log_of(path), page)
    # The log's pages come into the file one by one, and a run may be killed at any of them.
    return bool(logged) and logged.issuperset(range(size // page + 1, count + 1))


def _pages_in(log: Path, page: int) -> set[int]:
    """The numbers of the pages that were committed to the log."""
    committed: set[int] = set()
    begun: set[int] = set()
    try:
        file = log.open("rb")
    except FileNotFoundError:
        return committed
    with file:
        size = os.fstat(file.fileno()).st_size
        salt = file.read(_HEADER)[16:24]
        while file.tell() + _FRAME + page <= size:
            frame = file.read(_FRAME)
            if frame[8:16] != salt:
                break
            begun.add(int.from_bytes(frame[:4], "big"))
            if any(frame[4:8]):
                committed |= begun
                begun.clear()
            file.seek(page, os.SEEK_CUR)
    return committed


def is_broken(log: Path, page: int) -> bool:
    """Whether something in the log is not as it was written, though later commits follow it.

    The last commit may be cut off: nobody was told that it was recorded. What stands before it
    was on the disk before it began. A log that another process writes to is looked at twice.
    """
    first = _break_in(log, page)
    return first is not None and _break_in(log, page) == first


def _break_in(log: Path, page: int) -> int | None:
    """The number of the first frame that is broken, though more than one commit follows."""
    try:
        data = log.read_bytes() if log.stat().st_size <= CHECKED else b""
    except FileNotFoundError:
        return None
    if len(data) < _HEADER + _FRAME + page:
        return None
    order = _ORDERS.get(data[:4], "<II")
    sums = _add(order, (0, 0), data[:24])
    broken = None if sums == struct.unpack(">II", data[24:32]) else 0
    # The salt stands in the header and in each frame that was written since that was.
    salt = data[16:24] if broken is None else data[40:48]
    commits = 0
    for number, start in enumerate(range(_HEADER, len(data) - _FRAME - page + 1, _FRAME + page)):
        head = data[start : start + _FRAME]
        if broken is None:
            sums = _add(order, sums, head[:8] + data[start + _FRAME : start + _FRAME + page])
            if head[8:16] != salt or sums != struct.unpack(">II", head[16:]):
                broken = number
        if broken is not None and head[8:16] == salt and any(head[4:8]):
            commits += 1
    return broken if commits > 1 else None


def _add(order: str, sums: tuple[int, int], data: bytes) -> tuple[int, int]:
    """SQLite's sum over `data`, going on from `sums`."""
    one, two = sums
    for first, second in struct.iter_unpack(order, data):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
