"""From a campaign file to what a run needs: channels made ready, templates read, snapshot taken."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uadispatch
from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.model import Campaign
from uadispatch.channels.contract import Capabilities, Channel, Tools
from uadispatch.clock import SystemClock
from uadispatch.dispatch.journal import Absent
from uadispatch.dispatch.pace.handing import handed_on
from uadispatch.dispatch.pace.pacing import begin
from uadispatch.dispatch.planning.watching import CampaignFile
from uadispatch.dispatch.snapshot import Snapshot, take
from uadispatch.dispatch.targets.roster import Roster
from uadispatch.errors import ConfigError, PluginError, Problem, place_of
from uadispatch.rendering.pages import Pages
from uadispatch.rendering.templates import collect
from uadispatch.settings import Settings, find_home, reveal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from uadispatch.channels.channel_settings import ChannelSettings
    from uadispatch.channels.registry import Registered, Registry
    from uadispatch.channels.standing_in import StandIn
    from uadispatch.clock import Clock

__all__ = [
    "KNOWN_CHANNELS",
    "Prepared",
    "Source",
    "beyond_reach",
    "capabilities_of",
    "close",
    "equip",
    "kept",
    "prepare",
    "read",
    "settings_of",
    "stand_in_of",
]

CACHE = Path(".uadispatch/cache")
"""Below the home folder: what channels can make again."""

OUTBOX = Path(".uadispatch/outbox")
"""Below the home folder: the files that people work with."""

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
    absent: Mapping[str, str]
    """The campaign's channels that cannot be used here today, each with why."""
    notices: tuple[str, ...]
    """What a person should know before anything is sent."""
    watch: CampaignFile
    """Sees whether the file is closed later on."""


@dataclass(frozen=True)
class Prepared:
    """A campaign ready to be planned."""

    source: Source
    snapshot: Snapshot
    channels: Mapping[str, Channel[Any]]
    targets: Roster
    notices: tuple[str, ...]


def read(file: Path, registry: Registry) -> Source:
    """Read a campaign file and find what speaks for it.

    Raises:
        ConfigError: the file, or a channel name in it, must be mended.
        PluginError: two plugins claim one of its channels.
    """
    watch = CampaignFile(file)
    return _source(file, find_home(file), read_campaign(file), watch, registry)


def kept(snapshot: Snapshot, file: Path, home: Path, registry: Registry) -> Source:
    """As `read`, of a campaign of which the journal alone is at hand, which has it from `file`.

    It has no targets: those stand in the journal.

    Raises:
        ConfigError: none of its channels can be used here.
        PluginError: two plugins claim one of its channels.
    """
    # What stands in a snapshot was valid when it was taken.
    campaign = Campaign.model_construct(
        urgent_action=snapshot.urgent_action, round=snapshot.round, languages=snapshot.languages,
        channels=tuple(snapshot.content["channels"]), targets=(), letter=snapshot.letters,
    )  # fmt: skip
    return _source(file, home, campaign, CampaignFile(file), registry)


def _source(
    file: Path, home: Path, campaign: Campaign, watch: CampaignFile, registry: Registry
) -> Source:
    settings = settings_of(home, registry)
    registered: dict[str, Registered] = {}
    absent = [
        name for name in campaign.channels if name in KNOWN_CHANNELS and not registry.knows(name)
    ]
    for name in campaign.channels:
        if name not in absent:
            registered[name] = registry.get(name)
    notices = [_absent(absent)] if absent else []
    notices += [f"{broken.plugin} cannot be used: {broken.says}" for broken in registry.broken]
    if strange := settings.strange_variables({*registry.sections, *KNOWN_CHANNELS}):
        notices.append(f"nothing reads {', '.join(strange)}; is it spelt right?")
    if not registered:
        raise ConfigError(f"none of the campaign's channels can be used: {'; '.join(notices)}")
    # Which channel a broken plugin would have brought, nobody can say.
    why = "cannot be used here: its plugin is missing or broken"
    why = why if registry.broken else "is not installed here"
    reasons = {name: f"its channel {name} {why}" for name in absent}
    return Source(file, home, campaign, settings, registered, reasons, tuple(notices), watch)


