"""``send``: for real, once, with everything recorded."""

from __future__ import annotations

import random
import sys
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from uadispatch.cli.common import approving, options, rejecting
from uadispatch.cli.common.exits import if_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from rich.console import Console

    from uadispatch.channels.registry import Registry
    from uadispatch.cli.common.ladder import Typed
    from uadispatch.cli.common.observing import Telling
    from uadispatch.cli.progress.sending import Reporter
    from uadispatch.cli.progress.tracker import Tracker
    from uadispatch.cli.sending.going import Going
    from uadispatch.clock import Clock
    from uadispatch.dispatch.journal import Gist, JournalUrl, Moment, Selection
    from uadispatch.dispatch.planning.looking import Look
    from uadispatch.dispatch.planning.preparing import Prepared, Source
    from uadispatch.dispatch.sending.ended import Ended
    from uadispatch.errors import ConfigError


Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; send.")]
Wait = Annotated[
    bool, typer.Option("--wait", help="Stay until what must be tried later has been tried.")
]
Workers = Annotated[
    bool, typer.Option("--workers", help="Hand it over to workers, and follow what they do.")
]


@if_interrupted("nothing was sent")
def send(
    campaign: options.Campaign,
    channel: options.Channels = None,
    target: options.Targets = None,
    limit: options.Limit = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    yes: Yes = False,
    wait: Wait = False,
    workers: Workers = False,
    unapproved: approving.Unapproved = None,
    json: options.Json = False,
    log_json: options.LogJson = False,
) -> None:
    """Send for real. Shows what it is about to do, and asks, unless --yes."""
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli import progress
    from uadispatch.cli.common import ladder, loops, output
    from uadispatch.cli.sending import following
    from uadispatch.cli.sending.going import Going
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.planning.composing import Composer
    from uadispatch.dispatch.planning.preparing import read

    clock = SystemClock()
    tracker = progress.begin("send", as_json=json, log_json=log_json)
    console = tracker.console
    typed = ladder.Typed(
        campaign=campaign, channel=channel, target=target, journal=journal, plugins_dir=plugins_dir
    )
    registry = Registry(discover(plugins_dir))
    source = read(options.campaign_file(campaign, journal), registry)
    tracker.about(source.campaign)
    wanted = options.selection(source.campaign, channel, target)
    uvloop = loops.wanted(source.settings)
    url = _up_to_date(options.journal_of(journal, source.settings))
    following.require_server(url, limit=limit, workers=workers)
    prepared, lacking = _ready(tracker, source, clock, wanted)
    moment = approving.moment(prepared, url, clock.now(), unapproved)
    going = Going(moment.now, limit=limit, wait=wait)
    seen = tracker.look(prepared, Composer(prepared.snapshot), url, moment, wanted, each=going.add)
    output.refuse_broken(seen)
    its = seen.overview
    if seen.all_refused or seen.facts.superseded or (seen.facts.unapproved and its.waiting):
        _refuse(console, prepared, seen, url, typed, as_json=json)
    if lacking is not None:
        raise lacking
    if its.due or (wait and its.outgoing):
        _announce(console, prepared, seen, url, going, unapproved=unapproved)
        _ask(console, yes=yes, as_json=json)
    else:
        _nothing_to_do(console, prepared, seen)
        limit = 0  # what was not announced is not sent; refusals are recorded all the same
    sending = partial(
        _send, tracker, prepared, seen, url, moment=moment, selection=wanted, limit=limit,
        wait=wait, typed=typed, unapproved=unapproved, as_json=json,
        workers=workers and limit is None,
    )  # fmt: skip
    raise SystemExit(_observed(sending, source, registry, going, console, uvloop=uvloop))


def _observed(
    sending: Callable[..., Coroutine[Any, Any, int]],
    source: Source,
    registry: Registry,
    going: Going,
    console: Console,
    *,
    uvloop: bool,
) -> int:
    """Send while observers are told of it; the exit code."""
    from uadispatch.cli.common import loops
    from uadispatch.cli.common.exits import Code
    from uadispatch.cli.common.observing import Telling, observed

    says = "what was sent, if anything, is recorded; uadispatch status says what"
    with observed(registry, source.settings) as observers, if_interrupted(says):
        telling = Telling(observers, source.campaign.number, going.numbers)
        code = loops.run(sending(telling=telling), console, uvloop=uvloop)
        if code == Code.INTERRUPTED:
            observers.close(wait=False)
    return code


def _up_to_date(url: JournalUrl) -> JournalUrl:
    """Let what an older version wrote be read. Raises ConfigError for a rehearsal's journal."""
    from uadispatch.dispatch.journal import Journal, exists
    from uadispatch.errors import ConfigError, Problem

    if exists(url):
        with Journal(url, write=True) as journal:
            rehearsals = journal.is_rehearsals()
        if rehearsals:
            says = (
                "this is the journal of a rehearsal; nothing is sent with it: give the campaign's"
            )
            raise ConfigError(Problem(says, url.database))
    return url


