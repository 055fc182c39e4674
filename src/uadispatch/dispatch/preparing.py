"""From a campaign file to what a run needs: channels made ready, templates read, snapshot taken."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uadispatch
from uadispatch.campaign.file import read_campaign
from uadispatch.channels.contract import Capabilities, Channel, Tools
from uadispatch.clock import SystemClock
from uadispatch.dispatch.planning import StoredTarget
from uadispatch.dispatch.snapshot import Snapshot, digest, take, target_body
from uadispatch.errors import ConfigError
from uadispatch.rendering.templates import collect
from uadispatch.settings import Settings, find_home, reveal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uadispatch.campaign.model import Campaign
    from uadispatch.channels.registry import Registered, Registry
    from uadispatch.clock import Clock

__all__ = [
    "KNOWN_CHANNELS",
    "Prepared",
    "Source",
    "capabilities_of",
    "close",
    "equip",
    "prepare",
    "read",
]

CACHE = Path(".uadispatch/cache")
"""Below the home folder: what channels can make again."""

KNOWN_CHANNELS = frozenset({"email", "fax", "twitter", "phone", "letter", "facebook"})
"""Channels of this program: a campaign may name one whose plugin is not installed here, and is
told so. Any other unknown name is taken for a slip."""


@dataclass(frozen=True)
class Source:
    """A campaign file that has been read, and the home folder whose settings speak for it."""

    file: Path
    home: Path
    campaign: Campaign
    settings: Settings
    registered: Mapping[str, Registered]
    """The campaign's channels that are installed, in its order."""
    notices: tuple[str, ...]
    """What a person should know before anything is sent."""


@dataclass(frozen=True)
class Prepared:
    """A campaign ready to be planned."""

    source: Source
    snapshot: Snapshot
    channels: Mapping[str, Channel[Any]]
    targets: Sequence[StoredTarget]
    notices: tuple[str, ...]


def read(file: Path, registry: Registry) -> Source:
    """Read a campaign file and find what speaks for it.

    Raises:
        ConfigError: the file, or a channel name in it, must be mended.
        PluginError: two plugins claim one of its channels.
    """
    campaign = read_campaign(file)
    home = find_home(file)
    settings = Settings(home, {*registry.channels, *KNOWN_CHANNELS})
    registered: dict[str, Registered] = {}
    absent = [
        name
        for name in campaign.channels
        if name in KNOWN_CHANNELS and name not in registry.channels
    ]
    for name in campaign.channels:
        if name not in absent:
            registered[name] = registry.get(name)
    notices = [_absent(absent)] if absent else []
    notices += [f"{broken.plugin} cannot be used: {broken.says}" for broken in registry.broken]
    if not registered:
        raise ConfigError(f"none of the campaign's channels can be used: {'; '.join(notices)}")
    return Source(file, home, campaign, settings, registered, tuple(notices))


def equip(
    source: Source,
    clock: Clock,
    *,
    lenient: bool = False,
    overrides: Mapping[str, Mapping[str, object]] | None = None,
) -> tuple[dict[str, Channel[Any]], tuple[str, ...]]:
    """Build the campaign's channels; nothing is opened.

    With `lenient` a missing setting is a notice and not an error, for those who only look.

    Raises:
        ConfigError: all that is missing or wrong in their settings.
    """
    channels: dict[str, Channel[Any]] = {}
    problems: list[Any] = []
    notices: list[str] = []

    def other(name: str) -> Channel[Any]:
        if name not in channels:
            raise ConfigError(f"there is no channel {name!r} in this campaign to hand on to")
        return channels[name]

    for name, registered in source.registered.items():
        given = (overrides or {}).get(name)
        model = registered.channel.Settings
        missing = source.settings.missing(name, model) if lenient and given is None else []
        if missing:
            notices.append(f"before {name} can send, set {', '.join(missing)}")
        try:
            section = (
                source.settings.incomplete(name, model)
                if missing
                else source.settings.section(name, model, given)
            )
        except ConfigError as exc:
            problems += exc.problems
            continue
        tools = Tools(
            clock=clock, cache=source.home / CACHE / name, secret=reveal,
            channel=other,
        )  # fmt: skip
        channels[name] = registered.channel(section, tools)
    if problems:
        raise ConfigError(problems)
    return channels, tuple(notices)


def prepare(
    source: Source, channels: Mapping[str, Channel[Any]], notices: Sequence[str] = ()
) -> Prepared:
    """Read the templates and take the snapshot.

    Raises:
        ConfigError: a template cannot be read, or the organisation's settings are incomplete.
    """
    campaign = source.campaign
    bodies = [(target, target_body(target)) for target in campaign.targets]
    targets = [StoredTarget(target, digest(body), body) for target, body in bodies]
    classes = {name: registered.channel for name, registered in source.registered.items()}
    versions = {name: found.version for name, found in source.registered.items()}
    snapshot = take(
        campaign,
        organisation=source.settings.organisation,
        templates=collect(source.home, classes, campaign.letter),
        settings={name: channel.settings.for_snapshot() for name, channel in channels.items()},
        versions={"uadispatch": uadispatch.__version__, **versions},
        target_digests=[stored.digest for stored in targets],
    )
    return Prepared(source, snapshot, channels, targets, (*source.notices, *notices))


def capabilities_of(registered: Registered, settings: Settings) -> Capabilities:
    """What a channel can do as it is configured; its defaults where too much is missing."""
    name = registered.name
    tools = Tools(
        clock=SystemClock(), cache=settings.home / CACHE / name, secret=reveal, channel=_nobody
    )
    try:
        section = settings.incomplete(name, registered.channel.Settings)
        return registered.channel(section, tools).capabilities
    except Exception:  # noqa: BLE001 - a plugin's code, with settings missing or wrong
        return Capabilities()


def _nobody(name: str) -> Channel[Any]:
    raise ConfigError(f"there is no channel {name!r} to hand on to")


async def close(channels: Mapping[str, Channel[Any]]) -> None:
    """Close every channel, whatever one of them raises."""
    await asyncio.gather(
        *(channel.aclose() for channel in channels.values()), return_exceptions=True
    )


def _absent(names: Sequence[str]) -> str:
    *others, last = names
    listed = f"{', '.join(others)} and {last}" if others else last
    verb = "are" if others else "is"
    return f"{listed} {verb} not installed, so nobody will be reached that way"
