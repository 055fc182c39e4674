"""The commands, gathered."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from uadispatch.cli import (
    approve,
    channels,
    close,
    confirm,
    dry_run,
    export,
    import_,
    init,
    journal,
    mend,
    record,
    rehearse,
    report,
    resolve,
    send,
    status,
    stop,
    tasks,
)
from uadispatch.cli.exits import if_interrupted

__all__ = ["app"]


class _Commands(TyperGroup):
    """The commands; each may say more itself of what an interruption means to it."""

    def make_context(self, info_name: Any, args: list[str], *rest: Any, **more: Any) -> Any:
        """What the words on the command line mean."""
        with if_interrupted("nothing was done"):
            return super().make_context(info_name, _with_default_folder(args), *rest, **more)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        with if_interrupted("perhaps before it was done; run the same command again"):
            return super().invoke(ctx)


def _with_default_folder(args: list[str]) -> list[str]:
    """``--html`` may stand without its folder; typer knows no such option."""
    words: list[str] = []
    for number, word in enumerate(args):
        words.append(word)
        following = args[number + 1 : number + 2]
        if word == "--html" and (not following or following[0].startswith("-")):
            words.append("")
    return words


app = typer.Typer(
    name="uadispatch",
    cls=_Commands,
    help="Dispatch an Urgent Action to every official by every channel: nothing lost, nothing "
    "sent twice.\n\nThe safety ladder: dry-run (look), rehearse (send to stand-ins), approve, "
    "send.",
    no_args_is_help=True,
    # Its tracebacks show local variables, and those may hold a password.
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

app.command("init")(init.init)
app.command("import")(import_.import_)
app.command("channels")(channels.channels)
app.command("dry-run")(dry_run.dry_run)
app.command("approve")(approve.approve)
app.command("rehearse")(rehearse.rehearse)
app.command("send")(send.send)
app.command("status")(status.status)
app.command("stop")(stop.stop)
app.command("resume")(stop.resume)
app.command("close")(close.close)
app.command("reopen")(close.reopen)
app.command("confirm")(confirm.confirm)
app.command("tasks")(tasks.tasks)
app.command("record")(record.record)
app.command("resolve")(resolve.resolve)
app.command("mend")(mend.mend)
app.command("report")(report.report)
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