def _nothing_to_do(console: Console, prepared: Prepared, seen: Look) -> None:
    """Say why nothing goes out now."""
    from uadispatch.cli.common import output

    output.notes(console, prepared.notices)
    output.gaps(console, seen.overview.gaps)
    rejecting.say(console, prepared)
    later = "Nothing is due yet." if seen.overview.outgoing else "Nothing is left to send."
    console.print(f"{later} Nothing was sent.")


def _ready(
    tracker: Tracker, source: Source, clock: Clock, wanted: Selection
) -> tuple[Prepared, ConfigError | None]:
    """The campaign with its channels; and what those that are wanted lack, if anything.

    Nothing can be sent then; but a guard's refusal is worth saying before a missing setting.
    """
    from uadispatch.dispatch.planning.preparing import equip
    from uadispatch.errors import ConfigError

    lacking = None
    try:
        equipped = equip(source, clock, needed=wanted.channels)
    except ConfigError as exc:
        equipped, lacking = equip(source, clock, lenient=True), exc
    prepared = tracker.prepare(source, *equipped)
    options.refuse_strangers(wanted, prepared.targets)
    return prepared, lacking


def _ask(console: Console, *, yes: bool, as_json: bool) -> None:
    """Go on only after a yes, typed now or given with ``--yes``."""
    from uadispatch.cli.common.exits import Code

    if yes:
        return
    try:
        agreed = typer.confirm("Send?", err=as_json)
    except typer.Abort:  # Ctrl-C, or nobody is there to answer
        more = "" if sys.stdin.isatty() else " To send without being asked, add --yes."
        console.print(f"\nNothing was sent.{more}")
        raise SystemExit(Code.INTERRUPTED) from None
    if not agreed:
        console.print("Nothing was sent.")
        raise SystemExit(Code.LOOK)


def _refuse(
    console: Console,
    prepared: Prepared,
    seen: Look,
    url: JournalUrl,
    typed: Typed,
    *,
    as_json: bool,
) -> NoReturn:
    """Say what keeps everything back, and leave; the journal is not touched."""
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code
    from uadispatch.dispatch.journal import Gist
    from uadispatch.views import shapes

    guards = shapes.guards_of(seen)
    known = approving.since(url, prepared)
    approve = approving.command(prepared, typed.campaign, typed.journal, typed.plugins_dir)
    following = approving.next_step(seen, typed.then("dry-run"), approve)
    case = prepared.source.campaign.urgent_action
    console.print(f"Nothing was sent for Urgent Action {case.number}.")
    output.guards(console, guards, case.deadline)
    if following:  # nothing else keeps it back
        approving.say(console, known)
    if any(guard["name"] == "closed" for guard in guards) and _may_be_held(prepared, seen):
        console.print(
            "A service may still hold messages that it took before: uadispatch close asks for them "
            "back."
        )
    if any(guard["name"] == "expired" for guard in guards):
        console.print(
            "If the deadline was prolonged, an update of the Urgent Action says so: mend it in "
            "the campaign file."
        )
    if following:
        console.print(following)
    if seen.facts.stopped and seen.facts.closed is None:
        console.print(f"Next, once it may go on: {typed.then('resume')}")
    if as_json:
        gist = Gist.of(draft.entry for draft in seen.selected(seen.outlines) if draft.entry)
        output.emit(shapes.run(case.number, gist, guards=guards, seconds=0.0,
                               messages_per_second=0.0, digest=prepared.snapshot.digest,
                               **approving.shape(known)))  # fmt: skip
    raise SystemExit(Code.REFUSED)


def _may_be_held(prepared: Prepared, seen: Look) -> bool:
    """Whether a service took messages that it might give back."""
    return any(prepared.channels[name].capabilities.recalls for name in seen.whole.accepted)


def _announce(
    console: Console,
    prepared: Prepared,
    seen: Look,
    url: JournalUrl,
    going: Going,
    *,
    unapproved: str | None,
) -> None:
    """Say in words what is about to happen."""
    from uadispatch.cli.common import output
    from uadispatch.views import shapes

    case = prepared.source.campaign.urgent_action
    sender = prepared.snapshot.organisation
    round_ = f", round {prepared.snapshot.round}" if prepared.snapshot.round > 1 else ""
    console.print(f"[bold]Urgent Action {case.number}{round_}[/]: {output.safe(case.title)}")
    console.print(
        f"About to send, for real, from {output.safe(sender.name)}: "
        f"{'; '.join(output.per_channel(going.numbers))}"
    )
    for draft in going.first:
        to = output.safe(output.one_line(draft.contact.value))
        console.print(f"  {draft.target.id}/{draft.channel} to {to}")
    if (more := going.number - len(going.first)) > 0:
        console.print(f"  and {more:,} more")
    if (later := seen.overview.outgoing.total() - going.number) > 0:
        console.print(f"{output.messages_in_words(later)} more later, or in another run.")
    if not seen.seen:
        console.print(
            f"[yellow]![/] Nothing of campaign {case.number} was ever sent with this journal: "
            f"{output.safe(url.database)}. If it was sent from elsewhere, its messages would "
            f"go out again."
        )
    for draft in going.marked:
        name = f"{draft.target.id}/{draft.channel}"
        console.print(f"[yellow]![/] {name}: {output.safe(shapes.mark_of(draft))}")
    if (more := going.marks - len(going.marked)) > 0:
        console.print(f"  and {more:,} more such contacts")
    approving.say_override(console, unapproved)
    output.gaps(console, seen.overview.gaps)
    output.notes(console, prepared.notices)
    rejecting.say(console, prepared)


