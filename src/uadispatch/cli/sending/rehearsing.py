"""What a rehearsal needs before it begins: a folder, stand-ins, and what ``--to`` means."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import AsyncExitStack
    from pathlib import Path
    from typing import Any

    from rich.console import Console

    from uadispatch.campaign.values import Contact
    from uadispatch.channels.standing_in import StandIn
    from uadispatch.clock import Clock
    from uadispatch.dispatch.planning.preparing import Source
    from uadispatch.views.rehearsal.rehearsed import Results

__all__ = [
    "FarEnds", "begin", "differences", "differences_shape", "new_folder", "only", "routes",
]  # fmt: skip

NAMED = 10
"""How many messages that differ are named."""


@dataclass(frozen=True)
class FarEnds:
    """The stand-ins that run, by channel."""

    stand_ins: dict[str, StandIn] = field(default_factory=dict)
    settings: dict[str, Mapping[str, object]] = field(default_factory=dict)
    """What points each channel at its stand-in."""
    notices: list[str] = field(default_factory=list)
    """Which channels have none, and why."""


def for_real(source: Source, routes: Collection[str]) -> frozenset[str]:
    """Those of the re-routed channels whose messages really leave: a person's never do.

    Raises:
        ConfigError: one hands its messages on to another, which is not re-routed.
    """
    from uadispatch.channels.contract import By
    from uadispatch.dispatch.planning.preparing import capabilities_of
    from uadispatch.errors import ConfigError

    found = set()
    for name in routes:
        able = capabilities_of(source.registered[name], source.settings)
        if able.hands_on_to is not None and able.hands_on_to not in routes:
            raise ConfigError(
                f"--to {name}: {name} hands its messages on to {able.hands_on_to}, which would go "
                f"to a stand-in: re-route {able.hands_on_to} too"
            )
        if able.by is By.PROGRAM:
            found.add(name)
    return frozenset(found)


async def begin(
    stack: AsyncExitStack, source: Source, real: Collection[str], folder: Path, clock: Clock
) -> FarEnds:
    """Start a stand-in for every channel that does not send for `real`; `stack` stops them.

    Raises:
        ConfigError: a setting is wrong, or a stand-in cannot start.
    """
    from uadispatch.dispatch.planning.preparing import stand_in_of
    from uadispatch.errors import ConfigError, PluginError, place_of

    ends = FarEnds()
    for name, registered in source.registered.items():
        if name in real:
            continue
        try:
            stand_in = stand_in_of(registered, source.settings, clock)
        except ConfigError:
            raise  # a setting is wrong, and it says which
        except PluginError as exc:
            ends.notices.append(f"{name} is not rehearsable: {exc}")
            continue
        except Exception as exc:  # noqa: BLE001 - a plugin's own code
            ends.notices.append(f"{name} is not rehearsable: {place_of(exc)}")
            continue
        if stand_in is None:
            ends.notices.append(f"{name} is not rehearsable: its plugin brings no stand-in")
            continue
        stack.push_async_callback(stand_in.stop)
        kept = folder / "received" / name
        kept.mkdir(parents=True)
        try:
            ends.settings[name] = await stand_in.start(kept)
        except Exception as exc:
            says = f"the stand-in of {name} cannot start: {place_of(exc)}"
            raise ConfigError(says) from exc
        ends.stand_ins[name] = stand_in
    return ends


def only(source: Source, names: set[str]) -> Source:
    """`source` with those channels alone that can be rehearsed."""
    from uadispatch.errors import ConfigError

    registered = {name: found for name, found in source.registered.items() if name in names}
    if not registered:
        raise ConfigError("none of the campaign's channels can be rehearsed")
    return replace(source, registered=registered)


def new_folder(home: Path, number: str, stamp: str) -> Path:
    """A folder that no rehearsal has used before."""
    from uadispatch.errors import ConfigError, Problem

    parent = home / ".uadispatch" / "rehearsals"
    name = f"{number.replace('/', '-')}-{stamp}"
    try:
        for folder in (parent.parent, parent):
            folder.mkdir(exist_ok=True, mode=0o700)
        for suffix in count(1):
            folder = parent / (name if suffix == 1 else f"{name}-{suffix}")
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder
    except OSError as exc:
        raise ConfigError(
            Problem(f"no rehearsal can be kept here: {exc.strerror}", str(parent))
        ) from None
    raise AssertionError  # count() does not end


def routes(given: Sequence[str], source: Source) -> dict[str, Contact]:
    """What ``--to`` means: channel to the tester's own contact. Raises ConfigError."""
    from pydantic import ValidationError

    from uadispatch.campaign.model import Target
    from uadispatch.channels.contract import CHANNEL_NAME
    from uadispatch.errors import ConfigError

    routes: dict[str, Contact] = {}
    for text in given:
        name, found, rest = text.partition("=")
        # Whatever looks like CHANNEL= is one: a slip must not become part of an address.
        name, contact = (name, rest) if found and CHANNEL_NAME.match(name) else ("email", text)
        registered = source.registered.get(name)
        if registered is None:
            raise ConfigError(f"--to {text}: the campaign has no channel {name} to re-route")
        field = registered.channel.contact
        raw = {field: contact} if field in Target.model_fields else {"contacts": {field: contact}}
        try:
            read = Target.model_validate({"id": "tester", "name": "tester", **raw})
        except ValidationError as exc:
            says = exc.errors()[0]["msg"].removeprefix("Value error, ")
            raise ConfigError(f"--to {text}: {says}") from None
        tester = read.contact_on(field)
        if tester is not None:
            routes[name] = tester
    return routes


def differences(console: Console, results: Results) -> None:
    """Say what did not come as it was meant."""
    from uadispatch.cli.common.output import safe

    told = [
        f"[red]{message.name}: not as it was meant:[/] {safe('; '.join(message.difference.says))}"
        for message in results.differing
        if message.difference is not None
    ]
    told += [
        f"[red]{arrived.by}: not meant at all:[/] its stand-in got a message to "
        f"{safe(arrived.got.to or 'nobody')} that belongs to none of this rehearsal"
        for arrived in results.strange
    ]
    for line in told[:NAMED]:
        console.print(line)
    if len(told) > NAMED:
        console.print(f"[red]and {len(told) - NAMED:,} more[/]")
    names = {message.draft.channel for message in results.differing}
    names |= {arrived.by for arrived in results.strange}
    for name in sorted(names):
        console.print(f"[red]{name}:[/] the channel or its stand-in is wrong; do not send with it.")


def differences_shape(results: Results) -> list[dict[str, Any]]:
    """The same, as JSON."""
    found: list[dict[str, Any]] = [
        {
            "key": message.draft.key,
            "target": message.draft.target.id,
            "channel": message.draft.channel,
            "says": list(message.difference.says),
        }
        for message in results.differing
        if message.difference is not None
    ]
    says = "it belongs to no message of this rehearsal"
    return found + [
        {"key": None, "target": None, "channel": arrived.by, "says": [says]}
        for arrived in results.strange
    ]
