"""``status``: what the journal says of a campaign; it only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from uadispatch.cli import options
from uadispatch.cli.exits import NOTHING, if_interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal import Approval, Entry

ROWS = 40
"""How many messages are listed unasked."""


@if_interrupted(NOTHING)
def status(
    campaign: options.Campaign,
    message: options.Message = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    messages: Annotated[bool, typer.Option("--messages", help="List every message.")] = False,
    json: options.Json = False,
) -> None:
    """Say where every message of a campaign stands; or tell the story of one.

    The story of MESSAGE: each try, what was answered, how long it took, and the text as it went
    out.
    """
    from uadispatch.campaign.issues import Issue
    from uadispatch.cli import approving, output, story
    from uadispatch.cli.running import NOTHING_RAN, exit_code
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Moment, consult
    from uadispatch.errors import ConfigError
    from uadispatch.settings import Settings
    from uadispatch.views import shapes

    number, home = options.number_and_home(campaign)
    url = options.journal_of(journal, Settings(home, None))
    read = options.campaign_if_readable(campaign)
    document = Issue.of(read.urgent_action) if read is not None else None
    moment = Moment(campaign=number, now=SystemClock().now(), document=document)
    if message is not None:
        if messages:
            raise ConfigError("give one MESSAGE, or --messages for all of them")
        raise SystemExit(story.tell(url, moment, message, plugins_dir, as_json=json))
    seen, entries, facts, approved = consult(
        url,
        lambda book: (
            book.file_of(number),
            book.entries(number),
            book.facts(moment),
            book.approval(number, whole=False),
        ),
    )
    if seen is None and not (facts.closed or facts.stops or facts.document or approved):
        raise options.never_seen(number, url)
    guards = _guards(facts, entries)
    newest = facts.document.values() if facts.document is not None else None
    shape = shapes.run(
        number, entries, guards=guards, messages=messages, document=newest,
        approval=approving.last(approved),
    )  # fmt: skip
    if json:
        output.emit(shape)
    else:
        console = output.printer(as_json=False)
        console.print(f"[bold]Urgent Action {number}[/] in {output.safe(str(url.database))}")
        _show(console, shape, facts, approved)
        _table(console, entries, every=messages)
    over = facts.closed is not None or any(guard["name"] == "expired" for guard in guards)
    raise SystemExit(exit_code(NOTHING_RAN, entries, over=over))


def _show(
    console: Console, shape: Mapping[str, Any], facts: Facts, approved: Approval | None
) -> None:
    """The campaign as a whole: what was decided of it, and how many messages are in which state."""
    from uadispatch.cli import approving, output

    output.guards(console, shape["guards"])
    if facts.document is not None:
        console.print(f"Its newest document is that {output.safe(facts.document.in_words)}.")
    if approved is not None:
        console.print(f"It was approved last {approving.by_whom(approved)}.")
    for round_, numbers in shape["rounds"].items():
        if len(shape["rounds"]) > 1:
            console.print(f"Round {round_}:")
        output.states(console, numbers)
    output.done(console, shape["done"])
    if shape["held"]:
        console.print(f"  {shape['held']:,} of them held for a person")


def _guards(facts: Facts, entries: Sequence[Entry]) -> list[dict[str, str]]:
    """What speaks against sending anything of it now."""
    from uadispatch.dispatch.states import CLAIMABLE

    said = {"closed": facts.closed, "superseded": facts.superseded}
    guards = [{"name": name, "says": why or name} for name, why in said.items() if why is not None]
    guards += [{"name": "stopped", "says": stop.says} for stop in facts.stops]
    waiting = [entry for entry in entries if entry.state in CLAIMABLE]
    if waiting and all(entry.expires_at <= facts.now for entry in waiting):
        guards.append({"name": "expired", "says": "the deadline has passed; nothing is sent now"})
    return guards


def _table(console: Console, entries: Sequence[Entry], *, every: bool) -> None:
    """Every message, or those at which a person must look."""
    from uadispatch.cli import output

    calm = {"planned", "accepted", "confirmed", "done"}
    wanted = [entry for entry in entries if every or entry.held or entry.state not in calm]
    if not wanted:
        return
    shown = wanted if every else wanted[:ROWS]
    console.print()
    output.rows(
        console,
        ("message", "round", "to", "state", "tries"),
        [
            (
                (
                    f"{entry.target}/{entry.channel}",
                    str(entry.round),
                    entry.to or "(purged)",
                    f"{entry.state} (held)" if entry.held else entry.state,
                    str(entry.attempts),
                ),
                output.remark(entry),
            )
            for entry in shown
        ],
    )
    if len(shown) < len(wanted):
        console.print(f"... and {len(wanted) - len(shown):,} more; --messages lists them all")
