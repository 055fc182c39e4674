"""``status``: what the journal says of a campaign; it only reads."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from uadispatch.cli.common import options
from uadispatch.cli.common.exits import NOTHING, if_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import Console

    from uadispatch.cli.common.spool import Spool
    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal import Approval, Entry, Gist, Journal, JournalUrl

ROWS = 40
"""How many messages are listed unasked."""

CALM = frozenset({"planned", "accepted", "confirmed", "done"})
"""States at which nobody need look."""


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
    from uadispatch.cli.books import story
    from uadispatch.cli.common import approving, output
    from uadispatch.cli.common.running import NOTHING_RAN, exit_code
    from uadispatch.cli.common.spool import Spool
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Moment
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
    listed = _listing(every=messages, as_json=json)
    with Spool() as spool:

        def question(book: Journal) -> _Seen:
            spool.empty()  # what was read before counts no more
            if listed is not None:
                spool.fill(map(_item if json else _line, listed(book, number)))
            return _Seen(
                book.file_of(number) is not None, book.gist(number), book.facts(moment),
                book.approval(number, whole=False),
            )  # fmt: skip

        known, gist, facts, approved = options.consulted(url, question)
        if not (known or facts.closed or facts.stops or facts.document or approved):
            raise options.never_seen(number, url)
        guards = _guards(facts, gist)
        shape = shapes.run(
            number, gist, guards=guards, approval=approving.last(approved),
            document=facts.document.values() if facts.document is not None else None,
        )  # fmt: skip
        if json:
            output.emit(shape, spool if messages else None)
        else:
            _table(_show(shape, facts, approved, url), spool, 0 if messages else gist.outside(CALM))
    over = facts.closed is not None or any(guard["name"] == "expired" for guard in guards)
    raise SystemExit(exit_code(NOTHING_RAN, gist, over=over))


class _Seen(NamedTuple):
    """What the journal says of a campaign."""

    known: bool
    gist: Gist
    facts: Facts
    approved: Approval | None


def _listing(*, every: bool, as_json: bool) -> Callable[[Journal, str], Iterator[Entry]] | None:
    """Which messages are listed: all, or the first at which a person must look; None: none."""
    from uadispatch.dispatch.journal import Wanted
    from uadispatch.dispatch.states import State

    if every:
        return lambda book, number: book.entries(number)
    if as_json:
        return None
    wanted = Wanted(states=frozenset(State) - CALM, or_held=True)
    return lambda book, number: islice(book.entries(number, wanted), ROWS)


def _show(
    shape: Mapping[str, Any], facts: Facts, approved: Approval | None, url: JournalUrl
) -> Console:
    """The campaign as a whole: what was decided of it, and how many messages are in which state."""
    from uadispatch.cli.common import approving, output

    console = output.printer(as_json=False)
    console.print(f"[bold]Urgent Action {shape['campaign']}[/] in {output.safe(url.database)}")
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
    return console


def _guards(facts: Facts, gist: Gist) -> list[dict[str, str]]:
    """What speaks against sending anything of it now."""
    said = {"closed": facts.closed, "superseded": facts.superseded}
    guards = [{"name": name, "says": why or name} for name, why in said.items() if why is not None]
    guards += [{"name": "stopped", "says": stop.says} for stop in facts.stops]
    if gist.open_until is not None and gist.open_until <= facts.now:
        guards.append({"name": "expired", "says": "the deadline has passed; nothing is sent now"})
    return guards


def _item(entry: Entry) -> dict[str, Any]:
    """A message as it is listed with --json."""
    from uadispatch.views import shapes

    return shapes.recorded(entry)


def _line(entry: Entry) -> tuple[tuple[str, ...], str]:
    """A message as a line of the table, and what is to be known of it."""
    from uadispatch.cli.common import output

    state = f"{entry.state} (held)" if entry.held else str(entry.state)
    name = f"{entry.target}/{entry.channel}"
    cells = (name, str(entry.round), entry.to or "(purged)", state, str(entry.attempts))
    return cells, output.remark(entry)


def _table(console: Console, lines: Spool, number: int) -> None:
    """A table of `lines`; at so many messages a person must look, if not all are listed."""
    from uadispatch.cli.common import output

    if not len(lines):
        return
    console.print()
    output.rows(console, ("message", "round", "to", "state", "tries"), lines)
    if len(lines) < number:
        console.print(f"... and {number - len(lines):,} more; --messages lists them all")
