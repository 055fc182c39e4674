"""``close`` and ``reopen``: the end of a campaign, above whatever its file says."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uadispatch.cli import deciding, options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rich.console import Console

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.registry import Registry
    from uadispatch.cli.deciding import Decision
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.recalling import Recalled

Why = Annotated[
    str,
    typer.Option("--because", metavar="TEXT", help="Why; it is kept, and shown to whoever sends."),
]


def close(
    campaign: options.Campaign,
    because: Why,
    by: deciding.By = None,
    journal: options.Journal = None,
    plugins_dir: options.PluginsDir = None,
) -> None:
    """Close a campaign: nothing of it goes out any more, whatever its file says.

    What was not sent is cancelled, work that waits for a person too; what a service still holds
    is asked back where that is possible. A run that is going on claims nothing more, and asks for
    what was on its way.
    """
    from uadispatch.cli import output
    from uadispatch.cli.exits import Code
    from uadispatch.errors import ConfigError

    because = because.strip()
    if not because:
        raise ConfigError("--because: say why it is closed; whoever sends will read it")
    console = output.printer(as_json=False)
    with deciding.decision(campaign, journal, by) as decision:
        if decision.journal.facts(decision.moment).closed is None:
            _state(decision, "closed", because)
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
            console.print("\nLeft while asking. The closing stands; the same command asks again.")
            raise
    output.recalled(console, recalled)
    output.withdrawn(console, withdrawn)
    if unasked is not None:
        console.print(
            f"[yellow]{output.messages_in_words(unasked.number)} taken by a service that may still "
            f"hold them, and nobody could ask it:[/] {output.safe(unasked.why)}"
        )
    console.print(f"Next: {output.again('status', campaign, journal=journal)}")
    if unasked is not None or recalled.silent:
        raise SystemExit(Code.LOOK)


def reopen(
    campaign: options.Campaign,
    because: Why,
    by: deciding.By = None,
    journal: options.Journal = None,
) -> None:
    """Take a closing back. What it cancelled stays cancelled: a new round writes again."""
    from uadispatch.cli import output
    from uadispatch.cli.exits import Code
    from uadispatch.errors import ConfigError

    if not because.strip():
        raise ConfigError("--because: say why it is opened again")
    console = output.printer(as_json=False)
    with deciding.decision(campaign, journal, by) as decision:
        if decision.journal.facts(decision.moment).closed is None:
            console.print(
                f"The journal has no closing of {decision.campaign}. If its file says `status: "
                f"closed`, mend the file."
            )
            raise SystemExit(Code.LOOK)
        _state(decision, "reopened", because.strip())
        cancelled = sum(entry.state == "cancelled" for entry in decision.entries())
    console.print(f"Urgent Action {decision.campaign} is open again.")
    if cancelled:
        console.print(
            f"{output.messages_in_words(cancelled)} stay cancelled; a higher `round` in the "
            f"campaign file writes to everybody again."
        )
    console.print(f"Next: {output.again('dry-run', campaign)}")


def _state(decision: Decision, kind: str, because: str) -> None:
    decision.journal.state_fact(
        decision.campaign, kind, at=decision.clock.now(), by=decision.by, because=because
    )


def _say_what_flies(console: Console, decision: Decision) -> None:
    """Of what is on its way only the run that sends it hears whether it was taken."""
    from uadispatch.cli import output

    if flying := sum(entry.state == "claimed" for entry in decision.entries()):
        them = "it" if flying == 1 else "them"
        console.print(
            f"{output.on_their_way(flying)}; the run that sends {them} will ask for {them} back, "
            f"where that is possible."
        )


def _tell(console: Console, news: News) -> None:
    from uadispatch.cli import output
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
    from uadispatch.channels.registry import Registry, discover
    from uadispatch.dispatch.preparing import close, equip, read
    from uadispatch.dispatch.recalling import Recalled, recall
    from uadispatch.errors import ConfigError, PluginError

    registry = Registry(discover(plugins_dir))
    channels: Mapping[str, Channel[Any]] = {}
    why = "its plugin is not installed here"
    try:
        path = options.campaign_file(campaign, str(decision.url.database))
        channels, _ = equip(read(path, registry), decision.clock, lenient=True)
    except (ConfigError, PluginError) as exc:
        why = str(exc)

    async def ask() -> Recalled:
        try:
            return await recall(
                decision.journal, channels, decision.campaign, clock=decision.clock,
                by=decision.by, tell=tell,
            )  # fmt: skip
        finally:
            await close(channels)

    recalled = asyncio.run(ask()) if channels else Recalled()
    beyond = [
        entry
        for entry in decision.entries()
        if entry.state == "accepted"
        and entry.channel not in channels
        and _may_recall(registry, entry.channel, decision.home)
    ]
    withdrawn = _withdraw(decision, channels)
    return recalled, Unasked(len(beyond), why) if beyond else None, withdrawn


def _withdraw(decision: Decision, channels: Mapping[str, Channel[Any]]) -> int:
    """Remove the files of the tasks that are cancelled now; how many they were."""
    from uadispatch.dispatch.preparing import OUTBOX
    from uadispatch.dispatch.tasks import bundle, withdraw
    from uadispatch.errors import UadispatchError

    entries = decision.entries()
    number = withdraw(entries, decision.home / OUTBOX)
    page = decision.home / OUTBOX / decision.campaign.replace("/", "-") / "tasks.html"
    with suppress(OSError, UadispatchError):
        page.unlink(missing_ok=True)
        bundle(entries, channels, decision.home / OUTBOX)
    return number


@dataclass(frozen=True)
class Unasked:
    """How many messages nobody could be asked to give back, and why."""

    number: int
    why: str


def _may_recall(registry: Registry, channel: str, home: Path) -> bool:
    """Whether its service might have given back what it took, for all that is known here."""
    from uadispatch.dispatch.preparing import capabilities_of
    from uadispatch.errors import PluginError
    from uadispatch.settings import Settings

    if not registry.knows(channel):
        return True
    try:
        return capabilities_of(registry.get(channel), Settings(home, None)).recalls
    except PluginError:
        return True
