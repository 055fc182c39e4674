"""``export``: the whole journal of a campaign as CSV or JSON Lines; it only reads."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import options
from uadispatch.cli.common.exits import NOTHING, if_interrupted

__all__ = ["empty", "export", "whole_file"]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from uadispatch.dispatch.journal import Journal, JournalUrl


class Format(StrEnum):
    """How a record is written."""

    CSV = "csv"
    JSONL = "jsonl"


@if_interrupted(NOTHING)
def export(
    campaign: options.Campaign,
    form: Annotated[
        Format, typer.Option("--format", help="CSV (RFC 4180), or a JSON object a line.")
    ] = Format.CSV,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="FILE", help="Write this file, whole or not at all, for you alone."
        ),
    ] = None,
    journal: options.Journal = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace FILE if it is there already.")
    ] = False,
) -> None:
    """Write all that the journal has of a campaign: messages, moves and facts.

    To standard output, unless --output names a file. docs/export.md lists the fields. The texts
    are not part of it: status CAMPAIGN MESSAGE shows them.
    """
    from uadispatch.cli.common.output import printer, safe
    from uadispatch.settings import Settings
    from uadispatch.views import records

    number, home = options.number_and_home(campaign)
    url = options.journal_of(journal, Settings(home, None))
    line = records.csv_line if form is Format.CSV else records.json_line
    head = records.csv_head() if form is Format.CSV else b""

    def write(book: Journal, stream: BinaryIO, begin: Callable[[], None]) -> int:
        if book.file_of(number) is None and book.approval(number, whole=False) is None:
            raise options.never_seen(number, url)
        begin()
        stream.write(head)
        count = 0
        with closing(book.records(number)) as found:
            for count, record in enumerate(found, start=1):  # noqa: B007 - it is returned
                stream.write(line(record))
        return count

    if output is None:
        out, only_once = sys.stdout.buffer, _only_once()
        options.consulted(url, lambda book: write(book, out, only_once))
        out.flush()
        return
    with whole_file(output, url, force=force) as stream:
        count = options.consulted(url, lambda book: write(book, stream, lambda: empty(stream)))
    printer(as_json=True).print(
        f"{count:,} records of campaign {number} written to {safe(str(output))}"
    )


def _only_once() -> Callable[[], None]:
    """Called before anything is printed: it cannot be taken back, so a second time is an error."""
    from uadispatch.dispatch.journal import JournalError

    begun = False

    def begin() -> None:
        nonlocal begun
        if begun:
            raise JournalError(
                "somebody began to write to the journal meanwhile, and what was printed may be "
                "wrong: run it again, or with --output FILE"
            )
        begun = True

    return begin


def empty(stream: BinaryIO) -> None:
    """Begin anew: what was written so far may be of another moment."""
    stream.seek(0)
    stream.truncate()


@contextmanager
def whole_file(path: Path, url: JournalUrl, *, force: bool) -> Iterator[BinaryIO]:
    """A file to write; it gets its name only when all is in it. Raises ConfigError."""
    from uadispatch.errors import ConfigError

    if os.path.realpath(path) == os.path.realpath(url.database):
        raise ConfigError(f"{path} is the journal itself; name another file")
    final = Path(os.path.realpath(path))
    refusal = ConfigError(f"{path} is there already; add --force to replace it")
    if os.path.lexists(final) and not final.is_file():
        raise ConfigError(f"{path} is no ordinary file; name another")
    if not force and final.exists():
        raise refusal
    try:
        number, part = tempfile.mkstemp(dir=final.parent, prefix=".uadispatch-", suffix=".part")
    except OSError as exc:
        raise ConfigError(f"{path} cannot be written: {exc.strerror}") from None
    try:
        with os.fdopen(number, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if not force and final.exists():
            raise refusal
        Path(part).replace(final)
    finally:
        Path(part).unlink(missing_ok=True)
