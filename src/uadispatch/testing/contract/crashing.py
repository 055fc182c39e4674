"""The contract's test of a crash: the program is killed while it sends, and begun again."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from uadispatch.channels.contract import By
from uadispatch.clock import Clock, ShiftedClock
from uadispatch.dispatch.states import State
from uadispatch.testing.contract import running
from uadispatch.testing.contract.workbench import NOW, NUMBERED, Given, Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.channels.standing_in import StandIn

__all__ = ["CrashingContract"]

TARGETS = 10
NO_RATE = "1000/second"
KILLED_AFTER = 4
"""So many of its messages are with the far end, the last of them unrecorded, when it is killed."""


class CrashingContract(Workbench):
    """The engine itself sends, in a process of its own, which is killed."""

    def test_killed_and_begun_again_nothing_is_lost_or_twice(self, tmp_path: Path) -> None:
        """Killed while it sends and begun again: nothing is lost, and nothing is sent twice."""
        # As real ones do, all clocks go on while far ends take their time.
        self._clock = clock = ShiftedClock(NOW)

        async def told(values: dict[str, Any], stand_in: StandIn) -> None:
            contact = self._given_contact()
            if contact is not None and NUMBERED not in contact:
                pytest.skip(f"one contact is served once in a campaign: put {NUMBERED} into it")

            given = self._values(values, stand_in, Given(concurrency=2, settings={"rate": NO_RATE}))
            file = running.write_campaign(tmp_path, self.channel, TARGETS, self._contact)
            await self._killed(file, given, clock)
            jitter = random.Random(0).random  # noqa: S311 - no secret
            ended = await running.run(file, self.channel, given, clock=clock, random=jitter)
            self._check_ended(ended, given, stand_in)

        self._against_a_stand_in(tmp_path, told)

    async def _killed(self, file: Path, given: dict[str, Any], clock: Clock) -> None:
        """Run it in a process that kills itself after so many messages."""
        order = {
            "file": str(file),
            "channel": running.address_of(self.channel),
            "settings": running.packed(given),
            "after": KILLED_AFTER,
            "at": clock.now().isoformat(),
            "path": sys.path,
        }
        # Not in a file: it holds secrets.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "uadispatch.testing.contract.running",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, env=dict(os.environ),
        )  # fmt: skip
        try:
            said, _ = await process.communicate(json.dumps(order).encode())
        except BaseException:
            process.kill()
            raise
        words = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        assert process.returncode == -signal.SIGKILL, f"it could not be run: {' '.join(words)}"

    def _check_ended(self, ended: running.Ended, given: dict[str, Any], stand_in: StandIn) -> None:
        came = Counter(kept.reference for kept in stand_in.received)
        window = given.get("window") or given["concurrency"]
        doubtful = [key for key, state in ended.states.items() if state is State.IN_DOUBT]
        good = {State.ACCEPTED, State.CONFIRMED, State.WITH_PERSON}
        assert len(ended.states) == TARGETS, "not every message is in the journal"
        for key, state in ended.states.items():
            assert state in {*good, State.IN_DOUBT}, f"a message is {state}: {ended.reasons[key]}"
            if state in good:
                assert came[key], f"a message is {state}, and its far end has nothing of it"
        assert len(doubtful) <= window, f"{len(doubtful)} are in doubt; {window} were on their way"
        assert max(came.values(), default=0) <= 1, "a message was sent twice"
        if ended.idempotent or ended.by is By.PERSON:
            assert not doubtful, "what may be done again is not left in doubt"
            assert len(came) == TARGETS
