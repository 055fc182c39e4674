"""The commands, gathered."""

from __future__ import annotations

from typing import Annotated

import typer

from uadispatch.cli import (
    channels,
    close,
    dry_run,
    export,
    init,
    journal,
    mend,
    rehearse,
    resolve,
    send,
    status,
    stop,
)

__all__ = ["app"]

app = typer.Typer(
    name="uadispatch",
    help="Dispatch an Urgent Action to every official by every channel: nothing lost, nothing "
    "sent twice.\n\nThe safety ladder: dry-run (look), rehearse (send to stand-ins), send.",
    no_args_is_help=True,
    # Its tracebacks show local variables, and those may hold a password.
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

app.command("init")(init.init)
app.command("channels")(channels.channels)
app.command("dry-run")(dry_run.dry_run)
app.command("rehearse")(rehearse.rehearse)
app.command("send")(send.send)
app.command("status")(status.status)
app.command("stop")(stop.stop)
app.command("resume")(stop.resume)
app.command("close")(close.close)
app.command("reopen")(close.reopen)
app.command("resolve")(resolve.resolve)
app.command("mend")(mend.mend)
app.command("export")(export.export)

books = typer.Typer(help="Look after the journal as a whole.", no_args_is_help=True)
books.command("check")(journal.check)
books.command("purge")(journal.purge)
app.add_typer(books, name="journal")


@app.callback(invoke_without_command=True)
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
) -> None:
    if version:
        from uadispatch import __version__

        typer.echo(f"uadispatch {__version__}")
        raise typer.Exit
