"""The rows that are no targets, in a file of their own: for a person to mend, and to be read again.

Each row has the columns that it had, as they were written, then its line and the reason.
"""

from __future__ import annotations

import csv
import filecmp
import io
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.campaign.target_files.formulas import guarded
from uadispatch.campaign.target_files.rows import ADDED
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from uadispatch.dispatch.targets.on_disk import RefusedRow
    from uadispatch.dispatch.targets.roster import Rejected, Roster

__all__ = ["REJECTS", "keep_rejects", "real", "write_rejects"]

REJECTS = Path(".uadispatch/rejects")
"""Below the home folder: where `send` and `rehearse` put them."""

_LONGEST_NAME = 80  # bytes
# As a name of a file, whatever the file of targets is called.
_NOT_IN_NAME = re.compile(r"[^\w.-]+")
_NO_TEXT = re.compile("[\ud800-\udfff]")


def write_rejects(roster: Roster, paths: Sequence[Path]) -> None:
    """Write each of `Roster.rejected` to its path; a file is there whole, or as it was before.

    Raises:
        ConfigError: one cannot be written, or something else stands there.
    """
    for each, path in zip(roster.rejected, paths, strict=True):
        with _written(each, roster.refused(each), path) as (part, final):
            if _would_lose(part, final):
                says = (
                    "this file is there already and says something else; somebody may be mending "
                    "it: remove it, or name another"
                )
                raise ConfigError(Problem(says, str(path)))
            part.replace(final)


def keep_rejects(roster: Roster, folder: Path, prefix: str, used: Collection[Path]) -> list[Path]:
    """Write each of `Roster.rejected` to a file in `folder`, and say where.

    What stands there already stays, with another number: somebody may be mending it. Nor is any of
    the files that are `used` written over, whatever it says.

    Raises:
        ConfigError: one cannot be written.
    """
    taken = {real(path) for path in used}
    found = []
    for each in roster.rejected:
        path = folder / f"{_name(prefix, each)}.csv"
        with _written(each, roster.refused(each), path) as (part, final):
            number, free = 1, final
            while free in taken or _would_lose(part, free):
                number += 1
                free = final.with_stem(f"{final.stem}-{number}")
            part.replace(free)
        taken.add(free)
        found.append(path.with_name(free.name))
    return found


def real(path: Path) -> Path:
    """`path` without symbolic links, even where they lead in a circle."""
    return Path(os.path.realpath(path))


def _name(prefix: str, rejected: Rejected) -> str:
    name = _NOT_IN_NAME.sub("-", f"{prefix}{rejected.file.stem}")
    return name.encode()[:_LONGEST_NAME].decode(errors="ignore")


@contextmanager
def _written(
    rejected: Rejected, rows: Iterable[RefusedRow], path: Path
) -> Iterator[tuple[Path, Path]]:
    """A file with these rows, under a name of its own, and where it belongs.

    Raises:
        ConfigError: it cannot be written, or not be put there.
    """
    final = real(path)
    try:
        # Only its owner may read it: it holds contacts.
        for above in (final.parent.parent, final.parent):
            above.mkdir(mode=0o700, exist_ok=True)
        number, name = tempfile.mkstemp(dir=final.parent, prefix=".uadispatch-", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(number, "wb") as raw:
                _write(raw, rejected, rows)
            yield part, final
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        says = f"the rejected rows cannot be written here: {exc.strerror}"
        raise ConfigError(Problem(says, str(path))) from None


def _write(raw: BinaryIO, rejected: Rejected, rows: Iterable[RefusedRow]) -> None:
    # With the mark by which a spreadsheet knows UTF-8, and by which it is known here, whatever
    # encoding is declared for the file that the rows come from.
    with io.TextIOWrapper(raw, "utf-8-sig", newline="") as out:
        table = csv.writer(out, delimiter=rejected.delimiter)
        width, header = _own_columns(rejected.header)
        table.writerow(map(guarded, header))
        for row in rows:
            cells = [_NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", cell) for cell in row.cells[:width]]
            cells += [""] * (width - len(cells))
            table.writerow([*map(guarded, cells), row.line, row.says])
        out.flush()
        os.fsync(out.fileno())


def _own_columns(header: Sequence[str]) -> tuple[int, list[str]]:
    """How many columns are kept, and the names of all, with those that are added."""
    if tuple(header[-len(ADDED) :]) == ADDED:
        # They were rejected before: what was said then holds no more.
        return len(header) - len(ADDED), list(header)
    added = []
    for name in ADDED:
        while name in header:
            name += "_"  # noqa: PLW2901 - until nobody has it
        added.append(name)
    return len(header), [*header, *added]


def _would_lose(part: Path, there: Path) -> bool:
    """Whether something stands there that would be lost. Raises OSError."""
    if not os.path.lexists(there):
        return False
    return not there.is_file() or not filecmp.cmp(part, there, shallow=False)
