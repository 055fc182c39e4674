"""The contract's tests of ending: a try that is broken off, and a channel that is closed."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.channels.message import Handover, Receipt
from uadispatch.channels.standing_in import CannotSimulate, Failure
from uadispatch.errors import UadispatchError, Unknown
from uadispatch.testing.contract.workbench import Given, Workbench

if TYPE_CHECKING:
    from uadispatch.channels.contract import Channel
    from uadispatch.channels.standing_in import StandIn

__all__ = ["StoppingContract"]

PROMPTLY = 5.0
"""Seconds; a machine may be slow, but what lets go at once takes none of them."""
_LOOK = 0.005
_SOCKETS = 5


class StoppingContract(Workbench):
    """Ctrl-C, a stop and a closing end what waits; and what was opened is closed."""

    def test_a_try_can_be_broken_off(self, tmp_path: Path) -> None:
        """A try whose far end is silent ends at once when it is cancelled, and leaves nothing."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            _silent(stand_in)
            sending = asyncio.create_task(channel.send(self._message(channel)))
            while not (stand_in.tries or sending.done()):  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(_LOOK)
            assert not sending.done(), "its far end is silent, and send does not wait for it"
            await asyncio.sleep(_LOOK)
            tried = stand_in.tries
            sending.cancel()
            done, _ = await asyncio.wait({sending}, timeout=PROMPTLY)
            if not done:
                sending.cancel()
                pytest.fail("it was cancelled, and goes on: CancelledError must be let through")
            if not sending.cancelled():
                error = sending.exception()
                assert error is not None, f"it was cancelled, and returned {sending.result()!r}"
                # Who cannot break it off, and waits for its end, may say that nobody knows.
                assert isinstance(error, Unknown), f"it was cancelled, and raised {error!r}"
            assert stand_in.tries == tried, "it was cancelled, and tried once more"

        # What goes on behind its back is found when all has been closed.
        self._tell(tmp_path, story, Given(hurried=True))

    def test_others_go_on_when_one_is_broken_off(self, tmp_path: Path) -> None:
        """When a message is taken back before anything of it left, the next ones go out."""

        async def story(channel: Channel[Any], stand_in: StandIn) -> None:
            await channel.send(self._message(channel))
            for turns in range(4):
                sending = asyncio.create_task(channel.send(self._message(channel, 1 + turns)))
                for _ in range(turns):
                    await asyncio.sleep(0)
                sending.cancel()
                with suppress(asyncio.CancelledError, UadispatchError):
                    await sending
            last = self._message(channel, 9)
            assert isinstance(await channel.send(last), Receipt | Handover)
            came = [kept.reference for kept in stand_in.received]
            assert came.count(last.reference) == 1
            assert len(came) == len(set(came)), "a message that was taken back came twice"

        self._tell(tmp_path, story)

    def test_it_closes_twice(self, tmp_path: Path) -> None:
        """It can be closed twice, and used again after that."""

        async def story(channel: Channel[Any], _: StandIn) -> None:
            await channel.aclose()
            await channel.send(self._message(channel))
            await channel.aclose()
            await channel.aclose()

        self._tell(tmp_path, story)

    def test_closing_frees_everything(self, tmp_path: Path) -> None:
        """Once it is closed, nothing that it opened is open: no connection, file or thread."""
        threads = threading.active_count()
        open_ones = _open_now()
        if open_ones is None:
            pytest.skip("this system does not tell what a process has open")

        async def told(values: dict[str, Any], stand_in: StandIn) -> None:
            channel = self._build(self._values(values, stand_in, Given()), tmp_path)
            for number in range(_SOCKETS):
                await channel.send(self._message(channel, number))
            await channel.aclose()

        self._against_a_stand_in(tmp_path, told)
        # The stand-in was stopped, too: what is open now is the channel's.
        left = (_open_now() or 0) - open_ones
        assert left <= 0, f"it leaves {left} files or connections open"
        left = threading.active_count() - threads
        assert left <= 0, f"it leaves {left} threads running"


def _silent(stand_in: StandIn) -> None:
    """Let it be silent, one way or the other; skip where it cannot be."""
    says = ""
    for failure in (Failure.SILENT_AFTER, Failure.SILENT_BEFORE):
        try:
            stand_in.misbehave(failure)
        except CannotSimulate as exc:
            says = str(exc)
        else:
            return
    pytest.skip(f"not simulated, says its stand-in: {says}")


def _open_now() -> int | None:
    """How many files and connections this process has open; None where that is not told."""
    folder = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")
    try:
        return len(list(folder.iterdir()))
    except OSError:
        return None
