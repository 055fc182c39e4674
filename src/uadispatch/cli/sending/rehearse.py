"""``rehearse``: the real adapters against stand-ins on this machine, or re-routed to the tester."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from uadispatch.cli.common import ladder, options, rejecting
from uadispatch.cli.common.exits import if_interrupted
from uadispatch.cli.sending import rehearsing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from uadispatch.campaign.values import Contact
    from uadispatch.channels.standing_in import Received, StandIn
    from uadispatch.cli.common.ladder import Typed
    from uadispatch.cli.progress.sending import Reporter
    from uadispatch.cli.progress.tracker import Tracker
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Entry, Moment, Selection
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared, Source
    from uadispatch.dispatch.sending.ended import Ended
    from uadispatch.dispatch.snapshot import Snapshot
    from uadispatch.views.rehearsal.rehearsed import Results

SEED = 0
"""Of the jitter between tries: a rehearsal goes the same way each time."""
SHOWN = 5


@if_interrupted("no official was reached; a rehearsal begins anew each time")
def rehearse(
    campaign: options.Campaign,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="[CHANNEL=]CONTACT",
            help="Send every message of CHANNEL (default: email) to this contact of yours, "
            "marked as a test, through the configured server. May be repeated.",
        ),
    ] = None,
    channel: options.Channels = None,
    target: options.Targets = None,
    limit: options.Limit = None,
    now: options.Now = None,
    journal: Annotated[
        str | None,
        typer.Option(
            "--journal",
            metavar="URL",
            help="The campaign's own journal: it is only asked whether the campaign is approved.",
        ),
    ] = None,
    plugins_dir: options.PluginsDir = None,
    *,
    show: Annotated[bool, typer.Option("--show", help="Show what the stand-ins received.")] = False,
    json: options.Json = False,
    log_json: options.LogJson = False,
) -> None:
    """Really send, but to stand-ins on this machine; no official can be reached.

    It has a journal, a clock and Message-IDs of its own and never touches the campaign's.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli import progress
    from uadispatch.cli.common import loops
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.planning.preparing import read

    tracker = progress.begin("rehearse", as_json=json, log_json=log_json)
    at = options.moment(now) or SystemClock().now()
    source = read(options.campaign_file(campaign, journal), Registry(discover(plugins_dir)))
    tracker.about(source.campaign)
    typed = ladder.Typed(
        campaign=campaign, channel=channel, target=target, limit=limit, now=now, journal=journal,
        plugins_dir=plugins_dir,
    )  # fmt: skip
    rehearsal = Rehearsal(
        tracker=tracker, source=source, at=at, limit=limit, typed=typed, to=to, show=show,
        selection=options.selection(source.campaign, channel, target),
        routes=rehearsing.routes(to or [], source), as_json=json,
    )  # fmt: skip
    # A clock that waits for nothing must know what else is about to run: asyncio's loop tells.
    uvloop = bool(rehearsal.re_routed) and loops.wanted(source.settings)
    raise SystemExit(loops.run(rehearsal.run(), tracker.console, uvloop=uvloop))


