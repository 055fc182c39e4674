"""Closing a campaign: the fact, what it cancels, what is asked back, and what is said of it.

It knows how a closing is carried out; whose it is and why, the command tells that closes.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from uadispatch.cli.common import deciding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rich.console import Console

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.registry import Registry
    from uadispatch.cli.common.deciding import Decision
    from uadispatch.dispatch.followup.recalling import Recalled
    from uadispatch.dispatch.news import News
    from uadispatch.observers.hooks import CampaignClosed

__all__ = ["Closed", "close_now", "end_rounds_before", "state"]


@dataclass(frozen=True)
class Closed:
    """What came of a closing."""

    event: CampaignClosed | None
    """What observers are told; None: it was closed before, and nothing was left to do."""
    must_look: bool
    """Whether a person must look."""


def close_now(
    console: Console,
    decision: Decision,
    campaign: str,
    because: str,
    *,
    plugins_dir: Path | None = None,
) -> Closed:
    """Close the campaign of `decision`, and say what came of it.

    `campaign` is what was typed, or the campaign file: from it the channels are made ready that
    are asked to give back what they hold. A campaign that is closed keeps its reason.
    """
    from uadispatch.cli.common import output
    from uadispatch.observers.hooks import CampaignClosed

    is_new = decision.journal.facts(decision.moment).closed is None
    if is_new:
        state(decision, "closed", because)
    cancelled = decision.journal.cancel_ended(decision.moment, by=decision.by)
    # Asking takes time: the rest is done, and whoever waits is to know it.
    console.print(f"Urgent Action {decision.campaign} is closed: {output.safe(because)}")
    console.print(f"{output.messages_in_words(sum(cancelled.values()))} cancelled.")
    _say_what_flies(console, decision)
    try:
        recalled, unasked, withdrawn = _recall(
            decision, campaign, plugins_dir, tell=partial(_tell, console)
        )  # fmt: skip
    except KeyboardInterrupt:
        console.print("\nLeft while asking. The closing stands; uadispatch close asks again.")
        raise
    output.recalled(console, recalled)
    output.withdrawn(console, withdrawn)
    if unasked is not None:
        console.print(
            f"[yellow]{output.messages_in_words(unasked.number)} taken by a service that may still "
            f"hold them, and nobody could ask it:[/] {output.safe(unasked.why)}"
        )
    look, number = unasked is not None or bool(recalled.silent), sum(cancelled.values())
    event = CampaignClosed(
        campaign=decision.campaign, at=decision.clock.now(), cancelled=number,
        recalled=recalled.back, must_look=look,
    )  # fmt: skip
    return Closed(event if is_new or number or recalled.back else None, must_look=look)


def end_rounds_before(
    console: Console,
    decision: Decision,
    campaign: str,
    round_: int,
    because: str,
    *,
    plugins_dir: Path | None = None,
) -> None:
    """End what is left of the rounds before `round_`, whose text was replaced, and say so.

    What was not sent is cancelled; so is what people have not done, and its files are removed.
    """
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.cli.common import output
    from uadispatch.dispatch.followup.tasks import files_of, remove, with_files
    from uadispatch.dispatch.journal import is_open
    from uadispatch.dispatch.planning.preparing import OUTBOX
    from uadispatch.dispatch.states import CLAIMABLE, State

    outbox = decision.home / OUTBOX
    states = CLAIMABLE | {State.WITH_PERSON, State.DONE}
    earlier = decision.entries(with_files(outbox, states=states, before_round=round_))
    # Looked for before they end: what was done is kept.
    files = files_of(
        (each for each in earlier if each.state in CLAIMABLE or is_open(each.state, each.counts)),
        outbox,
    )
    ended = decision.journal.supersede(
        decision.campaign, round_, because=because, at=decision.clock.now(), by=decision.by
    )
    if not ended:
        return
    them = output.messages_in_words(sum(ended.values()))
    console.print(f"{them} of earlier rounds ended: {output.safe(because)}")
    output.withdrawn(console, remove(files))
    channels, _ = _channels(decision, campaign, Registry(discover(plugins_dir)))
    _rebind(decision, channels)


def state(decision: Decision, kind: str, because: str) -> None:
    """State that the campaign is closed, or reopened."""
    decision.journal.state_fact(
        decision.campaign, kind, at=decision.clock.now(), by=decision.by, because=because
    )


def _say_what_flies(console: Console, decision: Decision) -> None:
    """Of what is on its way only the run that sends it hears whether it was taken."""
    from uadispatch.cli.common import output
    from uadispatch.dispatch.states import State

    if flying := decision.gist().states[State.CLAIMED]:
        them = "it" if flying == 1 else "them"
        console.print(
            f"{output.on_their_way(flying)}; the run that sends {them} will ask for {them} back, "
            f"where that is possible."
        )


def _tell(console: Console, news: News) -> None:
    from uadispatch.cli.common import output
    from uadispatch.dispatch.news import Recalling

    if isinstance(news, Recalling):
        output.recalling(console, news)


def _recall(
    decision: Decision,
    campaign: str,
    plugins_dir: Path | None,
    *,
    tell: Callable[[News], None],
) -> tuple[Recalled, Unasked | None, int]:
    """Ask the channels that can take back; whom nobody could ask, and why; files removed."""
    import asyncio

    from uadispatch.channels.registry import Registry, discover
    from uadispatch.dispatch.followup.recalling import Recalled, recall
    from uadispatch.dispatch.planning.preparing import close
    from uadispatch.dispatch.states import State

    registry = Registry(discover(plugins_dir))
    channels, why = _channels(decision, campaign, registry)

    async def ask() -> Recalled:
        try:
            return await recall(
                decision.journal, channels, decision.campaign, clock=decision.clock,
                by=decision.by, tell=tell,
            )  # fmt: skip
        finally:
            await close(channels)

    recalled = asyncio.run(ask()) if channels else Recalled()
    beyond = sum(
        states.get(State.ACCEPTED, 0)
        for channel, states in decision.gist().by_channel.items()
        if channel not in channels and _may_recall(registry, channel, decision.home)
    )
    withdrawn = _withdraw(decision, channels)
    return recalled, Unasked(beyond, why) if beyond else None, withdrawn


def _channels(
    decision: Decision, campaign: str, registry: Registry
) -> tuple[Mapping[str, Channel[Any]], str]:
    """The campaign's channels that can be made ready here; why another one is not among them."""
    from uadispatch.dispatch.planning.preparing import equip
    from uadispatch.errors import ConfigError, PluginError

    try:
        source = deciding.source_of(decision, campaign, registry)
        channels, _ = equip(source, decision.clock, lenient=True)
    except (ConfigError, PluginError) as exc:
        return {}, str(exc)
    return channels, "its plugin is not installed here"


