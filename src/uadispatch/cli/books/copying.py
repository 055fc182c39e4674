"""``journal copy``: a journal is moved from its file to a server."""

from __future__ import annotations

import logging
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import deciding, options
from uadispatch.cli.common.exits import if_interrupted, put_off

if TYPE_CHECKING:
    from rich.console import Console

    from uadispatch.dispatch.journal import Copied, JournalUrl
    from uadispatch.dispatch.journal.whereabouts import FileUrl, ServerUrl


@if_interrupted(
    "the journal is as it was before, or all of it was moved; the same command says which, or goes "
    "on"
)
def copy(
    to: Annotated[str, typer.Argument(metavar="TO", help="Where to: postgresql://HOST/DATABASE.")],
    by: deciding.By = None,
    journal: options.Journal = None,
    *,
    take_back: Annotated[
        bool,
        typer.Option("--take-back", help="Stay with the file, where a move was cut off."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; move.")] = False,
    json: options.Json = False,
) -> None:
    """Move the whole journal from its file to PostgreSQL. Says what it would do, and asks.

    Every campaign goes, with all that is known of it. Nothing may be running, and the database may
    have no journal in it yet. What arrives is compared with the file before it counts. From then on
    nothing can be sent from the file: it can be read, and says where it went. Cut off at any
    point, the same command goes on.
    """
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code
    from uadispatch.clock import SystemClock
    from uadispatch.views import books

    source, target = _both(options.journal_here(journal), to)
    # It needs the libraries of a server, of which the URL has told whether they are there.
    from uadispatch.dispatch.journal.on_server import copying

    # What it has to say of a connection that is lost, the error says.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    console, done = output.printer(as_json=json), None
    if take_back:
        copying.take_back(source, target)
        console.print(f"Nothing was moved: {output.safe(source.database)} is in use again.")
    else:
        if _is_to_move(console, source, target) and not yes:
            _ask(console, as_json=json)
        done = copying.copy(
            source, target, at=SystemClock().now(), by=deciding.name_of(by),
            tell=lambda says: console.print(f"  {says}"), undisturbed=put_off,
        )  # fmt: skip
        _say(console, source, target, done)
    if json:
        output.emit(books.copied(source.database, target.database, done))
    raise SystemExit(Code.AS_ASKED)


def _both(source: JournalUrl, to: str) -> tuple[FileUrl, ServerUrl]:
    """Where from and where to. Raises ConfigError: that way nothing is moved."""
    from uadispatch.dispatch.journal import ServerUrl, has_password, journal_url
    from uadispatch.dispatch.journal.whereabouts import FileUrl
    from uadispatch.errors import ConfigError

    if has_password(to):
        raise ConfigError(
            "TO: whoever looks at this machine can read a password that is typed; put it into "
            "PGPASSWORD or ~/.pgpass"
        )
    target = journal_url(to, options.home_here())
    if not isinstance(target, ServerUrl):
        raise ConfigError(
            f"{target.database}: a journal is moved to PostgreSQL alone; give "
            f"postgresql://HOST/DATABASE. To keep its file elsewhere, move that while nothing "
            f"runs, with all whose names begin as its own"
        )
    if not isinstance(source, FileUrl):
        raise ConfigError(
            f"{source.database}: this journal is on a server already; name the file that is to be "
            f"moved with --journal. From one server to another, take the means of PostgreSQL"
        )
    return source, target


def _is_to_move(console: Console, source: FileUrl, target: ServerUrl) -> bool:
    """Say what would be moved; whether it was not moved already."""
    from uadispatch.cli.common import output
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import consult
    from uadispatch.dispatch.journal.whereabouts import Stage

    now = SystemClock().now()
    moved, rows = consult(source, lambda book: (book.moved(), book.standings(now)))
    if moved is not None and moved.stage is Stage.MOVED:
        return False
    what = f"{_campaigns(len(rows))}, {output.messages_in_words(sum(row.messages for row in rows))}"
    goes_on = ", which was begun before" if moved is not None else ""
    console.print(
        f"Move of {output.safe(source.database)} ({what}) to {output.safe(target.database)}"
        f"{goes_on}."
    )
    return True


def _campaigns(number: int) -> str:
    return "1 campaign" if number == 1 else f"{number:,} campaigns"


def _ask(console: Console, *, as_json: bool) -> None:
    """Go on only after a yes."""
    from uadispatch.cli.common.exits import Code

    try:
        agreed = typer.confirm("From then on nothing is sent from the file. Move it?", err=as_json)
    except typer.Abort:  # Ctrl-C, or nobody is there to answer
        console.print("\nNothing was moved. To move without being asked, add --yes.")
        raise SystemExit(Code.INTERRUPTED) from None
    if not agreed:
        console.print("Nothing was moved.")
        raise SystemExit(Code.LOOK)


def _say(console: Console, source: FileUrl, target: ServerUrl, done: Copied) -> None:
    """What is there now, and what to do next."""
    from uadispatch.cli.common import output

    if done.doubted:
        console.print(
            f"A run was cut off before: {output.messages_in_words(done.doubted)} of it went where "
            f"they belong; uadispatch status says so."
        )
    what = (
        f"{_campaigns(done.rows['campaigns'])}, {output.messages_in_words(done.rows['messages'])}"
    )
    was = "It had been moved already" if done.already else "Moved, and compared with the file"
    console.print(f"{was}: {what}.")
    output.states(console, done.states)
    place = output.safe(shlex.quote(target.database))
    console.print(
        f"Nothing is sent from {output.safe(source.database)} any more. It holds texts and "
        f"contacts: keep it as long as you want a backup of this moment, then remove it."
    )
    console.print(f"Next, on every machine: UADISPATCH_JOURNAL={place}")
