"""``dry-run``: show all that would go out, and what speaks against it; write and open nothing."""

from __future__ import annotations

import sys
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from uadispatch.cli.common import approving, options, rejecting
from uadispatch.cli.common.exits import NOTHING, if_interrupted
from uadispatch.cli.looking import dry_run_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console

    from uadispatch.cli.common.approving import Since
    from uadispatch.cli.common.ladder import Typed
    from uadispatch.cli.looking.dry_run_json import Listing
    from uadispatch.cli.looking.dry_run_text import Shown
    from uadispatch.dispatch.planning.drafts import Draft
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared


@if_interrupted(NOTHING)
def dry_run(
    campaign: options.Campaign,
    channel: options.Channels = None,
    target: options.Targets = None,
    limit: options.Limit = None,
    html: dry_run_page.Html = None,
    rejects: rejecting.Rejects = None,
    now: options.Now = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    json: options.Json = False,
    log_json: options.LogJson = False,
) -> None:
    """Show what would go out, and what speaks against it. Nothing is sent.

    Nothing is written either, but the page that --html asks for and the file of --rejects.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli import progress
    from uadispatch.cli.common import ladder, output
    from uadispatch.cli.looking.dry_run_text import Shown
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.planning.looking import moment_of
    from uadispatch.dispatch.planning.preparing import equip, read

    tracker = progress.begin("dry-run", as_json=json, log_json=log_json)
    clock = SystemClock()
    at = options.moment(now) or clock.now()
    source = read(options.campaign_file(campaign, journal), Registry(discover(plugins_dir)))
    tracker.about(source.campaign)
    wanted = options.selection(source.campaign, channel, target)
    url = options.journal_of(journal, source.settings)
    options.say_if_moved(url)
    prepared = tracker.prepare(source, *equip(source, clock, lenient=True))
    options.refuse_strangers(wanted, prepared.targets)
    kept = rejecting.keep_in(prepared, rejects)
    shown, listing = Shown(limit), _listing(prepared) if json else None
    asked = moment_of(prepared, at, approval=True)
    seen = tracker.look(
        prepared, Composer(prepared.snapshot), url, asked, wanted,
        to_approve=True, each=partial(_see, shown, listing), quiet=json and sys.stdout.isatty(),
    )  # fmt: skip
    known = approving.since(url, prepared)
    typed = ladder.Typed(
        campaign=campaign, channel=channel, target=target, limit=limit, now=now, journal=journal,
        plugins_dir=plugins_dir,
    )  # fmt: skip
    page = None
    if html is not None:
        words = {"file": campaign, **asdict(typed)}
        page = dry_run_page.make(tracker, html, seen, limit, known, at=at, typed=words)
    if listing is not None:
        _end(listing, prepared, seen, at, known, page, kept)
    else:
        console = output.printer(as_json=False)
        approve = approving.command(prepared, campaign, journal, plugins_dir)
        _show(console, prepared, seen, shown, at, typed, known, approve, page=page, kept=kept)
    raise SystemExit(rejecting.code(_code(seen, shown), prepared))


def _see(shown: Shown, listing: Listing | None, draft: Draft) -> None:
    """Look at a message as it is planned."""
    if shown.takes(draft) and listing is not None:
        listing.add(draft)


def _listing(prepared: Prepared) -> Listing:
    """The JSON object, which begins with the messages."""
    from uadispatch.cli.looking.dry_run_json import Listing
    from uadispatch.views import shapes

    return Listing(
        sys.stdout, shapes.FEW, lambda draft, few: shapes.planned(prepared, draft, few=few)
    )


def _end(
    listing: Listing,
    prepared: Prepared,
    look: Look,
    at: datetime,
    known: Since,
    page: Path | None,
    kept: Sequence[Path],
) -> None:
    """What stands beside the messages."""
    from uadispatch.views import shapes

    shape = shapes.dry_run(prepared, look, now=at) | approving.shape(known)
    shape |= rejecting.shape(prepared, kept)
    listing.end(
        shape if page is None else shape | {"html": str(page)},
        without=({"target": gap.target, "channel": gap.channel} for gap in look.without),
    )


def _code(look: Look, shown: Shown) -> int:
    from uadispatch.cli.common.exits import Code

    if look.facts.superseded or look.all_refused:
        return Code.REFUSED
    if shown.is_faulty:
        return Code.LOOK
    return Code.AS_ASKED


def _show(
    console: Console,
    prepared: Prepared,
    look: Look,
    shown: Shown,
    at: datetime,
    typed: Typed,
    known: Since,
    approve: str,
    *,
    page: Path | None,
    kept: Sequence[Path],
) -> None:
    from uadispatch.cli.common import ladder, output
    from uadispatch.views.shapes import guards_of

    case = prepared.source.campaign.urgent_action
    console.print(f"[bold]Dry-run of Urgent Action {case.number}[/]: {output.safe(case.title)}")
    console.print(
        f"As of {output.day_and_time(at)}; round {prepared.snapshot.round}; "
        f"deadline {case.deadline:%-d %B %Y}; digest {prepared.snapshot.digest[:12]}"
    )
    console.print()
    if page is None:
        _samples(console, prepared, shown)
        _table(console, shown)
    words = "; ".join(output.per_channel(shown.outgoing)) or "nothing"
    once = " once it is approved" if shown.outgoing and look.facts.unapproved else ""
    console.print(f"[bold]Would go out{once}:[/] {words}.")
    output.guards(console, guards_of(look), case.deadline)
    approving.say(console, known)
    output.gaps(console, look.overview.gaps)
    output.notes(console, prepared.notices)
    rejecting.say(console, prepared, hint="" if kept else "All of them: add --rejects FILE.")
    rejecting.kept_in(console, kept)
    console.print()
    if page is not None:
        dry_run_page.name(console, page)
    following = approving.next_step(look, typed.then("rehearse"), approve)
    console.print(following or ladder.after_looking(look, typed))


def _samples(console: Console, prepared: Prepared, shown: Shown) -> None:
    """Whole messages: all of a few, else the first of each channel and language."""
    from uadispatch.cli.common.output import safe
    from uadispatch.views.shapes import previewed

    for draft in shown.samples:
        preview = previewed(prepared, draft)
        if preview is None:
            continue
        title = f"{draft.target.id}/{draft.channel}, words around it from {draft.template}"
        console.rule(safe(title), align="left", style="dim")
        console.print(safe(preview.text.rstrip("\n")) + "\n", markup=True)
        for note in (*preview.notes, *preview.links):
            console.print(f"[yellow]{safe(note)}[/]")
    if shown.samples:
        console.rule(style="dim")
    if len(shown.samples) < shown.number:
        console.print(
            "One message of each channel and language is shown; see another with --target ID.\n"
        )


def _table(console: Console, shown: Shown) -> None:
    from uadispatch.cli.common import output
    from uadispatch.views.shapes import reason_of, state_of

    output.rows(
        console,
        ("message", "to", "language", "state"),
        [
            (
                (
                    f"{draft.target.id}/{draft.channel}",
                    draft.contact.value,
                    draft.choice.language,
                    state_of(draft),
                ),
                reason_of(draft),
            )
            for draft in shown.rows
        ],
    )
    if (more := shown.number - len(shown.rows)) > 0:
        console.print(f"... and {more:,} more; --json lists them all")
    console.print()
