"""``dry-run``: show all that would go out, and what speaks against it; write and open nothing."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from uadispatch.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from uadispatch.dispatch.looking import Look
    from uadispatch.dispatch.planning import Draft
    from uadispatch.dispatch.preparing import Prepared

FULL = 4
"""Up to this many messages are shown whole; of more, one for each channel and language."""
ROWS = 40
"""How many lines the table of messages has at most."""


def dry_run(
    campaign: options.Campaign,
    channel: options.Channels = None,
    target: options.Targets = None,
    limit: options.Limit = None,
    now: options.Now = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    json: options.Json = False,
) -> None:
    """Show what would go out, and what speaks against it. Nothing is sent or written."""
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli import output
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.composing import Composer
    from uadispatch.dispatch.looking import look, moment_of
    from uadispatch.dispatch.preparing import equip, prepare, read
    from uadispatch.views import shapes

    clock = SystemClock()
    at = options.moment(now) or clock.now()
    source = read(options.campaign_file(campaign), Registry(discover(plugins_dir)))
    wanted = options.selection(source.campaign, channel, target)
    prepared = prepare(source, *equip(source, clock, lenient=True))
    seen = look(
        prepared,
        Composer(prepared.snapshot),
        options.journal_of(journal, source.settings),
        moment_of(prepared, at, approval=True),
        wanted,
    )
    drafts = seen.drafts if limit is None else seen.outgoing[:limit]
    if json:
        output.emit(shapes.dry_run(prepared, seen, drafts, now=at))
    else:
        _show(output.printer(as_json=False), prepared, seen, drafts, campaign, at, now)
    raise SystemExit(_code(seen, drafts))


def _code(look: Look, drafts: Sequence[Draft]) -> int:
    from uadispatch.cli.exits import Code

    # What waits only for its approval is here to be looked at.
    guards = {verdict.guard for verdict in look.objections}
    if look.all_refused and guards != {"not approved"}:
        return Code.REFUSED
    if any(draft.refusal or draft.broken or draft.held for draft in drafts):
        return Code.LOOK
    return Code.AS_ASKED


def _show(
    console: Console,
    prepared: Prepared,
    look: Look,
    drafts: Sequence[Draft],
    file: str,
    at: datetime,
    now: str | None,
) -> None:
    from uadispatch.cli import output
    from uadispatch.views.shapes import guards_of

    case = prepared.source.campaign.urgent_action
    console.print(f"[bold]Dry-run of Urgent Action {case.number}[/]: {output.safe(case.title)}")
    console.print(
        f"As of {output.day_and_time(at)}; round {prepared.snapshot.round}; "
        f"deadline {case.deadline:%-d %B %Y}; digest {prepared.snapshot.digest[:12]}"
    )
    console.print()
    _samples(console, prepared, drafts)
    _table(console, drafts)
    outgoing = [draft for draft in drafts if draft.goes_out]
    words = "; ".join(output.per_channel(outgoing)) or "nothing"
    console.print(f"[bold]Would go out:[/] {words}.")
    output.guards(console, guards_of(look), case.deadline)
    output.gaps(console, look.without)
    output.notes(console, prepared.notices)
    console.print()
    console.print(output.safe(_next_step(look, file, now)))


def _samples(console: Console, prepared: Prepared, drafts: Sequence[Draft]) -> None:
    """Whole messages: all of a few, else the first of each channel and language."""
    from uadispatch.channels.message import Preview
    from uadispatch.cli.output import safe
    from uadispatch.errors import place_of

    shown: dict[object, Draft] = {}
    for draft in drafts:
        kind = draft.key if len(drafts) <= FULL else (draft.channel, draft.choice.language)
        shown.setdefault(kind, draft)
    for draft in shown.values():
        if draft.message is None or draft.refusal:
            continue
        try:
            preview = prepared.channels[draft.channel].preview(draft.message)
        except Exception as exc:  # noqa: BLE001 - a plugin's fault hides nothing of the others
            preview = Preview(
                text=draft.message.body, notes=(f"its preview failed: {place_of(exc)}",)
            )
        console.rule(f"{draft.target.id}/{draft.channel}", align="left", style="dim")
        console.print(safe(preview.text.rstrip("\n")), markup=True)
        for note in preview.notes:
            console.print(f"[yellow]{safe(note)}[/]")
    if shown:
        console.rule(style="dim")
    if len(shown) < len(drafts):
        console.print(
            "One message of each channel and language is shown; see another with --target ID.\n"
        )


def _table(console: Console, drafts: Sequence[Draft]) -> None:
    from rich.table import Table

    from uadispatch.cli.output import safe
    from uadispatch.views.shapes import reason_of, state_of

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("message", "to", "language", "state"):
        table.add_column(heading, no_wrap=True)
    table.add_column("remark", overflow="fold")
    odd = [draft for draft in drafts if not draft.goes_out and draft.entry is None]
    first = odd[:ROWS] + [draft for draft in drafts if draft not in odd][: ROWS - len(odd[:ROWS])]
    for draft in first if len(drafts) > ROWS else drafts:
        table.add_row(
            f"{draft.target.id}/{draft.channel}",
            safe(draft.contact.value),
            draft.choice.language,
            state_of(draft),
            safe(reason_of(draft)),
        )
    console.print(table)
    if len(drafts) > ROWS:
        console.print(f"... and {len(drafts) - len(first):,} more; --json lists them all")
    console.print()


def _next_step(look: Look, file: str, now: str | None) -> str:
    quoted = shlex.quote(file)
    if any(draft.broken for draft in look.drafts):
        return "Next: mend the templates named above, then look again."
    if look.all_refused:
        return "Next: nothing can be sent as it is; what the guards say must change first."
    if not look.outgoing:
        return f"Next: nothing is left to send. See uadispatch status {quoted}"
    as_of = f" --now {shlex.quote(now)}" if now else ""
    return f"Next: uadispatch rehearse {quoted}{as_of}"