def _next(prepared: Prepared, ended: Ended, gist: Gist, typed: Typed, *, stopped: str) -> str:
    """What to do next, and what must be done before anything more can be sent."""
    from uadispatch.cli.common import ladder

    channels = prepared.channels.items()
    asks = {name for name, channel in channels if channel.capabilities.confirms}
    first = f"once it may go on: {typed.then('resume')}" if stopped else ""
    if ended.stopped:
        names = " and ".join(each.channel for each in ended.stopped)
        first = f"mend what is said of {names} above"
    return ladder.after_sending(
        gist, typed, interrupted=ended.interrupted, asks=asks, refused=first
    )


def _guards(seen: Look, ended: Ended) -> list[dict[str, str]]:
    """What speaks against the campaign as a whole: when it was looked at, or by now."""
    from uadispatch.views import shapes

    said = {"closed": ended.closed, "superseded": ended.superseded}
    since = [{"name": name, "says": why} for name, why in said.items() if why is not None]
    return shapes.guards_of(seen) + since


async def _send(
    tracker: Tracker,
    prepared: Prepared,
    seen: Look,
    url: JournalUrl,
    *,
    moment: Moment,
    selection: Selection,
    limit: int | None,
    wait: bool,
    typed: Typed,
    unapproved: str | None,
    as_json: bool,
    workers: bool,
    telling: Telling,
) -> int:
    from uadispatch.cli.common import output, running
    from uadispatch.cli.sending.following import follow, hand_over, order_of
    from uadispatch.clock import SystemClock
    from uadispatch.dispatch.journal import Journal
    from uadispatch.dispatch.sending.run import run

    console, clock = tracker.console, SystemClock()
    kept = rejecting.keep(prepared)
    with Journal(url, write=True) as journal:
        going = seen.overview.outgoing if wait else seen.overview.due
        reason = unapproved if going and limit != 0 else None
        approving.record_override(journal, prepared, reason, moment.now)
        order = order_of(prepared, selection, moment) if workers else None
        with tracker.sending(going, clock, limit=limit) as reporter:
            ended = await run(
                prepared, seen, journal, moment=moment, clock=clock, random=random.random,
                selection=order.rest_of(selection, prepared.channels) if order else selection,
                limit=limit, wait=wait, progress=telling.hearing(reporter),
                watch=telling.watching(reporter.watch),
                then=None if order is None else partial(hand_over, order, clock),
            )  # fmt: skip
        round_ = prepared.snapshot.round
        if order is not None and not ended.interrupted:
            ended.interrupted = await follow(journal, order, round_, console, clock, wait=wait)
        gist = journal.gist(moment.campaign, round_=round_, selection=selection)
        stopped = journal.facts(replace(moment, now=clock.now())).stopped
    telling.ended(gist, ended, seconds=reporter.seconds, tried=reporter.tried)
    shape = _shape(moment.campaign, seen, ended, gist, reporter) | {"unapproved": reason}
    tracker.ended(shape["states"])
    running.summary(console, ended, seconds=reporter.seconds, tried=reporter.tried)
    output.states(console, shape["states"])
    output.held(console, gist)
    rejecting.kept_in(console, kept)
    console.print(_next(prepared, ended, gist, typed, stopped=stopped))
    if as_json:
        output.emit(shape | rejecting.shape(prepared, kept))
    return rejecting.code(running.exit_code(ended, gist), prepared)


def _shape(
    campaign: str, seen: Look, ended: Ended, gist: Gist, reporter: Reporter
) -> dict[str, Any]:
    """How it went, in JSON."""
    from uadispatch.views import shapes

    paused = [
        {"channel": paused.channel, "until": shapes.instant(paused.until), "says": paused.says}
        for paused in ended.paused
    ]
    return shapes.run(
        campaign, gist, guards=_guards(seen, ended),
        seconds=round(reporter.seconds, 3), messages_per_second=reporter.rate, paused=paused,
        next_due=shapes.instant(ended.next_due), recalled=asdict(ended.recalled),
        questions=shapes.questions(ended.confirmed),
    )  # fmt: skip
