"""One campaign on one machine: its channels, made from the snapshot alone, and its engine.

It needs no campaign file. What the machine has set for a channel must be what the snapshot says:
else what goes out would not be what was looked at.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import uadispatch
from uadispatch.campaign.issues import Issue
from uadispatch.dispatch.distributed.feed import Feed
from uadispatch.dispatch.followup.confirming import Confirmer
from uadispatch.dispatch.followup.recalling import recall
from uadispatch.dispatch.journal import JournalError, Moment, Selection
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.planning.preparing import close, equip, kept
from uadispatch.dispatch.sending.engine import Engine
from uadispatch.dispatch.snapshot import Snapshot, canonical
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from uadispatch.channels.contract import Channel
    from uadispatch.channels.registry import Registered, Registry
    from uadispatch.clock import Clock
    from uadispatch.dispatch.distributed.orders import Order
    from uadispatch.dispatch.journal import Block, Journal, Life
    from uadispatch.dispatch.news import News
    from uadispatch.settings import Settings

__all__ = ["Branch", "CannotSend", "Machine"]

SHUT = 60.0
"""Seconds until a channel that cannot send at all is tried again: a password that is wrong must not
be tried so often that the account is locked."""


class CannotSend(ConfigError):
    """A channel cannot send at all, as it is set up here."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine brings: its settings and its plugins."""

    home: Path
    settings: Settings
    registry: Registry
    only: frozenset[str] | None = None
    """The channels that it serves; None: all that it can."""


class Branch:
    """One campaign as it was handed over; the jobs of a channel share its lane."""

    def __init__(
        self,
        journal: Journal,
        machine: Machine,
        order: Order,
        snapshot: Snapshot,
        *,
        clock: Clock,
        random: Callable[[], float],
        life: Life,
        tell: Callable[[News], None],
    ) -> None:
        """Build the channels and the engine; nothing is opened yet.

        `journal` and `life` are its own, and end with it: whatever it has claimed and could not
        record is in doubt then, though its worker goes on.

        Raises:
            ConfigError: a channel cannot be used here, or would send something else than approved.
        """
        self.order = order
        self.snapshot = snapshot
        self._journal = journal
        self._clock = clock
        self._life = life
        self._tell = tell
        self._channels = _channels(machine, order, snapshot, clock)
        self._recalled = False

        @cache
        def composer_of(digest: str) -> Composer:
            if digest == snapshot.digest:
                return Composer(snapshot)
            return Composer(Snapshot(journal.snapshot_body(digest)))

        self.engine = Engine(
            journal, self._channels, composer_of, snapshot=snapshot.digest, moment=self._moment,
            clock=clock, random=random, owner=life.id, is_sure=life.is_sure,
            progress=tell,
            confirmer=Confirmer(
                journal, self._channels, order.campaign, clock=clock, random=random, by=life.id,
                tell=tell,
            ),
        )  # fmt: skip

        self._feeds = {name: Feed(self.engine, name) for name in self._channels}
        self._asking = asyncio.Lock()
        self._reopening: dict[str, asyncio.TimerHandle] = {}

    @property
    def channels(self) -> frozenset[str]:
        """Those that it can serve."""
        return frozenset(self._channels)

    @property
    def is_spent(self) -> bool:
        """Whether it sends nothing any more: it was told to end, or the journal failed it."""
        return self.engine.claims_no_more

    def _moment(self) -> Moment:
        return Moment(
            campaign=self.order.campaign,
            now=self._clock.now(),
            approval_of=self.order.approval_of,
            document=Issue.of(self.snapshot.urgent_action),
        )

    async def send(self, block: Block) -> None:
        """Send what may be claimed of a block now.

        Raises:
            JournalError: the journal failed; it is spent.
            CannotSend: the channel cannot send at all; it is tried again after a while.
        """
        self._refuse_if_shut(block.channel)
        ids = await self.engine.ask(lambda: self._due(block))
        if ids:
            await self._feeds[block.channel].carry(ids)
        await self._end_if_closed()
        self._refuse_if_shut(block.channel)

    def _refuse_if_shut(self, channel: str) -> None:
        says = self.engine.cannot_send(channel)
        if says is None:
            return
        if channel not in self._reopening:
            later = asyncio.get_running_loop().call_later
            self._reopening[channel] = later(SHUT, self._reopen, channel)
        raise CannotSend(f"{channel} cannot send: {says}")

    def _reopen(self, channel: str) -> None:
        del self._reopening[channel]
        self.engine.reopen(channel)

    def _due(self, block: Block) -> list[int]:
        found = self._journal.due(
            self.order.campaign, block.channel, self.order.selection, now=self._clock.now(),
            after=block.after, limit=block.last - block.after,
        )  # fmt: skip
        return [id_ for id_ in found if id_ <= block.last]

    async def ask(self, channel: str) -> None:
        """Ask the service of `channel` what is due to be asked. Raises JournalError."""
        async with self._asking:
            await self.engine.confirm(self.order.campaign, Selection(channels=frozenset({channel})))

    async def _end_if_closed(self) -> None:
        """What was on its way at a closing came back, or was taken: of that only we hear."""
        facts = await self.engine.ask(lambda: self._journal.facts(self._moment()))
        if facts.closed is None:
            return
        await self.engine.ask(lambda: self._journal.cancel_ended(self._moment(), by=self._life.id))
        if any(channel.capabilities.recalls for channel in self._channels.values()):
            await recall(
                self._journal, self._channels, self.order.campaign, clock=self._clock,
                by=self._life.id, tell=self._tell,
            )  # fmt: skip

    async def make_sure(self) -> None:
        """Give back what may have been claimed without our knowing it. Raises JournalError."""
        await self.engine.ask(self._journal.make_sure)

    async def close(self) -> None:
        """Let go of the channels and of the journal; what is not sure then is in doubt later on."""
        for handle in self._reopening.values():
            handle.cancel()
        await close(self._channels)
        with suppress(JournalError):
            await self.make_sure()
        self.engine.close()
        await asyncio.to_thread(self._life.close)
        self._journal.close()


def _channels(
    machine: Machine, order: Order, snapshot: Snapshot, clock: Clock
) -> dict[str, Channel[Any]]:
    """The campaign's channels as they are on this machine."""
    source = kept(snapshot, machine.home / "no file", machine.home, machine.registry)
    wanted = order.channels if machine.only is None else order.channels & machine.only
    needed = source.registered.keys() & wanted
    if not needed:
        raise ConfigError("none of its channels can be used here")
    channels, _ = equip(source, clock, needed=needed)
    _refuse_others(channels, source.registered, snapshot)
    return channels


def _refuse_others(
    channels: Mapping[str, Channel[Any]],
    registered: Mapping[str, Registered],
    snapshot: Snapshot,
) -> None:
    """Raise ConfigError for whatever here is not as the snapshot has it."""
    others = []
    versions: Mapping[str, str] = snapshot.content["versions"]
    ours = {"uadispatch": uadispatch.__version__}
    ours |= {name: found.version for name, found in registered.items() if name in channels}
    for name, version in ours.items():
        if versions.get(name, version) != version:
            others.append(f"{name} is of version {version} here, and was of {versions[name]}")
    for name, channel in channels.items():
        meant = snapshot.content["settings"].get(name, {})
        here = json.loads(canonical(channel.settings.for_snapshot()))
        fields = [field for field in {**meant, **here} if meant.get(field) != here.get(field)]
        if fields:
            others.append(f"{name} is set otherwise here: {', '.join(sorted(fields))}")
    if others:
        raise ConfigError(f"what it would send is not what was planned: {'; '.join(others)}")