def settings_of(home: Path, registry: Registry) -> Settings:
    """The settings of `home`; a section that no plugin reads is a slip, unless one is broken.

    Raises:
        ConfigError: the file must be mended.
    """
    known = {*registry.sections, *KNOWN_CHANNELS}
    return Settings(home, None if registry.broken else known)


def equip(
    source: Source,
    clock: Clock,
    *,
    lenient: bool = False,
    needed: Collection[str] | None = None,
    stand_ins: Mapping[str, Mapping[str, object]] | None = None,
    routed: Collection[str] = (),
) -> tuple[dict[str, Channel[Any]], tuple[str, ...]]:
    """Build the campaign's channels; nothing is opened.

    With `lenient` a missing setting is a notice and not an error, for those who only look; so it is
    for channels that are not among the `needed` (None: all are). In a rehearsal, `stand_ins`
    (channel to settings) point channels at stand-ins with nothing real beside, and `routed` are
    those that send to the tester: no other channel may hand on to them.

    Raises:
        ConfigError: all that is missing or wrong in their settings.
    """
    needed = source.registered if needed is None else needed
    channels: dict[str, Channel[Any]] = {}
    problems: list[Problem] = []
    notices: list[str] = []
    incomplete: dict[str, str] = {}
    pages = Pages()

    def further(asking: str, name: str) -> Channel[Any]:
        if name in routed and asking not in routed:
            raise ConfigError(
                f"{name} sends for real here, to the tester alone; re-route {asking} too"
            )
        return _handed_on(asking, name, channels, incomplete)

    for name, registered in source.registered.items():
        model = registered.channel.Settings
        given = (stand_ins or {}).get(name)
        may_lack = given is None and (lenient or name not in needed)
        if missing := source.settings.missing(name, model) if may_lack else []:
            incomplete[name] = f"before {name} can send, set {', '.join(missing)}"
            notices.append(incomplete[name])
        try:
            section = _section(source.settings, name, model, given, complete=not missing)
            tools = _tools(source.home, clock, name, partial(further, name), pages)
            channels[name] = _build(registered, section, tools)
        except ConfigError as exc:
            problems += exc.problems
        except PluginError as exc:
            if not missing:
                raise
            notices.append(str(exc))
    lone = _without_onward(source, channels)
    problems += [Problem(says) for name, says in lone.items() if not lenient and name in needed]
    notices += [says for name, says in lone.items() if lenient or name not in needed]
    if problems:
        raise ConfigError(problems)
    return channels, tuple(notices)


def _without_onward(source: Source, channels: Mapping[str, Channel[Any]]) -> dict[str, str]:
    """The channels that hand on to one that the campaign does not have, with what to do."""
    onward = {name: channel.capabilities.hands_on_to for name, channel in channels.items()}
    return {
        name: f"{name} hands on to {other}: add {other} to the campaign's channels"
        for name, other in onward.items()
        if other is not None and other not in source.registered
    }


def _handed_on(
    asking: str, name: str, channels: Mapping[str, Channel[Any]], incomplete: Mapping[str, str]
) -> Channel[Any]:
    if name not in channels:
        raise ConfigError(f"there is no channel {name!r} in this campaign to hand on to")
    if name in incomplete:
        raise ConfigError(f"{asking} hands on to it: {incomplete[name]}")
    return handed_on(channels[name])


def _section(
    settings: Settings,
    name: str,
    model: type[ChannelSettings],
    given: Mapping[str, object] | None,
    *,
    complete: bool,
) -> ChannelSettings:
    if given is not None:
        return settings.for_stand_in(name, model, given)
    return settings.section(name, model) if complete else settings.incomplete(name, model)


def _build(registered: Registered, section: Any, tools: Tools) -> Channel[Any]:
    """Build a channel. Raises PluginError if its own code fails at that."""
    try:
        channel = registered.channel(section, tools)
        _ = channel.capabilities.by
    except Exception as exc:
        says = f"the channel {registered.name} of {registered.plugin} cannot be built"
        raise PluginError(f"{says}: {place_of(exc)}") from exc
    return channel


