"""Any campaign, any answers, any interruption: every message ends where its last answer says.

No message is handed to a channel again unless the answer before said that nothing had left.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casekit import NOW, Case, Fax, to_the_tick, write_home
from uadispatch.channels.message import Handover, Message, Receipt
from uadispatch.dispatch.journal import Journal, JournalError
from uadispatch.errors import ConfigError, OptedOut, Rejected, Temporary, Unavailable, Unknown
from uadispatch.testing import FakeChannel, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uadispatch.dispatch.sending.engine import Engine

SECOND = timedelta(seconds=1)
ANSWERS: dict[str, Any] = {
    "taken": Receipt(says="taken"),
    "read": Receipt(says="read", confirmed=True),
    "handed": Handover(links=("https://example.org",)),
    "busy": Temporary("busy"),
    "later": Temporary("later", retry_after=SECOND * 90),
    "away": Unavailable("away"),
    "long away": Unavailable("away", retry_after=SECOND * 40),
    "gone": Rejected("no such mailbox", contact=True),
    "no more": OptedOut("no more"),
    "silent": Unknown("no answer"),
    "fault": KeyError("x"),
    "password": ConfigError("the password is wrong"),
}
STATES = {
    "taken": "accepted", "read": "confirmed", "handed": "with_person", "busy": "retry",
    "later": "retry", "away": "retry", "long away": "retry", "gone": "failed",
    "no more": "failed", "silent": "in_doubt", "fault": "in_doubt", "password": "planned",
}  # fmt: skip
NOTHING_LEFT = {"busy", "later", "away", "long away", "password"}
EVENTS = ("interrupt", "stop", "close", "expire", "journal")


@dataclass
class World:
    """One campaign on two channels, and what is done to it."""

    folder: Path
    answers: list[str]
    """What each send gives, in the order in which they are made; after that all is taken."""
    latencies: list[float]
    how: dict[str, Any]
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOW))
    heard: dict[str, list[str]] = field(default_factory=dict)
    sends: int = 0

    def run(self, event: tuple[int, str] | None, **how: Any) -> None:
        """One run, in which `event` befalls it at that send."""
        file = self.folder / "ua.yaml"
        if not file.exists():
            write_home(self.folder, count=4, channels="fake, fax")
        case = Case(file, clock=self.clock, kinds=(FakeChannel, Fax), **self.how)
        engines: list[Engine] = []
        with pytest.MonkeyPatch.context() as patch, to_the_tick():
            for channel in case.channels.values():
                patch.setattr(channel, "send", self._send(case, patch, engines, event))

            @contextmanager
            def watch(engine: Engine) -> Iterator[None]:
                engines.append(engine)
                yield

            foreseen = event is not None and event[1] == "journal"
            with suppress(JournalError) if foreseen else nullcontext():
                case.run(watch=watch, **how)

    def _send(
        self, case: Case, patch: pytest.MonkeyPatch, engines: list[Engine], event: Any
    ) -> Any:  # fmt: skip
        async def send(message: Message) -> Any:
            heard = self.heard.setdefault(message.key, [])
            assert not heard or heard[-1] in NOTHING_LEFT, f"sent again after {heard}"
            number, self.sends = self.sends, self.sends + 1
            answer = self.answers[number] if number < len(self.answers) else "taken"
            heard.append(answer)
            if event is not None and event[0] == number:
                self._befall(case, patch, engines[0], event[1])
            await self.clock.sleep(self.latencies[number % len(self.latencies)])
            found = ANSWERS[answer]
            if isinstance(found, Exception):
                raise found
            return found

        return send

    def _befall(self, case: Case, patch: pytest.MonkeyPatch, engine: Engine, what: str) -> None:
        if what == "interrupt":
            engine.interrupt()
        elif what == "expire":
            self.clock._now = NOW + timedelta(days=60)
        elif what == "journal":

            def full(*_: object, **__: object) -> None:
                raise JournalError("the disk is full")

            patch.setattr(Journal, "turn", full)
        else:
            with Journal(case.url, write=True) as journal:
                kind = {"stop": "stopped", "close": "closed"}[what]
                journal.state_fact("46/19", kind, at=self.clock.now(), by="Ann")

    def resume(self) -> None:
        """Lift what was stopped."""
        case = Case(self.folder / "ua.yaml", clock=self.clock, kinds=(FakeChannel, Fax))
        with Journal(case.url, write=True) as journal:
            journal.state_fact("46/19", "resumed", at=self.clock.now(), by="Ann")

    def states(self) -> dict[str, str]:
        """Where each message stands; and the books agree."""
        case = Case(self.folder / "ua.yaml", clock=self.clock, kinds=(FakeChannel, Fax))
        with Journal(case.url, write=False) as journal:
            assert journal.check().faults == []
            return {entry.key: str(entry.state) for entry in journal.entries("46/19")}

    def agrees(self) -> None:
        """Every message that was sent is where its last answer says, or was ended from there."""
        for key, state in self.states().items():
            heard = self.heard.get(key, [])
            expected = STATES[heard[-1]] if heard else "planned"
            ends = {"cancelled"} if expected in {"planned", "retry", "with_person"} else set()
            given_up = {"failed"} if expected == "retry" else set()
            assert state in {expected} | ends | given_up, (heard, state)


@pytest.mark.timeout(300)
@settings(max_examples=8, deadline=None)
@given(
    answers=st.lists(st.sampled_from([*ANSWERS, "taken", "taken", "busy", "away"]), max_size=14),
    latencies=st.lists(st.sampled_from([0, 0, 0.5, 3, 20]), min_size=1, max_size=3),
    concurrency=st.integers(1, 3),
    rate=st.sampled_from([None, None, "60/minute", "10/minute"]),
    events=st.lists(
        st.none() | st.tuples(st.integers(0, 9), st.sampled_from(EVENTS)), min_size=1, max_size=3
    ),
    how=st.fixed_dictionaries({"limit": st.none() | st.integers(1, 5), "wait": st.booleans()}),
)
def test_every_message_ends_where_its_last_answer_says(
    answers: list[str],
    latencies: list[float],
    concurrency: int,
    rate: str | None,
    events: list[tuple[int, str] | None],
    how: dict[str, Any],
) -> None:
    with tempfile.TemporaryDirectory(prefix="any-") as folder:
        given_settings = {"concurrency": concurrency, "settings": {"rate": rate}}
        world = World(Path(folder), answers, latencies, given_settings)
        for event in events:
            world.run(event, **how)
            world.agrees()
        world.resume()
        for _ in range(answers.count("password") + 1):  # that ends a run each time
            world.run(None, wait=True)
        world.agrees()
        assert not set(world.states().values()) & {"claimed", "planned", "retry"}
