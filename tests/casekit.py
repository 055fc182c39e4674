"""What tests of planning, sending and the command line share: a small campaign and its home."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from journalkit import Raw
from postgreskit import journal_of
from uadispatch.channels.registry import Plugin, Registry
from uadispatch.dispatch.journal import Journal, Selection
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.planning.looking import Look, look, moment_of
from uadispatch.dispatch.planning.preparing import Prepared, equip, prepare, read
from uadispatch.dispatch.sending.run import run
from uadispatch.testing import FakeChannel, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from uadispatch.dispatch.journal import Entry, Moment
    from uadispatch.dispatch.news import News
    from uadispatch.dispatch.sending.ended import Ended
    from uadispatch.dispatch.sending.engine import Engine

NOW = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)

TOML = """\
[organisation]
name = "Group 12"
email = "ua@example.org"
"""

CAMPAIGN = """\
urgent_action:
  number: 46/19
  title: Human rights defender facing bogus charges
  deadline: 2019-09-27
channels: [{channels}]
targets:
{targets}
letter:
  en: {{subject: Release A. Person, text: I am writing to you}}
"""


def targets(count: int) -> str:
    """`count` officials, each with an address of its own."""
    return "".join(
        f"  - {{id: official-{n}, name: Official {n}, timezone: Asia/Almaty, "
        f"email: official-{n}@example.org}}\n"
        for n in range(count)
    )


def write_home(
    folder: Path, *, count: int = 2, channels: str = "fake", text: str | None = None
) -> Path:
    """A home with settings and a campaign file; returns the campaign file."""
    (folder / "config").mkdir(parents=True, exist_ok=True)
    (folder / "config/uadispatch.toml").write_text(TOML)
    file = folder / "ua.yaml"
    if text is None:
        text = CAMPAIGN.format(channels=channels, targets=targets(count))
    file.write_text(text, encoding="utf-8")
    return file


def fake_registry(*kinds: type[FakeChannel]) -> Registry:
    """A registry with these kinds of the fake channel alone."""
    module = ModuleType("fake_plugin")
    from uadispatch import hookimpl

    @hookimpl
    def register_channels(register: Any) -> None:
        for kind in kinds:
            register(kind)

    module.register_channels = register_channels  # type: ignore[attr-defined]
    return Registry([Plugin("fake", "1", lambda: module)])


@dataclass
class Case:
    """One campaign over the fake channel: look at it, run it, read its journal."""

    file: Path
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOW))
    concurrency: int = 1
    seen: list[News] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    kinds: Sequence[type[FakeChannel]] = (FakeChannel,)
    """The channels that are installed; the first is `channel`."""

    def __post_init__(self) -> None:
        self.prepare()

    def prepare(self) -> None:
        """Read the campaign file (again) and build the channel."""
        source = read(self.file, fake_registry(*self.kinds))
        given = {"concurrency": self.concurrency, **self.settings}
        stand_ins = {kind.name: given for kind in self.kinds}
        channels, notices = equip(source, self.clock, stand_ins=stand_ins)
        self.prepared: Prepared = prepare(source, channels, notices)
        channel = channels[self.kinds[0].name]
        assert isinstance(channel, FakeChannel)
        self.channel = channel
        self.channels = channels
        self.url = journal_of(source.home)

    @property
    def moment(self) -> Moment:
        return moment_of(self.prepared, self.clock.now(), approval=True)

    def look(self, selection: Selection = Selection()) -> Look:  # noqa: B008 - it is frozen
        composer = Composer(self.prepared.snapshot)
        return look(self.prepared, composer, self.url, self.moment, selection)

    def run(self, **how: Any) -> Ended:
        """Run it to its end; see `go`."""
        return asyncio.run(self.go(**how))

    async def go(
        self,
        *,
        limit: int | None = None,
        wait: bool = False,
        selection: Selection = Selection(),  # noqa: B008 - it is frozen
        **extra: Any,
    ) -> Ended:
        """Run it, beside others in one loop if need be; `extra` goes to the run."""
        with Journal(self.url, write=True) as journal:
            return await run(
                self.prepared,
                self.look(selection),
                journal,
                moment=self.moment,
                clock=self.clock,
                random=lambda: 0.0,
                selection=selection,
                limit=limit,
                wait=wait,
                progress=self.seen.append,
                **extra,
            )

    def journal(self) -> Journal:
        return Journal(self.url, write=True)

    def entries(self) -> dict[str, Entry]:
        """What the journal has, by target."""
        with closing(Journal(self.url, write=False)) as journal:
            return {entry.target: entry for entry in journal.entries("46/19")}

    def rows(self, query: str, *values: object) -> list[Any]:
        """The journal's own rows."""
        with closing(Raw(self.url)) as book:
            return book.rows(query, *values)

    def change(self, statement: str, *values: object) -> None:
        """Change the journal's rows, as nothing of ours would."""
        with closing(Raw(self.url)) as book:
            book.change(statement, *values)

    def states(self) -> dict[str, str]:
        return {target: str(entry.state) for target, entry in self.entries().items()}

    def states_by_channel(self) -> dict[str, set[str]]:
        """Which states the messages of each channel have."""
        found: dict[str, set[str]] = {}
        with closing(Journal(self.url, write=False)) as journal:
            for entry in journal.entries("46/19"):
                found.setdefault(entry.channel, set()).add(str(entry.state))
        return found


class Inline(Executor):
    """Does at once, in the same thread, what it is given."""

    def __init__(self, **_: object) -> None:
        """Begin with nothing to do."""

    def submit(self, do: Any, /, *words: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(do(*words, **named))
        except BaseException as exc:  # noqa: BLE001 - it goes to whoever waits for it
            done.set_exception(exc)
        return done


@contextmanager
def to_the_tick() -> Iterator[None]:
    """Let the journal take no time, so that a virtual clock shows when a run does what."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("uadispatch.dispatch.sending.engine.ThreadPoolExecutor", Inline)
        yield


class Fax(FakeChannel):
    """A second way to reach the same contacts."""

    name = "fax"
    # The shipped templates/fax/en.j2 extends the channel's own.
    templates: ClassVar[Mapping[str, str]] = {"en": FakeChannel.templates["any"]}


def interrupt_after(count: int, case: Case) -> Any:
    """A `watch` that interrupts the engine once `count` messages were handed to the channel."""

    @contextmanager
    def watch(engine: Engine) -> Any:
        send = case.channel.send

        async def counting(message: Any) -> Any:
            if len(case.channel.sent) + 1 >= count:
                engine.interrupt()
            return await send(message)

        case.channel.send = counting  # type: ignore[method-assign]
        yield

    return watch
