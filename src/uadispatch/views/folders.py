"""A folder of a page, written whole or not at all; it replaces only what was made in this way."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

__all__ = ["new_folder"]

MARKER = ".uadispatch-page"
"""Whose folder it is, and of what kind: so that no other is ever replaced."""
_READ_BY_NONE_ELSE = 0o700


@contextmanager
def new_folder(place: Path, kind: str, own: re.Pattern[str]) -> Iterator[Path]:
    """A folder to write to, which takes the place of `place` once all of it is written.

    `kind` is what it is, ``dry-run``; a folder of that kind that stands there is replaced if all
    files in it have names that `own` knows (relative, with slashes). What it makes is for the eyes
    of this user alone.

    Raises:
        ConfigError: something else stands there, or it cannot be written to.
    """
    place = Path(os.path.realpath(place))
    _refuse_others(place, kind, own)
    unfinished: Path | None = None
    try:
        _make_above(place.parent)
        unfinished = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name[:100]}-"))
        yield unfinished
        (unfinished / MARKER).write_text(f"{kind}\n", encoding="ascii")
        _put(unfinished, place)
    except OSError as exc:
        says = f"the page cannot be written: {exc.strerror or exc}; name another folder"
        raise ConfigError(Problem(says, str(place))) from exc
    finally:
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)


def _refuse_others(place: Path, kind: str, own: re.Pattern[str]) -> None:
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise ConfigError(Problem("this is a file; name a folder for the page", str(place)))
    try:
        names = set(_files_in(place)) if _is_marked(place, kind) else set()
        # The nearest ones first: below it may lie a whole home.
        foreign = not names and any(chain(_files_at(place), _files_in(place)))
    except OSError as exc:
        says = f"this folder cannot be read: {exc.strerror}; name another"
        raise ConfigError(Problem(says, str(place))) from exc
    if foreign:
        says = "this folder has other files, which are left alone; name an empty one or a new one"
        raise ConfigError(Problem(says, str(place)))
    if strangers := sorted(name for name in names - {MARKER} if not own.fullmatch(name)):
        says = (
            f"beside an older page this folder has {strangers[0]}, which is left alone; "
            f"move it, or name another folder"
        )
        raise ConfigError(Problem(says, str(place)))


def _is_marked(place: Path, kind: str) -> bool:
    marker = place / MARKER
    return marker.is_file() and marker.read_text("utf-8", "replace").strip() == kind


def _files_at(place: Path) -> Iterator[str]:
    return (path.name for path in place.iterdir() if not _is_folder(path))


def _files_in(place: Path) -> Iterator[str]:
    return (path.relative_to(place).as_posix() for path in place.rglob("*") if not _is_folder(path))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _make_above(folder: Path) -> None:
    for above in reversed([folder, *folder.parents]):
        if not above.exists():
            # One by one: `parents=True` would let others into all but the last.
            above.mkdir(mode=_READ_BY_NONE_ELSE, exist_ok=True)


def _put(made: Path, place: Path) -> None:
    if not place.exists():
        made.rename(place)
        return
    made.chmod(place.stat().st_mode & 0o7777)
    # Beside it, so that no half of either is ever seen there.
    older = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name[:100]}-"))
    if place.samefile("."):
        # Whoever works in it is left standing in no folder at all if it is replaced itself.
        moves = [(each, older / each.name) for each in place.iterdir()]
        moves += [(each, place / each.name) for each in made.iterdir()]
    else:
        moves = [(place, older / "older"), (made, place)]
    try:
        _move(moves)
    except OSError:
        with suppress(OSError):
            older.rmdir()
        raise
    shutil.rmtree(older, ignore_errors=True)


def _move(moves: Sequence[tuple[Path, Path]]) -> None:
    """All of them, or none. Raises OSError."""
    done: list[tuple[Path, Path]] = []
    try:
        for source, there in moves:
            source.rename(there)
            done.append((source, there))
    except OSError:
        for source, there in reversed(done):
            there.rename(source)
        raise
