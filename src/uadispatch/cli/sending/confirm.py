"""``confirm``: ask the services what became of what they took, or may have taken."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING

from uadispatch.cli.common import deciding, options
from uadispatch.cli.common.exits import if_interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.cli.common.deciding import Decision
    from uadispatch.cli.progress.tracker import Tracker
    from uadispatch.dispatch.followup.confirming import Confirmed
    from uadispatch.dispatch.journal import Entry, Gist, Selection
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.planning.preparing import Source
    from uadispatch.observers.calling import Observers


AT_ONCE = 1000
"""Messages that are in hand; of them as many are asked of at a time as the channel sends."""


@if_interrupted("what was answered is recorded; the same command asks for the rest")
def confirm(
    campaign: options.Campaign,
    channel: options.Channels = None,
    target: options.Targets = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
    *,
    json: options.Json = False,
    log_json: options.LogJson = False,
) -> None:
    """Ask the services what became of what they took. Nothing is sent.

    What they delivered is confirmed; what was busy is tried again by the next send; what is in
    doubt is looked up, by number and time, instead of being sent again.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli import progress
    from uadispatch.cli.common import ladder, observing, output
    from uadispatch.dispatch.journal import Wanted
    from uadispatch.views import shapes

    tracker = progress.begin("confirm", as_json=json, log_json=log_json)
    console = tracker.console
    with ExitStack() as after, deciding.decision(campaign, journal, None) as decision:
        registry = Registry(discover(plugins_dir))
        source = deciding.source_of(decision, campaign, registry)
        tracker.about(source.campaign)
        observers = after.enter_context(observing.observed(registry, source.settings))
        there = None if source.campaign.targets else decision.targets_among(target or ())
        wanted = options.selection(source.campaign, channel, target, there)
        confirmed = _ask(decision, source, wanted, tracker, observers)
        decision.cancel_closed()
        gist = decision.journal.gist(decision.campaign, selection=wanted)
        shape = shapes.run(
            decision.campaign, gist, guards=[], questions=shapes.questions(confirmed)
        )
        tracker.ended(shape["states"])
        output.questions(console, confirmed)
        if not confirmed.asked:
            console.print("No service is to be asked of anything.")
        output.states(console, shape["states"])
        typed = ladder.Typed(
            campaign=campaign, channel=channel, target=target, journal=journal,
            plugins_dir=plugins_dir,
        )  # fmt: skip
        # Where no service could be asked, a person must find out.
        asks = None if confirmed.asked else ()
        console.print(ladder.after_sending(gist, typed, asks=asks))
        if json:
            output.emit(shape, map(shapes.recorded, decision.entries(Wanted(selection=wanted))))
    raise SystemExit(_code(confirmed, gist))


def _ask(
    decision: Decision,
    source: Source,
    wanted: Selection,
    tracker: Tracker,
    observers: Observers,
) -> Confirmed:
    """Ask of all messages that a service may know of. Raises ConfigError: it cannot be asked."""
    from uadispatch.cli.common import loops
    from uadispatch.dispatch.followup.confirming import Confirmed, Confirmer, may_be_asked
    from uadispatch.dispatch.journal import Wanted
    from uadispatch.dispatch.news import Confirming
    from uadispatch.dispatch.planning.preparing import close, equip
    from uadispatch.dispatch.sending.observing import relayed
    from uadispatch.dispatch.states import State
    from uadispatch.errors import ConfigError

    uvloop = loops.wanted(source.settings)
    channels, _ = equip(source, decision.clock, lenient=True)
    states = frozenset({State.ACCEPTED, State.IN_DOUBT})

    def asked() -> Iterator[Entry]:
        found = decision.entries(Wanted(selection=wanted, states=states))
        return (entry for entry in found if may_be_asked(entry, channels))

    numbers = Counter(entry.channel for entry in asked())
    if not numbers:
        return Confirmed()
    if lacking := _lacking(source, set(numbers)):
        raise ConfigError(lacking)

    async def ask() -> Confirmed:
        confirmer = Confirmer(
            decision.journal, channels, decision.campaign, clock=decision.clock,
            random=random.random, by=decision.by,
            tell=relayed(observers, decision.campaign, decision.clock.now, hear),
        )  # fmt: skip
        rest = asked()
        try:
            while part := list(islice(rest, AT_ONCE)):
                confirmed.add_part(await confirmer.ask(part))
        finally:
            await close(channels)
        return confirmed

    confirmed = Confirmed()
    with tracker.asking(numbers.total()) as reporter:

        def hear(news: News) -> None:
            # Of each part it is told how many of it were asked for.
            if isinstance(news, Confirming):
                news = Confirming(numbers.total(), confirmed.asked + news.done)
            reporter(news)

        return loops.run(ask(), tracker.console, uvloop=uvloop)


def _lacking(source: Source, names: set[str]) -> str:
    """What must be set before the channels `names` can be asked."""
    missing = {
        name: source.settings.missing(name, source.registered[name].channel.Settings)
        for name in sorted(names)
    }
    return "; ".join(
        f"before {name} can be asked, set {', '.join(fields)}"
        for name, fields in missing.items()
        if fields
    )


def _code(confirmed: Confirmed, gist: Gist) -> int:
    from uadispatch.cli.common.exits import Code
    from uadispatch.cli.common.running import NOTHING_RAN, exit_code

    code = exit_code(NOTHING_RAN, gist)
    if confirmed.troubles:
        return Code.LOOK
    if code == Code.AS_ASKED and confirmed.unknown:
        return Code.LATER
    return code
