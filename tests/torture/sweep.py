"""Kills a send at chosen points of the program, each time it comes by: before and after every
transaction, write, send, reply and lock, and at any line of what sends and records.

Each kill is followed by the same questions as those of `storm`, and the run is finished.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from torture.checks import PERSON, Wrong
from torture.home import NUMBER
from torture.world import World
from uadispatch.clock import SystemClock
from uadispatch.dispatch.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from torture.server import MailServer
    from torture.warm import Warm

__all__ = ["Sweep"]

MESSAGES = 4


class Sweep:
    """Many short campaigns, each killed at one point."""

    #: What the killed run finds: a new home, or one whose last run was killed amid its sends.
    #: Its window and connections: it may have claimed more than it sends.
    BEGINNINGS: ClassVar = MappingProxyType(
        {
            "anew": {"window": 2, "connections": 2},
            "after a kill": {"window": 2, "connections": 2},
            "anew, with some claimed ahead": {"window": 4, "connections": 1},
        }
    )

    def __init__(self, folder: Path, server: MailServer, warm: Warm) -> None:
        """Begin; everything lies in `folder`, and nobody else uses `server`."""
        self._folder = folder
        self._server = server
        self._warm = warm
        self._worlds = 0

    def passes(self, beginning: str) -> dict[str, int]:
        """How often a whole run comes by each point."""
        world = self._world(beginning)
        found = world.passes(**self.BEGINNINGS[beginning])
        world.audit(look=world.glance)
        return found

    def kill(self, beginning: str, point: str, passing: int) -> bool:
        """Kill a run there, ask what must hold, and finish it.

        Returns whether it came there: how often it comes by a point may differ by a few.

        Raises:
            Wrong: something did not hold.
        """
        world = self._world(beginning)
        try:
            given = self.BEGINNINGS[beginning]
            killed = world.send_until(point, passing, **given)
            world.audit(doubts=given["window"] if killed else 0, look=world.glance)
            world.do("send", world.file, "--yes", codes=(0, 1))
            world.audit_the_end(doubtful=True, look=world.glance)
            again = world.doubts(arrived=False)
            world.resolve(lambda: self._settle(world))
            if again:
                world.do("send", world.file, "--yes")
            world.audit_the_end(doubtful=False, look=world.glance)
        except Wrong as exc:
            raise Wrong(f"killed {beginning} at “{point}” ({passing}): {exc}") from exc
        return killed

    def _world(self, beginning: str) -> World:
        self._worlds += 1
        world = World(
            self._folder / f"home-{self._worlds}", self._server, self._warm, MESSAGES,
            name=f"w{self._worlds}",
        )  # fmt: skip
        if beginning == "after a kill":
            given = self.BEGINNINGS[beginning]
            world.send_until("after a write", 9, **given)
            world.audit(doubts=given["window"], look=world.glance)
        return world

    def _settle(self, world: World) -> None:
        for arrived in (True, False):
            targets = world.doubts(arrived=arrived)
            with Journal(world.url, write=True) as book:
                keys = [entry.key for entry in book.entries(NUMBER) if entry.target in targets]
                book.resolve(keys, sent=arrived, at=SystemClock().now(), by=PERSON)