def _tools(
    home: Path,
    clock: Clock,
    name: str,
    further: Callable[[str], Channel[Any]],
    pages: Pages | None = None,
) -> Tools:
    return Tools(
        clock=clock,
        cache=home / CACHE / name,
        outbox=home / OUTBOX / name,
        secret=reveal,
        channel=further,
        begin=begin,
        typeset=(pages or Pages()).typeset,
    )


def prepare(
    source: Source,
    channels: Mapping[str, Channel[Any]],
    notices: Sequence[str] = (),
    *,
    targets: Roster | None = None,
    step: Callable[[int], object] = lambda _: None,
) -> Prepared:
    """Read the templates, and the files of targets; take the snapshot.

    `targets` are those of `source`, if somebody has them already. `step` is told now and then how
    many rows of the files have been read.

    Raises:
        ConfigError: a template or a file of targets cannot be read, an id stands twice, or the
            organisation's settings are incomplete.
    """
    campaign = source.campaign
    targets = _roster(source, step) if targets is None else targets
    classes = {name: registered.channel for name, registered in source.registered.items()}
    versions = {name: found.version for name, found in source.registered.items()}
    snapshot = take(
        campaign,
        organisation=source.settings.organisation,
        templates=collect(source.home, classes, campaign.letter),
        settings={name: channel.settings.for_snapshot() for name, channel in channels.items()},
        versions={"uadispatch": uadispatch.__version__, **versions},
        targets=targets.digest,
    )
    return Prepared(
        source, snapshot, channels, targets, (*source.notices, *notices, *targets.notices)
    )


def _roster(source: Source, step: Callable[[int], object]) -> Roster:
    if not source.campaign.files:
        return Roster(source.campaign.written)
    from uadispatch.dispatch.targets.listing import ListedRoster  # noqa: PLC0415 - costly: a database

    return ListedRoster(source.campaign, source.file, step)


def beyond_reach(prepared: Prepared) -> Absent:
    """The channels that the file names and that cannot be used here today.

    No plan has their messages, and still nobody took them out of the file.
    """
    return Absent(_unusable(prepared), prepared.targets)


def _unusable(prepared: Prepared) -> dict[str, str]:
    incomplete = "its channel {} cannot be used with the settings that it has here"
    return {
        name: prepared.source.absent.get(name, incomplete.format(name))
        for name in prepared.source.campaign.channels
        if name not in prepared.channels
    }


def capabilities_of(registered: Registered, settings: Settings) -> Capabilities:
    """What a channel can do as it is configured; its defaults where too much is missing."""
    name = registered.name
    tools = _tools(settings.home, SystemClock(), name, _nobody)
    try:
        section = settings.incomplete(name, registered.channel.Settings)
        return _build(registered, section, tools).capabilities
    except (ConfigError, PluginError):
        return Capabilities()


def stand_in_of(registered: Registered, settings: Settings, clock: Clock) -> StandIn | None:
    """The stand-in of a channel as it is configured, or None if it brings none.

    It lives at the time of `clock`.

    Raises:
        ConfigError: a setting is wrong.
        PluginError: the channel cannot be built.
    """
    name = registered.name
    tools = _tools(settings.home, clock, name, _nobody)
    section = settings.incomplete(name, registered.channel.Settings)
    return _build(registered, section, tools).stand_in()


def _nobody(name: str) -> Channel[Any]:
    raise ConfigError(f"there is no channel {name!r} to hand on to")


async def close(channels: Mapping[str, Channel[Any]]) -> None:
    """Close every channel, whatever one of them raises."""
    import asyncio  # noqa: PLC0415 - costly

    await asyncio.gather(
        *(channel.aclose() for channel in channels.values()), return_exceptions=True
    )


def _absent(names: Sequence[str]) -> str:
    *others, last = names
    listed = f"{', '.join(others)} and {last}" if others else last
    verb = "are" if others else "is"
    return f"{listed} {verb} not installed, so nobody will be reached that way"
