"""What an import was asked for and what came of it, and how a campaign file is replaced."""

from __future__ import annotations

import difflib
import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from uadispatch.campaign.notices.document import Document
    from uadispatch.campaign.notices.lineage.changes import Change
    from uadispatch.campaign.notices.notice import Doubt, Notice
    from uadispatch.observers.hooks import CampaignClosed

__all__ = ["Came", "Wish", "agreed", "put", "shown", "source_of"]

DIFFERENCE = 120
"""How many lines of a difference are shown."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was asked for beside the documents."""

    into: Path | None
    closes: str | None
    """A person says that the document closes this campaign."""
    updates: str | None
    """A person says that the document is a further one of this campaign."""
    new: bool
    """A person says that it belongs to no campaign that is known here."""
    not_closing: bool
    """A person has read it: it ends nothing."""
    yes: bool
    by: str | None
    journal: str | None
    plugins_dir: Path | None
    as_json: bool
    closed: list[tuple[Path, CampaignClosed]] = field(default_factory=list)
    """Which campaigns it has closed, and of which home: observers are told at its end."""

    @property
    def named_file(self) -> Path | None:
        """The campaign file that was named, in whatever home it is."""
        if self.into is not None:
            return self.into
        named = self.closes or self.updates
        return Path(named) if named and os.path.isfile(named) else None  # noqa: PTH113 - Path's raises on a long name


@dataclass(kw_only=True)
class Came:
    """What came of one document."""

    typed: str
    """The document's path, as it was typed."""
    document: Document
    notice: Notice
    number: str | None = None
    file: Path | None = None
    state: str = "asked"
    """``written``, ``unchanged``, ``closed``, ``held``, or ``asked``: nothing was done."""
    doubts: list[Doubt] = field(default_factory=list)
    changes: Sequence[Change] = ()
    round: int | None = None
    in_file: bool = False
    """Whether its file says what was decided."""
    next: str = ""
    """The command to type next."""

    @property
    def asks(self) -> bool:
        """Whether a person must look."""
        settled = self.state in {"written", "unchanged", "closed"}
        return not settled or any(doubt.asks for doubt in self.doubts)


def source_of(document: Document, line: int | None, words: str) -> str:
    """Where in a document something stands: ``final.txt, line 5: “words”``."""
    at = f", line {line}" if line is not None else ""
    name = " ".join(document.name.split())
    return f"{name}{at}" + (f": “{words}”" if words else "")


def shown(file: Path) -> str:
    """A file as somebody here would type it."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(file)


def agreed(console: Console, wish: Wish, before: str, after: str, says: str) -> bool:
    """Show what would change in a file that is not the import's own (`says` why), and ask."""
    from uadispatch.cli.common import output

    console.print(f"{output.safe(says)}. What would change:")
    lines = list(
        difflib.unified_diff(before.splitlines(), after.splitlines(), "now", "then", "", "", 1, "")
    )
    for line in lines[2 : DIFFERENCE + 2]:
        colour = {"-": "red", "+": "green"}.get(line[:1], "dim")
        console.print(f"[{colour}]{output.safe(line)}[/]")
    if len(lines) > DIFFERENCE + 2:
        console.print(f"and {len(lines) - DIFFERENCE - 2:,} more lines")
    if wish.yes:
        return True
    if wish.as_json:
        return False
    import typer

    try:
        return typer.confirm("Replace it?")
    except typer.Abort:  # Ctrl-C, or nobody is there to answer
        console.print()
        return False


def put(file: Path, text: str, *, first: Callable[[], None] | None = None) -> None:
    """Write the whole of a file, or leave it as it was; a link stays one, and rights stay.

    What must be done before the file says so (`first`) is done when only the last step is left.

    Raises:
        ConfigError: it cannot be written.
    """
    beside = None
    try:
        real = file.resolve()
        beside = real.with_name(f".{real.name}.new")
        with beside.open("w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if real.exists():
            if not os.access(real, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            beside.chmod(stat.S_IMODE(real.stat().st_mode))
        if first is not None:
            first()
        beside.replace(real)
    except OSError as exc:
        raise ConfigError(Problem(f"this cannot be written: {exc.strerror}", str(file))) from None
    finally:
        if beside is not None:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
