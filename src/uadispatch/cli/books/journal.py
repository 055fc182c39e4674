"""``journal check``, ``purge`` and ``upgrade``: what is done with the books as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import deciding, options
from uadispatch.cli.common.exits import NOTHING, if_interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from uadispatch.dispatch.journal import JournalUrl, Purged, Standing


@if_interrupted(NOTHING)
def check(journal: options.Journal = None, *, json: options.Json = False) -> None:
    """Prove the books consistent: each message with its moves, texts and key. Only reads.

    It may run while messages are sent. Exit code 1: something is wrong, and is listed.
    """
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code
    from uadispatch.views import books

    url = options.journal_here(journal)
    found = options.consulted(url, lambda book: book.check())
    shape = books.checked(url.database, found)
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


def purge(
    older_than: Annotated[
        str,
        typer.Option(
            "--older-than",
            metavar="TIME",
            help="Only what has not changed for so long: 90 days, 12 h.",
        ),
    ],
    by: deciding.By = None,
    journal: options.Journal = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; purge.")] = False,
    json: options.Json = False,
) -> None:
    """Remove the texts and contacts of finished campaigns. Says what it would do, and asks.

    Finished: nothing of it is on its way, in doubt or waiting for a person, and what was not sent
    has expired, or the campaign was closed. Its numbers, times and states stay, and so do
    opt-outs; nothing of it is ever sent again. The files that were made for people go too; campaign
    files, exports, reports, bundles and rehearsals are yours to remove.
    """
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.followup.tasks import files_of, remove, with_files
    from uadispatch.dispatch.journal import Journal, Purge
    from uadispatch.dispatch.planning.preparing import OUTBOX
    from uadispatch.views import books

    url = options.journal_here(journal)
    now = SystemClock().now()
    before = _before(older_than, now)
    seen, marks = options.consulted(url, lambda book: (book.standings(now), book.old_marks(before)))
    wanted = [row for row in seen if not row.purged]
    ripe = [row for row in wanted if not row.unfinished and row.last_change < before]
    console = output.printer(as_json=json)
    _preview(console, url, wanted, before, marks)
    done = None
    if ripe or marks:
        if not yes:
            _ask(console, as_json=json)
        purge = Purge(
            before=before, at=now, by=deciding.name_of(by), because=f"older than {older_than}"
        )
        outbox = options.home_here() / OUTBOX
        with Journal(url, write=True) as book:
            made = {
                row.campaign: files_of(book.entries(row.campaign, with_files(outbox)), outbox)
                for row in ripe
            }
            done = book.purge([row.campaign for row in ripe], purge)
        # Afterwards: a campaign that was kept keeps them.
        remove([path for campaign in done.done for path in made[campaign]])
        _say(console, done, marks)
    else:
        console.print("Nothing is to be removed.")
    if json:
        output.emit(books.purged(url.database, wanted, before, marks, done))
    raise SystemExit(Code.LOOK if done and (done.kept or done.log_held) else Code.AS_ASKED)


@if_interrupted("what was reached stays; the same command goes on from there")
def upgrade(journal: options.Journal = None, *, json: options.Json = False) -> None:
    """Bring the tables of a journal on PostgreSQL up to date, while workers work on.

    Each machine gets the new program first, one after the other: it works on the tables of the
    version before as well. When no older program is left, this is typed once, on any of them. A
    journal in a file needs none of it: the next command that writes to it does it.
    """
    from uadispatch.cli.common import output
    from uadispatch.dispatch.journal import Journal, ServerUrl
    from uadispatch.views import books

    url = options.journal_here(journal)
    console = output.printer(as_json=json)
    reached: list[int] = []
    changed: list[str] = []
    with Journal(url, write=True) as book:
        for version in book.upgrade():
            console.print(f"The tables are of version {version} now.")
            reached.append(version)
    if isinstance(url, ServerUrl):
        from uadispatch.dispatch.distributed import queue

        changed = queue.upgrade(url)
        if changed:
            console.print(f"{_number(len(changed), 'changes')} of the queue's tables.")
    if not reached and not changed:
        console.print(f"{output.safe(url.database)} is up to date.")
    if json:
        output.emit(books.upgraded(url.database, reached, changed))


def _before(older_than: str, now: datetime) -> datetime:
    """The moment that lies `older_than` back. Raises ConfigError."""
    from pydantic import TypeAdapter, ValidationError

    from uadispatch.channels.durations import Duration
    from uadispatch.errors import ConfigError

    # Elsewhere a bare number means seconds; here somebody would have meant days.
    if not older_than.strip().replace(".", "", 1).isdecimal():
        try:
            return now - TypeAdapter(Duration).validate_python(older_than)
        except (ValidationError, OverflowError):
            pass
    raise ConfigError(
        f"--older-than {older_than}: write a number and its unit, such as 90 days or 12 h"
    )


def _preview(
    console: Console, url: JournalUrl, rows: Sequence[Standing], before: datetime, marks: int
) -> None:
    """What would be removed, and what would not, and why."""
    from uadispatch.cli.common.output import day_and_time, safe

    console.print(
        f"Purge of {safe(url.database)}: what was last changed before {day_and_time(before)}."
    )
    for row in rows:
        what = f"{row.campaign}, {_number(row.messages, 'messages')}"
        changed = f"last changed on {day_and_time(row.last_change)}"
        if row.unfinished:
            console.print(f"  keep    {what}: not finished: {safe('; '.join(row.unfinished))}")
        elif row.last_change >= before:
            console.print(f"  keep    {what}: {changed}")
        else:
            console.print(f"  [bold]remove[/]  texts and contacts of {what}: {changed}")
    if marks:
        console.print(f"  [bold]remove[/]  {_number(marks, 'marks')} of contacts that were refused")


def _ask(console: Console, *, as_json: bool) -> None:
    """Go on only after a yes."""
    from uadispatch.cli.common.exits import Code

    try:
        agreed = typer.confirm("Remove this for good?", err=as_json)
    except typer.Abort:  # Ctrl-C, or nobody is there to answer
        console.print("\nNothing was removed. To purge without being asked, add --yes.")
        raise SystemExit(Code.INTERRUPTED) from None
    if not agreed:
        console.print("Nothing was removed.")
        raise SystemExit(Code.LOOK)


def _say(console: Console, done: Purged, marks: int) -> None:
    """What was removed, and what is still there."""
    from uadispatch.cli.common.output import safe

    removed = [f"the texts and contacts of {_number(len(done.done), 'campaigns')}"]
    if marks:
        removed.append(f"{_number(marks, 'marks')} of contacts")
    console.print(f"Removed {' and '.join(removed)}.")
    for campaign in done.kept:
        console.print(
            f"[yellow]![/] {campaign} has changed meanwhile and was kept; perhaps a part of it is "
            f"gone. Look with: uadispatch status {campaign}"
        )
    if done.log_held:
        console.print(
            "[yellow]![/] Another process is reading the journal: until it ends and the journal is "
            "written to again, what was removed can still be found in the file or its log."
        )
    if done.not_rewritten:
        console.print(
            f"The file was not written anew ({safe(done.not_rewritten)}): what was removed is "
            f"overwritten, but remains of older changes may be left."
        )


def _number(number: int, things: str) -> str:
    """``1 campaign``, ``2 campaigns``."""
    return f"1 {things.removesuffix('s')}" if number == 1 else f"{number:,} {things}"
