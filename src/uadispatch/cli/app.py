"""The commands, gathered: which there are, and the file of each."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from uadispatch.cli.common.exits import if_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["COMMANDS", "gathered"]

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "init": "init.init",
        "import": "documents.import_.import_",
        "channels": "plugins.channels.channels",
        "new-channel": "plugins.new_channel.new_channel",
        "check-channel": "plugins.check_channel.check_channel",
        "dry-run": "looking.dry_run.dry_run",
        "approve": "looking.approve.approve",
        "rehearse": "sending.rehearse.rehearse",
        "send": "sending.send.send",
        "status": "books.status.status",
        "stop": "deciding.stop.stop",
        "resume": "deciding.stop.resume",
        "close": "deciding.close.close",
        "reopen": "deciding.close.reopen",
        "confirm": "sending.confirm.confirm",
        "tasks": "deciding.tasks.tasks",
        "record": "deciding.record.record",
        "resolve": "deciding.resolve.resolve",
        "mend": "deciding.mend.mend",
        "worker": "sending.worker.worker",
        "report": "books.report.report",
        "export": "books.export.export",
        "journal check": "books.journal.check",
        "journal copy": "books.copying.copy",
        "journal purge": "books.journal.purge",
        "journal upgrade": "books.journal.upgrade",
    }
)
"""Each command's module and function, in the order of ``--help``."""

_GROUPS: Mapping[str, str] = MappingProxyType({"journal": "Look after the journal as a whole."})


class _Group(TyperGroup):
    """Some commands; typer would load pydantic to make a truth value of a missing ``--help``."""

    def get_help_option(self, ctx: Any) -> Any:
        """``--help``, which is False where it is not typed."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option


class _Commands(_Group):
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


def gathered(words: Sequence[str] | None = None) -> typer.Typer:
    """The command line with all commands, or what `words`, typed after its name, need of it.

    That is one command; or, where they name none, what every one is called and for.
    """
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
    app.callback(invoke_without_command=True)(_root)
    groups = {"": app}
    first = next((word for word in words or () if not word.startswith("-")), None)
    asked = [name for name in COMMANDS if name.split()[0] == first]
    for name in asked or COMMANDS:
        group, _, last = name.rpartition(" ")
        if group not in groups:
            groups[group] = typer.Typer(cls=_Group, help=_GROUPS[group], no_args_is_help=True)
            app.add_typer(groups[group], name=group)
        module, _, function = COMMANDS[name].rpartition(".")
        command = getattr(import_module(f"uadispatch.cli.{module}"), function)
        groups[group].command(last)(command if asked or words is None else _listed(command))
    return app


def _listed(command: Callable[..., None]) -> Callable[[], None]:
    """A command to be listed by its docstring, and not to be run: its options take time to read."""

    def listed() -> None:
        raise AssertionError(f"{command.__name__} is only listed")

    listed.__doc__ = command.__doc__
    return listed


def _root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
) -> None:
    if version:
        from uadispatch import __version__

        typer.echo(f"uadispatch {__version__}")
        raise typer.Exit
