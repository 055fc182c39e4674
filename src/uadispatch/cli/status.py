"""``status``: what the journal says of a campaign; it only reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from uadispatch.dispatch.journal import Entry

Numbered = Annotated[
    str, typer.Argument(metavar="CAMPAIGN", help="A campaign file, or a number: 46/19.")
]


def status(
    campaign: Numbered,
    journal: options.Journal = None,
    *,
    messages: Annotated[bool, typer.Option("--messages", help="List every message.")] = False,
    json: options.Json = False,
) -> None:
    """Say where every message of a campaign stands."""
    from uadispatch.cli import output
    from uadispatch.cli.running import NOTHING_RAN, exit_code
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Journal, Moment
    from uadispatch.dispatch.states import CLAIMABLE
    from uadispatch.errors import ConfigError
    from uadispatch.settings import Settings
    from uadispatch.views import shapes

    number, home = _which(campaign)
    url = options.journal_of(journal, Settings(home, None))
    with Journal(url, write=False) as book:
        if book.file_of(number) is None:
            raise ConfigError(f"the journal {url.database} has never seen campaign {number}")
        entries = book.entries(number)
        facts = book.facts(Moment(campaign=number, now=SystemClock().now()))
    guards = [{"name": "closed", "says": facts.closed}] if facts.closed else []
    guards += [{"name": "stopped", "says": stop.says} for stop in facts.stops]
    waiting = [entry for entry in entries if entry.state in CLAIMABLE]
    if waiting and all(entry.expires_at <= facts.now for entry in waiting):
        guards.append({"name": "expired", "says": "the deadline has passed; nothing is sent now"})
    shape = shapes.run(number, entries, guards=guards, messages=messages)
    if json:
        output.emit(shape)
    else:
        console = output.printer(as_json=False)
        console.print(f"[bold]Urgent Action {number}[/] in {output.safe(str(url.database))}")
        output.guards(console, guards)
        output.states(console, shape["states"])
        if shape["held"]:
            console.print(f"  {shape['held']:,} of them held for a person")
        _table(console, entries, every=messages)
    over = facts.closed is not None or any(guard["name"] == "expired" for guard in guards)
    raise SystemExit(exit_code(NOTHING_RAN, entries, over=over))


def _which(campaign: str) -> tuple[str, Path]:
    """The campaign's number, and the home folder whose journal knows it."""
    from pydantic import TypeAdapter, ValidationError

    from uadispatch.campaign.file import read_campaign
    from uadispatch.campaign.values import Number
    from uadispatch.settings import find_home

    if not os.path.exists(campaign):  # noqa: PTH110 - Path's raises on a name that is too long
        try:
            return TypeAdapter(Number).validate_python(campaign), find_home(Path.cwd() / "here")
        except ValidationError:
            options.campaign_file(campaign)  # says that there is none
    path = Path(campaign)
    return read_campaign(path).number, find_home(path)


def _table(console: Console, entries: Sequence[Entry], *, every: bool) -> None:
    """Every message, or those at which a person must look."""
    from rich.table import Table

    from uadispatch.cli.output import safe

    calm = {"planned", "accepted", "confirmed", "done"}
    rows = [entry for entry in entries if every or entry.held or entry.state not in calm]
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("message", "to", "state", "tries"):
        table.add_column(heading, no_wrap=True)
    table.add_column("remark", overflow="fold")
    for entry in rows if every else rows[:40]:
        state = f"{entry.state} (held)" if entry.held else str(entry.state)
        table.add_row(
            f"{entry.target}/{entry.channel}",
            safe(entry.to),
            state,
            str(entry.attempts),
            safe(entry.held or entry.reason),
        )
    console.print()
    console.print(table)
    if len(rows) > 40 and not every:  # noqa: PLR2004 - as many as were shown
        console.print(f"... and {len(rows) - 40:,} more; --messages lists them all")
