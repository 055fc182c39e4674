"""``send``: for real, once, with everything recorded."""

from __future__ import annotations

import asyncio
import random
import shlex
import time
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli import options

if TYPE_CHECKING:
    from rich.console import Console

    from uadispatch.dispatch.journal import JournalUrl, Moment, Selection
    from uadispatch.dispatch.looking import Look
    from uadispatch.dispatch.preparing import Prepared


def send(
    campaign: options.Campaign,
    channel: options.Channels = None,
    target: options.Targets = None,
    limit: options.Limit = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; send.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until what must be tried later has been tried.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Send for real. Shows what it is about to do, and asks, unless --yes."""
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli import output
    from uadispatch.cli.exits import Code
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.composing import Composer
    from uadispatch.dispatch.journal import journal_url
    from uadispatch.dispatch.looking import look, moment_of
    from uadispatch.dispatch.preparing import equip, prepare, read

    clock = SystemClock()
    console = output.printer(as_json=json)
    source = read(options.campaign_file(campaign), Registry(discover(plugins_dir)))
    wanted = options.selection(source.campaign, channel, target)
    prepared = prepare(source, *equip(source, clock, lenient=True))
    url = journal_url(journal, source.home)
    moment = moment_of(prepared, clock.now(), approval=True)
    seen = look(prepared, Composer(prepared.snapshot), url, moment, wanted)
    output.refuse_broken(seen)
    if seen.all_refused:
        _refuse(console, prepared, seen, as_json=json)
        raise SystemExit(Code.REFUSED)
    if seen.outgoing:
        # Now every setting must be there.
        prepared = prepare(source, *equip(source, clock))
        _announce(console, prepared, seen, url, limit)
        if not yes and not typer.confirm("Send?", err=json):
            console.print("Nothing was sent.")
            raise SystemExit(Code.LOOK)
    raise SystemExit(
        asyncio.run(
            _send(
                console, prepared, seen, url,
                moment=moment, selection=wanted, limit=limit, wait=wait, file=campaign,
                as_json=json,
            )
        )
    )  # fmt: skip


def _refuse(console: Console, prepared: Prepared, seen: Look, *, as_json: bool) -> None:
    """Say what keeps everything back; the journal is not touched."""
    from uadispatch.cli import output
    from uadispatch.views import shapes

    guards = shapes.guards_of(seen)
    case = prepared.source.campaign.urgent_action
    console.print(f"Nothing was sent for Urgent Action {case.number}.")
    output.guards(console, guards, case.deadline)
    if any(guard["name"] == "expired" for guard in guards):
        console.print(
            "If the deadline was prolonged, an update of the Urgent Action says so: mend it in "
            "the campaign file."
        )
    if as_json:
        entries = [draft.entry for draft in seen.drafts if draft.entry]
        output.emit(shapes.run(case.number, entries, guards=guards, seconds=0.0,
                               messages_per_second=0.0))  # fmt: skip


def _announce(
    console: Console, prepared: Prepared, seen: Look, url: JournalUrl, limit: int | None
) -> None:
    """Say in words what is about to happen."""
    from uadispatch.cli import output

    case = prepared.source.campaign.urgent_action
    sender = prepared.snapshot.organisation
    console.print(f"[bold]Urgent Action {case.number}[/]: {output.safe(case.title)}")
    console.print(
        f"About to send, for real, from {output.safe(sender.name)}: "
        f"{'; '.join(output.per_channel(seen.outgoing))}"
        + (f"; now at most {limit:,} of them." if limit else ".")
    )
    for draft in seen.outgoing[:5]:
        console.print(f"  {draft.target.id}/{draft.channel} to {output.safe(draft.contact.value)}")
    if len(seen.outgoing) > 5:  # noqa: PLR2004 - as many as were shown
        console.print(f"  and {len(seen.outgoing) - 5:,} more")
    if not seen.seen:
        console.print(
            f"[yellow]![/] This journal has never seen campaign {case.number}: {url.database}. If "
            f"it was sent from elsewhere, its messages would go out again."
        )
    output.notes(console, prepared.notices)


async def _send(
    console: Console,
    prepared: Prepared,
    seen: Look,
    url: JournalUrl,
    *,
    moment: Moment,
    selection: Selection,
    limit: int | None,
    wait: bool,
    file: str,
    as_json: bool,
) -> int:
    from uadispatch.cli import output, running
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Journal
    from uadispatch.dispatch.run import run
    from uadispatch.views import shapes

    total = min(len(seen.outgoing), limit or len(seen.outgoing))
    with Journal(url, write=True) as journal:
        with running.Reporter(console, total) as reporter:
            began = time.monotonic()
            ended = await run(
                prepared, seen, journal, moment=moment, clock=SystemClock(), random=random.random,
                selection=selection, limit=limit, wait=wait, progress=reporter,
                watch=lambda engine: running.interruptible(engine, console),
            )  # fmt: skip
            seconds = time.monotonic() - began
        entries = [
            entry
            for entry in journal.entries(moment.campaign)
            if entry.round == prepared.snapshot.round
            and selection.takes(entry.target, entry.channel)
        ]
    shape = shapes.run(
        moment.campaign, entries, guards=shapes.guards_of(seen), seconds=round(seconds, 3),
        messages_per_second=round(reporter.done / seconds, 1) if seconds else 0.0,
    )  # fmt: skip
    running.summary(console, ended, seconds=seconds, tried=reporter.done)
    output.states(console, shape["states"])
    quoted = shlex.quote(file)
    if ended.interrupted:
        console.print(f"Everything is recorded. Go on with: uadispatch send {quoted}")
    else:
        console.print(f"Next: uadispatch status {quoted}")
    if as_json:
        output.emit(shape)
    return running.exit_code(ended, entries)