def _withdraw(decision: Decision, channels: Mapping[str, Channel[Any]]) -> int:
    """Remove the files of the tasks that are cancelled now; how many they were."""
    from uadispatch.dispatch.followup.tasks import withdraw
    from uadispatch.dispatch.planning.preparing import OUTBOX

    number = withdraw(decision.journal, decision.campaign, decision.home / OUTBOX)
    _rebind(decision, channels)
    return number


def _rebind(decision: Decision, channels: Mapping[str, Channel[Any]]) -> None:
    """Make what was put together of many tasks anew, of those that are left."""
    from uadispatch.dispatch.followup.tasks import bundle
    from uadispatch.dispatch.planning.preparing import OUTBOX
    from uadispatch.errors import UadispatchError

    outbox = decision.home / OUTBOX
    with suppress(OSError, UadispatchError):
        (outbox / decision.campaign.replace("/", "-") / "tasks.html").unlink(missing_ok=True)
        bundle(decision.journal, decision.campaign, channels, outbox)


@dataclass(frozen=True)
class Unasked:
    """How many messages nobody could be asked to give back, and why."""

    number: int
    why: str


def _may_recall(registry: Registry, channel: str, home: Path) -> bool:
    """Whether its service might have given back what it took, for all that is known here."""
    from uadispatch.dispatch.planning.preparing import capabilities_of
    from uadispatch.errors import PluginError
    from uadispatch.settings import Settings

    if not registry.knows(channel):
        return True
    try:
        return capabilities_of(registry.get(channel), Settings(home, None)).recalls
    except PluginError:
        return True
