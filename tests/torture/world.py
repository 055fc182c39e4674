"""A campaign in a home of its own, and the program over it as processes that can be killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torture import home
from torture.checks import (
    PERSON,
    Book,
    Seen,
    Wrong,
    faults,
    faults_of_file,
    faults_of_locks,
    faults_of_the_end,
)
from torture.warm import Job, environment
from uadispatch.dispatch.journal import Gist, NoJournal, consult, journal_url
from uadispatch.views import shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from torture.server import MailServer
    from torture.warm import Warm

__all__ = ["Run", "World"]

PATIENCE = 90.0
"""Seconds that a command may take; none comes near it unless it hangs."""
TO_BE_CUT = {"UADISPATCH_ENGINE_UVLOOP": "false"}
"""A write can be cut in two on asyncio's own transports alone; storms go over uvloop's."""
NOTHING_YET = ("no journal here yet", "nothing in this journal yet", "has never seen campaign")


@dataclass
class Run:
    """A command that was started: alive, ended or killed."""

    process: subprocess.Popen[bytes]
    output: Path
    window: int
    """How many messages it may have on their way."""
    began: float = field(default_factory=time.monotonic)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send it a signal; one that has ended gets none."""
        self.process.send_signal(number)

    def kill(self) -> bool:
        """SIGKILL; returns whether that is what ended it, and not its own end just before."""
        self.process.kill()
        return self.wait() == -signal.SIGKILL

    def wait(self) -> int:
        """Its exit code."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Wrong(f"it hangs: {self.process.args!r}\n{self.said}") from None

    @property
    def said(self) -> str:
        """All that it has said."""
        return _said(self.output)


class World:
    """A campaign with `count` targets, all of them reached through `server`."""

    def __init__(
        self, folder: Path, server: MailServer, warm: Warm, count: int, *,
        name: str = "official", length: int = 1,
    ) -> None:  # fmt: skip
        """Write the files. No other world of the same server may have this `name`.

        `length`: how often the letter says the same.
        """
        self.server = server
        self._warm = warm
        self.folder = folder
        self.file = folder / "ua.yaml"
        self.journal = folder / ".uadispatch/journal.db"
        self.locks = folder / ".uadispatch/journal.db.owners"
        self.url = journal_url(str(self.journal), folder)
        self.everyone = {f"{name}-{n}@example.org": f"{name}-{n}" for n in range(count)}
        """Recipient to target."""
        self.seen = Seen()
        """What the journal said when it was last audited."""
        self.told: set[str] = set()
        """Who was in doubt and was settled as sent."""
        self.story: list[str] = []
        self._runs = 0
        self._started: list[Run] = []
        home.write(folder, server.port, self.everyone, length=length)

    def send(self, *words: object, window: int, connections: int | None = None) -> Run:
        """Start a `send` that has at most `window` messages on their way, and let it run.

        `connections`: how many it opens; by default as many as it has messages on their way.
        """
        output = self._output()
        with output.open("wb") as out, output.with_suffix(".errors").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "uadispatch", "send", self.file, "--yes", *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=self.folder,
                env=environment() | _of(window, connections),
            )
        run = Run(process, output, window)
        self._started.append(run)
        return run

    def close(self) -> None:
        """Leave nothing running."""
        for run in self._started:
            run.kill()

    def passes(self, *words: object, window: int, connections: int | None = None) -> dict[str, int]:
        """Send to the end, and count how often it comes by each point at which it may be killed."""
        counts = self.folder / "counts"
        env = _of(window, connections) | TO_BE_CUT
        self._warmly(["send", self.file, "--yes", *words], env=env, counts=str(counts))
        found: dict[str, int] = json.loads(counts.read_text())
        return found

    def send_until(
        self, point: str, passing: int, *, window: int, connections: int | None = None
    ) -> bool:
        """Send until it comes by `point` for the n-th time, and is killed; False: it ended."""
        env = _of(window, connections) | TO_BE_CUT
        code, output = self._warmly(
            ["send", self.file, "--yes"], env=env, point=point, passing=passing
        )
        if code not in (0, 1, -signal.SIGKILL):
            raise Wrong(f"send ended with exit code {code}:\n{_said(output)}")
        return code < 0

    def do(self, *words: object, codes: Sequence[int] = (0,)) -> str:
        """Run a command to its end, which must have one of these exit codes; what it printed."""
        code, output = self._warmly(words)
        if code not in codes:
            raise Wrong(f"{words} ended with exit code {code}:\n{_said(output)}")
        return output.read_text(encoding="utf-8")

    def _warmly(self, words: Sequence[object], **more: Any) -> tuple[int, Path]:
        output = self._output()
        job = Job(list(map(str, words)), str(output), **more)
        return self._warm.run(job), output

    def _output(self) -> Path:
        self._runs += 1
        return self.folder / f"run-{self._runs}"

    def decide(self, word: str, *words: object, codes: Sequence[int] = (0,)) -> str:
        """Run a command by which a person decides."""
        return self.do(word, self.file, *words, "--by", PERSON, codes=codes)

    def look(self) -> Seen:
        """What ``status`` says."""
        code, output = self._warmly(["status", self.file, "--messages", "--json"])
        if code in (0, 1, 4):
            shape: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
            return Seen.of(shape)
        said = _said(output)
        if code == 2 and any(words in " ".join(said.split()) for words in NOTHING_YET):
            return Seen()
        raise Wrong(f"status ended with exit code {code}:\n{said}")

    def glance(self) -> Seen:
        """What ``status`` would say, without a process for it."""
        try:
            entries = consult(self.url, lambda book: list(book.entries(home.NUMBER)))
        except NoJournal:
            return Seen()
        shape = shapes.run(home.NUMBER, Gist.of(entries), guards=())
        return Seen.of({**shape, "messages": [shapes.recorded(entry) for entry in entries]})

    def doubts(self, *, arrived: bool) -> list[str]:
        """The targets in doubt whose mail has arrived, or has not: the server's book knows."""
        doubtful = sorted(self.seen.in_doubt)
        return [self.everyone[who] for who in doubtful if bool(self.server.arrived[who]) is arrived]

    def resolve(self, decide: Callable[[], None]) -> None:
        """Let `decide` settle every doubt by what `doubts` says."""
        told = {who for who in self.seen.in_doubt if self.server.arrived[who]}
        decide()
        self.told |= told
        self.seen = self.glance()
        self.refuse(f"{recipient}: still in doubt" for recipient in self.seen.in_doubt)

    def audit(
        self, *, doubts: int = 0, flying: int = 0, look: Callable[[], Seen] | None = None
    ) -> Seen:
        """Ask everything that must hold after runs were killed, while others may go on.

        `doubts` is the sum of the windows of those killed since the last audit, `flying` that of
        those that go on. `look` finds what the journal says, by default with ``status``; it must
        change nothing.
        """
        if not flying:
            self.server.settle()
        self.server.read()
        before = self.server.arrived.copy()
        files = self._files()
        now = (look or self.look)()
        touched = not flying and self._files() != files
        self.server.read()
        mine = self.everyone.keys()
        book = Book(before, self.server.arrived, self.server.answered, self.told)
        found = list(faults(now, self.seen, book, everyone=mine, doubts=doubts, flying=flying))
        if self.journal.exists():
            found += faults_of_file(self.journal, quiet=not flying)
        if touched:
            found.append("to look has changed the journal")
        self.seen = now
        self.refuse(found)
        return now

    def audit_the_end(self, *, doubtful: bool, look: Callable[[], Seen] | None = None) -> Seen:
        """Ask what must hold when nothing is left to send; `doubtful` as in `faults_of_the_end`."""
        now = self.audit(look=look)
        self.refuse(faults_of_the_end(now, doubtful=doubtful))
        self.refuse(faults_of_locks(self.locks))
        if not doubtful:
            self.refuse(
                f"{recipient}: arrived {self.server.arrived[recipient]} times in the end"
                for recipient in self.everyone
                if self.server.arrived[recipient] != 1
            )
        return now

    def refuse(self, found: Iterable[str]) -> None:
        """Fail if anything was found wrong."""
        if listed := list(found):
            raise Wrong("\n".join(["this does not hold:", *listed[:20]]))

    def _files(self) -> list[tuple[str, int, int]]:
        """What would show that somebody has written; the index of the log is no part of it."""
        paths = (self.journal, self.journal.with_name("journal.db-wal"))
        stats = [(path.name, path.stat()) for path in paths if path.exists()]
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]


def _said(output: Path) -> str:
    files = (output, output.with_suffix(".errors"))
    return "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


def _of(window: int, connections: int | None) -> dict[str, str]:
    return {
        "UADISPATCH_EMAIL_CONCURRENCY": str(connections or window),
        "UADISPATCH_EMAIL_WINDOW": str(window),
    }
