"""``dry-run``: show all that would go out, and what speaks against it; write and open nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from uadispatch.cli import approving, dry_run_page, options, rejecting
from uadispatch.cli.exits import NOTHING, if_interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console

    from uadispatch.cli.approving import Since
    from uadispatch.cli.ladder import Typed
    from uadispatch.dispatch.looking import Look
    from uadispatch.dispatch.planning import Draft
    from uadispatch.dispatch.preparing import Prepared

FULL = 12
"""Up to this many messages are shown whole; of more, one for each channel and language."""
ROWS = 40
"""How many lines the table of messages has at most."""


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
    from uadispatch.cli import ladder, output, showing
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.composing import Composer
    from uadispatch.dispatch.looking import moment_of
    from uadispatch.dispatch.preparing import equip, read
    from uadispatch.views import shapes

    tracker = showing.begin("dry-run", as_json=json, log_json=log_json)
    clock = SystemClock()
    at = options.moment(now) or clock.now()
    source = read(options.campaign_file(campaign, journal), Registry(discover(plugins_dir)))
    tracker.about(source.campaign)
    wanted = options.selection(source.campaign, channel, target)
    url = options.journal_of(journal, source.settings)
    prepared = tracker.prepare(source, *equip(source, clock, lenient=True))
    options.refuse_strangers(wanted, prepared.targets)
    kept = rejecting.keep_in(prepared, rejects)
    asked = moment_of(prepared, at, approval=True)
    seen = tracker.look(prepared, Composer(prepared.snapshot), url, asked, wanted, to_approve=True)
    drafts = seen.drafts if limit is None else seen.outgoing[:limit]
    known = approving.since(url, prepared)
    typed = ladder.Typed(
        campaign=campaign, channel=channel, target=target, limit=limit, now=now, journal=journal,
        plugins_dir=plugins_dir,
    )  # fmt: skip
    page = None
    if html is not None:
        words = {"file": campaign, **asdict(typed)}
        page = dry_run_page.make(tracker, html, prepared, seen, drafts, known, at=at, typed=words)
    if json:
        shape = shapes.dry_run(prepared, seen, drafts, now=at) | approving.shape(known)
        shape |= rejecting.shape(prepared, kept)
        output.emit(shape if page is None else shape | {"html": str(page)})
    else:
        console = output.printer(as_json=False)
        approve = approving.command(prepared, campaign, journal, plugins_dir)
        _show(console, prepared, seen, drafts, at, typed, known, approve, page=page, kept=kept)
    raise SystemExit(rejecting.code(_code(seen, drafts), prepared))


def _code(look: Look, drafts: Sequence[Draft]) -> int:
    from uadispatch.cli.exits import Code

    if look.facts.superseded or look.all_refused:
        return Code.REFUSED
    if any(draft.refusal or draft.broken or draft.held for draft in drafts):
        return Code.LOOK
    return Code.AS_ASKED


def _show(
    console: Console,
    prepared: Prepared,
    look: Look,
    drafts: Sequence[Draft],
    at: datetime,
    typed: Typed,
    known: Since,
    approve: str,
    *,
    page: Path | None,
    kept: Sequence[Path],
) -> None:
    from uadispatch.cli import ladder, output
    from uadispatch.views.shapes import guards_of

    case = prepared.source.campaign.urgent_action
    console.print(f"[bold]Dry-run of Urgent Action {case.number}[/]: {output.safe(case.title)}")
    console.print(
        f"As of {output.day_and_time(at)}; round {prepared.snapshot.round}; "
        f"deadline {case.deadline:%-d %B %Y}; digest {prepared.snapshot.digest[:12]}"
    )
    console.print()
    if page is None:
        _samples(console, prepared, drafts)
        _table(console, drafts)
    outgoing = [draft for draft in drafts if draft.goes_out]
    words = "; ".join(output.per_channel(outgoing)) or "nothing"
    once = " once it is approved" if outgoing and look.facts.unapproved else ""
    console.print(f"[bold]Would go out{once}:[/] {words}.")
    output.guards(console, guards_of(look), case.deadline)
    approving.say(console, known)
    output.gaps(console, look.without)
    output.notes(console, prepared.notices)
    rejecting.say(console, prepared, hint="" if kept else "All of them: add --rejects FILE.")
    rejecting.kept_in(console, kept)
    console.print()
    if page is not None:
        dry_run_page.name(console, page)
    following = approving.next_step(look, typed.then("rehearse"), approve)
    console.print(following or ladder.after_looking(look, typed))


def _samples(console: Console, prepared: Prepared, drafts: Sequence[Draft]) -> None:
    """Whole messages: all of a few, else the first of each channel and language."""
    from uadispatch.cli.output import safe
    from uadispatch.views.shapes import previewed

    shown: dict[object, Draft] = {}
    for draft in drafts:
        kind = draft.key if len(drafts) <= FULL else (draft.channel, draft.choice.language)
        shown.setdefault(kind, draft)
    for draft in shown.values():
        preview = previewed(prepared, draft)
        if preview is None:
            continue
        title = f"{draft.target.id}/{draft.channel}, words around it from {draft.template}"
        console.rule(safe(title), align="left", style="dim")
        console.print(safe(preview.text.rstrip("\n")) + "\n", markup=True)
        for note in (*preview.notes, *preview.links):
            console.print(f"[yellow]{safe(note)}[/]")
    if shown:
        console.rule(style="dim")
    if len(shown) < len(drafts):
        console.print(
            "One message of each channel and language is shown; see another with --target ID.\n"
        )


def _table(console: Console, drafts: Sequence[Draft]) -> None:
    from uadispatch.cli import output
    from uadispatch.views.shapes import reason_of, state_of

    odd = [draft for draft in drafts if not draft.goes_out and draft.entry is None]
    calm = [draft for draft in drafts if draft.goes_out or draft.entry is not None]
    shown = (odd + calm)[:ROWS] if len(drafts) > ROWS else drafts
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
            for draft in shown
        ],
    )
    if len(shown) < len(drafts):
        console.print(f"... and {len(drafts) - len(shown):,} more; --json lists them all")
    console.print()
