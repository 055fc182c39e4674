"""The rows that are no targets, in a file of their own: for a person to mend, and to be read again.

Each row has the columns that it had, as they were written, then its line and the reason.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.campaign.target_rows import ADDED
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from uadispatch.dispatch.roster import Roster
    from uadispatch.dispatch.staging import RefusedRow

__all__ = ["REJECTS", "reject_files", "write_rejects"]

REJECTS = Path(".uadispatch/rejects")
"""Below the home folder: where `send` and `rehearse` put them."""

_LONGEST_NAME = 80
# As a name of a file, whatever the file of targets is called.
_NOT_IN_NAME = re.compile(r"[^\w.-]+")
_NO_TEXT = re.compile("[\ud800-\udfff]")


def reject_files(folder: Path, prefix: str, roster: Roster, used: Collection[Path]) -> list[Path]:
    """Where the rows that were refused belong, for each of `Roster.rejected`.

    None of them is among the files that are `used`: somebody may have mended one of these and
    named it in the campaign.
    """
    taken = {path.resolve() for path in used}
    found = []
    for each in roster.rejected:
        name = _NOT_IN_NAME.sub("-", f"{prefix}{each.file.stem}"[:_LONGEST_NAME])
        path, number = folder / f"{name}.csv", 1
        while path.resolve() in taken:
            number += 1
            path = folder / f"{name}-{number}.csv"
        taken.add(path.resolve())
        found.append(path)
    return found


def write_rejects(roster: Roster, paths: Sequence[Path]) -> None:
    """Write each of `Roster.rejected` to its path; a file is there whole, or as it was before.

    Raises:
        ConfigError: one cannot be written.
    """
    for each, path in zip(roster.rejected, paths, strict=True):
        try:
            _write(path, each.header, roster.refused(each))
        except OSError as exc:
            says = f"the rejected rows cannot be written here: {exc.strerror}"
            raise ConfigError(Problem(says, str(path))) from None


def _write(path: Path, header: Sequence[str], rows: Iterable[RefusedRow]) -> None:
    final = path.resolve()
    # Only its owner may read it: it holds contacts.
    for above in (final.parent.parent, final.parent):
        above.mkdir(mode=0o700, exist_ok=True)
    number, part = tempfile.mkstemp(dir=final.parent, prefix=".uadispatch-", suffix=".part")
    try:
        with io.TextIOWrapper(os.fdopen(number, "wb"), "utf-8", newline="") as out:
            table = csv.writer(out)
            table.writerow([*header, *_own_names(header)])
            for row in rows:
                cells = [_NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", cell) for cell in row.cells]
                cells += [""] * (len(header) - len(cells))
                table.writerow([*cells, row.line, row.says])
            out.flush()
            os.fsync(out.fileno())
        Path(part).replace(final)
    finally:
        Path(part).unlink(missing_ok=True)


def _own_names(header: Sequence[str]) -> list[str]:
    """``line`` and ``reason``, unless the file has columns that are called so."""
    found = []
    for name in ADDED:
        while name in header:
            name += "_"  # noqa: PLW2901 - until nobody has it
        found.append(name)
    return found
