"""``journal check`` and ``journal purge``: what is done with the books as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.cli import options

if TYPE_CHECKING:
    from uadispatch.dispatch.journal import JournalUrl


def check(journal: options.Journal = None, *, json: options.Json = False) -> None:
    """Prove the books consistent: each message with its moves, texts and key. Only reads.

    It may run while messages are sent. Exit code 1: something is wrong, and is listed.
    """
    from uadispatch.cli import output
    from uadispatch.cli.exits import Code
    from uadispatch.dispatch.journal import consult
    from uadispatch.views import books

    url = _url(journal)
    found = consult(url, lambda book: book.check())
    shape = books.checked(url.database or "", found)
    if json:
        output.emit(shape)
    else:
        console = output.printer(as_json=False)
        counts = ", ".join(_number(number, table) for table, number in shape["checked"].items())
        console.print(f"Checked {output.safe(shape['journal'])}: {counts}.")
        for fault in found.faults:
            where = f"Urgent Action {fault.campaign}: " if fault.campaign else ""
            where = f"{fault.message} of {where}" if fault.message else where
            console.print(f"[red]wrong:[/] {output.safe(where + fault.says)}")
        if found.number > len(found.faults):
            console.print(f"... and {found.number - len(found.faults):,} more")
        if found.clock_steps:
            moves = "1 move is" if found.clock_steps == 1 else f"{found.clock_steps:,} moves are"
            console.print(
                f"{moves} a little earlier than the move before: a clock was set back, or two "
                f"machines disagree. That harms nothing."
            )
        if found.number:
            console.print(
                "Do not send from this journal before it is understood: keep a copy of the file, "
                "and of a backup if there is one."
            )
        else:
            console.print("The books are consistent.")
    raise SystemExit(Code.LOOK if found.number else Code.AS_ASKED)


def _number(number: int, things: str) -> str:
    """``1 campaign``, ``2 campaigns``."""
    return f"1 {things.removesuffix('s')}" if number == 1 else f"{number:,} {things}"


def _url(journal: str | None) -> JournalUrl:
    """The journal that is named, or the one of the working directory's home."""
    from uadispatch.settings import Settings, find_home

    return options.journal_of(journal, Settings(find_home(Path.cwd() / "here"), None))
