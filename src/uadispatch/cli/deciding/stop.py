"""``stop`` and ``resume``: a flag that holds messages back, and can be lifted."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch.cli.common import deciding, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uadispatch.campaign.model import Campaign
    from uadispatch.cli.common.deciding import Decision
    from uadispatch.dispatch.guards import Stop


def stop(
    campaign: options.Campaign,
    channel: options.Channels = None,
    target: options.Targets = None,
    because: deciding.Because = "",
    by: deciding.By = None,
    journal: options.Journal = None,
) -> None:
    """Let nothing more of a campaign go out, until it is resumed.

    A run that is going on claims nothing more of it, from any terminal; what is on its way
    already is not called back.
    """
    from uadispatch.cli.common import output
    from uadispatch.dispatch.states import State

    console = output.printer(as_json=False)
    with deciding.decision(campaign, journal, by) as decision:
        scopes = _scopes(decision, campaign, target, channel)
        standing = {(found.target, found.channel) for found in _stops(decision)}
        for where in scopes:
            if where in standing:
                console.print(f"Already stopped: {_named(*where)}.")
                continue
            decision.journal.state_fact(
                decision.campaign, "stopped", at=decision.clock.now(), by=decision.by,
                because=because, target=where[0], channel=where[1],
            )  # fmt: skip
            console.print(f"Stopped: {_named(*where)}. No run claims any more of it.")
        flying = decision.gist().states[State.CLAIMED]
        if flying:
            console.print(f"{output.on_their_way(flying)}.")
    again = output.again("resume", campaign, channel=channel, target=target, journal=journal)
    console.print(f"Next, once it may go on: {again}")


def resume(
    campaign: options.Campaign,
    channel: options.Channels = None,
    target: options.Targets = None,
    because: deciding.Because = "",
    by: deciding.By = None,
    journal: options.Journal = None,
) -> None:
    """Lift the stops of a campaign: all of them, or those of a target or channel."""
    from uadispatch.cli.common import output
    from uadispatch.cli.common.exits import Code

    console = output.printer(as_json=False)
    with deciding.decision(campaign, journal, by) as decision:
        standing = _stops(decision)
        lifted = [found for found in standing if _is_meant(found, target, channel)]
        for found in lifted:
            decision.journal.state_fact(
                decision.campaign, "resumed", at=decision.clock.now(), by=decision.by,
                because=because, target=found.target, channel=found.channel,
            )  # fmt: skip
            console.print(f"Resumed: {_named(found.target, found.channel)}.")
        for found in standing:
            if found not in lifted:
                named = _named(found.target, found.channel)
                console.print(f"Still stopped: {named}: {output.safe(found.says)}.")
    if not lifted:
        console.print("Nothing of that was stopped.")
        raise SystemExit(Code.LOOK)
    console.print(f"Next: {output.again('send', campaign, journal=journal)}")


def _is_meant(found: Stop, targets: Sequence[str] | None, channels: Sequence[str] | None) -> bool:
    if not targets and not channels:
        return True
    return (found.target in targets if targets else found.target is None) and (
        found.channel in channels if channels else found.channel is None
    )


def _stops(decision: Decision) -> Sequence[Stop]:
    return decision.journal.facts(decision.moment).stops


def _scopes(
    decision: Decision, campaign: str, targets: list[str] | None, channels: list[str] | None
) -> list[tuple[str | None, str | None]]:
    """The pairs of target and channel that are meant; a slip must not stop nothing."""
    ids = decision.targets_among(targets or ())
    names = set(decision.gist().by_channel) if channels else set()
    found = options.campaign_if_readable(campaign)
    if found is not None:
        ids |= {target.id for target in found.written}
        ids |= _listed(found, campaign, {*(targets or ())} - ids)
        names |= set(found.channels)
    return [
        (target, channel)
        for target in deciding.known("--target", targets, ids)
        for channel in deciding.known("--channel", channels, names)
    ]


def _listed(campaign: Campaign, file: str, wanted: set[str]) -> set[str]:
    """Those of the ids that stand in the campaign's files of targets; nothing else is read there.

    A file that cannot be read now keeps nobody from stopping what the journal knows.
    """
    from uadispatch.campaign.target_files.rows import ids_in
    from uadispatch.errors import ConfigError

    found: set[str] = set()
    for item in campaign.files if wanted else ():
        with suppress(ConfigError):
            found.update(id_ for id_ in ids_in(item, Path(file).parent) if id_ in wanted)
    return found


def _named(target: str | None, channel: str | None) -> str:
    if target is None and channel is None:
        return "the whole campaign"
    if target is None:
        return f"everything by {channel}"
    return f"target {target}" if channel is None else f"{target}/{channel}"
