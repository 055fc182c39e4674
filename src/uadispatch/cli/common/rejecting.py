"""What the commands say and keep of rows that are no targets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uadispatch.cli.common.exits import Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from uadispatch.dispatch.planning.preparing import Prepared

__all__ = ["Rejects", "code", "keep", "keep_in", "kept_in", "say", "shape"]

SHOWN = 5
"""So many of the rejected rows of a file are shown; `--json` has more."""

Rejects = Annotated[
    Path | None,
    typer.Option(
        "--rejects",
        metavar="FILE",
        help="Write the rows of files of targets that cannot be used to this CSV file, each with "
        "its line and why.",
    ),
]


def say(console: Console, prepared: Prepared, *, hint: str = "") -> None:
    """How many rows are no targets, and why the first of them are none."""
    from uadispatch.cli.common.output import safe

    for each in prepared.targets.rejected:
        console.print(
            f"[yellow]![/] {safe(str(each.file))}: {each.all_words} rejected; nobody is written "
            f"to for {'it' if each.rows == 1 else 'them'}:"
        )
        for line, says in each.first[:SHOWN]:
            console.print(f"  {safe(f'{each.file}:{line}: {says}')}")
        if (more := each.rows - min(len(each.first), SHOWN)) > 0:
            console.print(f"  and {more:,} more")
    if hint and prepared.targets.rejected:
        console.print(hint)


def shape(prepared: Prepared, kept: Sequence[Path] = ()) -> dict[str, Any]:
    """As JSON; `kept` are the files that hold them all, if they were written."""
    found = [
        {
            "file": str(each.file),
            "rows": each.rows,
            "read": each.read,
            "rejects": [{"line": line, "says": says} for line, says in each.first],
        }
        for each in prepared.targets.rejected
    ]
    for entry, path in zip(found, kept, strict=False):
        entry["kept_in"] = str(path)
    return {"rejected": found}


def keep(prepared: Prepared) -> list[Path]:
    """Write all of them where they are kept for a person to mend. Raises ConfigError."""
    from uadispatch.dispatch.targets.rejects import REJECTS, keep_rejects

    source = prepared.source
    prefix = f"{source.campaign.number.replace('/', '-')}-"
    return keep_rejects(prepared.targets, source.home / REJECTS, prefix, _used(prepared))


def keep_in(prepared: Prepared, file: Path | None) -> list[Path]:
    """Write all of them to `file`, if one was named; those of further files of targets beside it.

    Raises:
        ConfigError: it cannot be written, something else stands there, or the campaign is read
            from it.
    """
    from uadispatch.dispatch.targets.rejects import real, write_rejects
    from uadispatch.errors import ConfigError

    if file is None:
        return []
    names = [file.with_stem(f"{file.stem}-{n}") if n > 1 else file
             for n in range(1, len(prepared.targets.rejected) + 1)]  # fmt: skip
    used = {real(path) for path in _used(prepared)}
    if clash := next((name for name in (file, *names) if real(name) in used), None):
        raise ConfigError(f"--rejects {clash}: the campaign is read from it; name another file")
    if file.exists() and not file.is_file():
        raise ConfigError(f"--rejects {file}: this is no ordinary file; name another")
    write_rejects(prepared.targets, names)
    return names


def kept_in(console: Console, kept: Sequence[Path]) -> None:
    """Say where they are, to be mended."""
    from uadispatch.cli.common.output import safe

    for path in kept:
        console.print(f"The rejected rows, each with its line and why: {safe(str(path))}")


def code(before: int, prepared: Prepared) -> int:
    """The exit code: a person must look at rejected rows, unless something worse was said."""
    worse = (Code.AS_ASKED, Code.LATER)
    return Code.LOOK if prepared.targets.rejected and before in worse else before


def _used(prepared: Prepared) -> list[Path]:
    """The files that the campaign is read from."""
    file = prepared.source.file
    return [file, *(file.parent / item.file for item in prepared.source.campaign.files)]