class Rehearsal:
    """One rehearsal: its folder, its stand-ins, and what became of it."""

    def __init__(
        self,
        *,
        tracker: Tracker,
        source: Source,
        at: datetime,
        selection: Selection,
        limit: int | None,
        routes: Mapping[str, Contact],
        typed: Typed,
        to: list[str] | None,
        show: bool,
        as_json: bool,
    ) -> None:
        self._tracker = tracker
        self._console = tracker.console
        self._source = source
        self._at = at
        self._selection = selection
        self._limit = limit
        self._routes = routes
        self.re_routed = rehearsing.for_real(source, routes)
        """The channels that really send, to the tester."""
        self._typed = typed
        self._to = to
        self._unrehearsed: Sequence[str] = ()
        self._show = show
        self._as_json = as_json
        self._stamp = at.strftime("%Y%m%dT%H%M%SZ")
        self._prefix = f"rehearsal-{self._stamp}-"
        self._stand_ins: dict[str, StandIn] = {}
        self._kept: Sequence[Path] = ()

    async def run(self) -> int:
        """Rehearse; returns the exit code."""
        from uadispatch.cli.common import output
        from uadispatch.clock import ShiftedClock
        from uadispatch.dispatch.journal import journal_url
        from uadispatch.dispatch.planning.composing import Composer
        from uadispatch.dispatch.planning.looking import moment_of
        from uadispatch.dispatch.planning.preparing import equip
        from uadispatch.testing.clock import VirtualClock
        from uadispatch.views import shapes

        # A real server is not hurried: what is re-routed keeps to its channel's rate.
        clock = ShiftedClock(self._at) if self.re_routed else VirtualClock(self._at)
        folder = rehearsing.new_folder(self._source.home, self._source.campaign.number, self._stamp)
        async with AsyncExitStack() as stack:
            ends = await rehearsing.begin(stack, self._source, self.re_routed, folder, clock)
            self._stand_ins, self._unrehearsed = ends.stand_ins, ends.notices
            source = rehearsing.only(self._source, {*self._stand_ins, *self.re_routed})
            prepared = self._tracker.prepare(
                source, *equip(source, clock, stand_ins=ends.settings, routed=self.re_routed)
            )
            options.refuse_strangers(self._selection, prepared.targets)
            url = journal_url(str(folder / "journal.db"), source.home)
            moment = moment_of(prepared, self._at, approval=False)

            def compose(snapshot: Snapshot) -> Composer:
                return Composer(snapshot, reference_prefix=self._prefix, routes=self._routes)

            seen = self._tracker.look(
                prepared, compose(prepared.snapshot), url, moment, self._selection
            )
            output.refuse_broken(seen)
            self._console.print(
                f"[bold]Rehearsal of Urgent Action {moment.campaign}[/] as of "
                f"{output.day_and_time(self._at)}"
            )
            output.notes(self._console, [*prepared.notices, *ends.notices])
            rejecting.say(self._console, prepared)
            if seen.all_refused:
                return self._refuse(shapes.guards_of(seen), moment.campaign)
            return await self._perform(prepared, seen, compose, moment, clock, folder)

    async def _perform(
        self,
        prepared: Prepared,
        seen: Look,
        compose: Callable[[Snapshot], Composer],
        moment: Moment,
        clock: Clock,
        folder: Path,
    ) -> int:
        from uadispatch.dispatch.journal import REHEARSAL, Journal, Wanted, journal_url
        from uadispatch.dispatch.sending.run import run

        self._kept = rejecting.keep(prepared)
        url = journal_url(str(folder / "journal.db"), prepared.source.home)
        with Journal(url, write=True) as journal:
            # So that nobody takes it for the campaign's, to report from it or to send with it.
            journal.state_fact(
                moment.campaign, REHEARSAL, at=self._at, by="rehearse",
                because="no official was reached",
            )  # fmt: skip
            going = seen.overview.outgoing
            with self._tracker.sending(going, clock, limit=self._limit) as reporter:
                ended = await run(
                    prepared, seen, journal, moment=moment, clock=clock,
                    random=random.Random(SEED).random,  # noqa: S311 - jitter, no secret
                    compose=compose, selection=self._selection, limit=self._limit,
                    # Only stand-ins may be tried again at once: a real server is not hurried.
                    wait=not self.re_routed,
                    progress=reporter,
                    watch=reporter.watch,
                )  # fmt: skip
            entries = list(journal.entries(moment.campaign, Wanted(selection=self._selection)))
        return self._finish(prepared, seen, ended, reporter, entries, folder)

    def _finish(
        self,
        prepared: Prepared,
        seen: Look,
        ended: Ended,
        reporter: Reporter,
        entries: Sequence[Entry],
        folder: Path,
    ) -> int:
        """Compare what was meant with what came, and say all of it."""
        from uadispatch.cli.common import output, running
        from uadispatch.cli.common.exits import Code
        from uadispatch.dispatch.journal import Gist
        from uadispatch.views import shapes
        from uadispatch.views.rehearsal.rehearsed import results

        received = [
            (name, kept) for name, stand_in in self._stand_ins.items() for kept in stand_in.received
        ]
        rehearsed = results(
            prepared, seen.drafts, entries, received, self._stand_ins,
            prefix=self._prefix, routed=self.re_routed,
        )  # fmt: skip
        gist = Gist.of(entries)
        shape = shapes.run(
            prepared.snapshot.campaign_number, gist, guards=shapes.guards_of(seen),
            seconds=round(reporter.seconds, 3), messages_per_second=reporter.rate,
            folder=str(folder), recalled=asdict(ended.recalled),
            questions=shapes.questions(ended.confirmed),
            received=[
                {"channel": name, "to": kept.to, "file": str(kept.file)} for name, kept in received
            ],
            differences=rehearsing.differences_shape(rehearsed),
        )  # fmt: skip
        self._tracker.ended(shape["states"])
        running.summary(self._console, ended, seconds=reporter.seconds, tried=reporter.tried)
        output.states(self._console, shape["states"])
        output.held(self._console, gist)
        code = running.exit_code(ended, gist)
        if not rehearsed.as_meant:
            rehearsing.differences(self._console, rehearsed)
            code = Code.LOOK
        self._tell(received, folder)
        page = self._page(prepared, seen, rehearsed, folder)
        shape["html"] = None if page is None else str(page)
        if page is None and code is Code.AS_ASKED:
            code = Code.LOOK
        rejecting.kept_in(self._console, self._kept)
        self._console.print(
            ladder.after_rehearsing(
                self._source, self._typed, to=self._to, ready=code is Code.AS_ASKED,
                targets=prepared.targets,
            )
        )  # fmt: skip
        if self._as_json:
            shape |= rejecting.shape(prepared, self._kept)
            output.emit(shape, map(shapes.recorded, entries))
        return rejecting.code(code, prepared)

    def _page(
        self, prepared: Prepared, seen: Look, rehearsed: Results, folder: Path
    ) -> Path | None:
        """The page that shows it, if it can be written."""
        from uadispatch.cli.common.output import safe
        from uadispatch.cli.looking import dry_run_page
        from uadispatch.errors import ConfigError
        from uadispatch.views.rehearsal.page import Rehearsal as Shown
        from uadispatch.views.rehearsal.page import write_page

        shown = Shown(
            prepared=prepared, look=seen, results=rehearsed, at=self._at, folder=folder,
            routes=self._routes, notices=self._unrehearsed,
            selection=dry_run_page.selection(asdict(self._typed)),
            alone=self._typed.to_rehearse_alone,
        )  # fmt: skip
        try:
            total = len(rehearsed.messages)
            with self._tracker.phase("making pages", total, did="messages shown") as step:
                page = write_page(folder / "page", shown, progress=step)
        except ConfigError as exc:
            self._console.print(f"[red]There is no page of it:[/] {safe(str(exc))}")
            return None
        dry_run_page.name(self._console, page)
        return page

    def _tell(self, received: Sequence[tuple[str, Received]], folder: Path) -> None:
        """Where everything lies, and what came in."""
        from uadispatch.cli.common.output import messages_in_words, one_line, safe

        for name, contact in self._routes.items():
            to = safe(one_line(contact.value))
            how = (
                f"went to {to} instead"
                if name in self.re_routed
                else f"is made out to {to} instead"
            )
            self._console.print(f"Every message by {name} {how}.")
        if self._stand_ins:
            self._console.print(
                f"The stand-ins received {messages_in_words(len(received))}; everything is in "
                f"{safe(str(folder))}"
            )
        if self._show:
            for kept in [kept for _, kept in received if kept.shown][:SHOWN]:
                self._console.rule(safe(kept.file.name), align="left", style="dim")
                self._console.print(safe(kept.shown.rstrip("\n")) + "\n")
            if received:
                self._console.rule(style="dim")
            elif self.re_routed:
                self._console.print("What went to you is in your own mailbox: --show has none.")

    def _refuse(self, guards: Sequence[Mapping[str, str]], campaign: str) -> int:
        from uadispatch.cli.common.exits import Code
        from uadispatch.cli.common.output import emit
        from uadispatch.cli.common.output import guards as guards_in_words
        from uadispatch.dispatch.journal import Gist
        from uadispatch.views import shapes

        self._console.print("Nothing was rehearsed.")
        guards_in_words(self._console, guards, self._source.campaign.urgent_action.deadline)
        if any(guard["name"] == "expired" for guard in guards):
            self._console.print("To rehearse as of another day, use --now.")
        if self._as_json:
            emit(shapes.run(campaign, Gist(), guards=guards), ())
        return Code.REFUSED
