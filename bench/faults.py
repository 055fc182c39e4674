"""The same faults against `uadispatch send`, mailmerge and django-post_office, in one run.

Each program sends the same letters to the mail server of uadispatch.testing in another process,
which takes each mail, thinks for 5 ms and answers. A fault befalls the program or the server;
then a person, or cron, goes on as the program's own words and documentation say. In the end what
arrived is compared with what the program lists. It asserts that uadispatch has sent nothing
twice, has lost nothing and calls nothing unsent that arrived. What each command said is kept in
.bench/faults until the next run. docs/faults.md explains the table.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, astuple, dataclass
from threading import Timer
from typing import TYPE_CHECKING

from faults_programs import (
    BENCH,
    DOUBT,
    SENT,
    UNSENT,
    Job,
    Mailmerge,
    MailmergeByHand,
    PostOffice,
    PostOfficeRetrying,
    Ran,
    Uadispatch,
    install_peers,
    installed,
    person,
)
from faults_server import MailServer, Outage, Rule, Script

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults_programs import Program

KEPT = BENCH / "faults"
LONGEST = 100
"""Seconds that one command may take."""
AGAIN = 3
"""Seconds after which a person presses Ctrl-C once more."""
DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Fault:
    """What goes wrong."""

    name: str
    says: str
    script: Callable[[int], Script] = lambda _: Script()
    """How the server misbehaves, for the mail at which it begins."""
    signal: signal.Signals | None = None
    """What the first command is sent, after about a quarter of the mails."""
    doubled: bool = False
    """The first command is started twice at the same time."""
    down: bool = False
    """The server listens only after the first command has ended."""
    impatient: bool = False
    """Programs are told to wait only seconds for an answer, where they can be."""
    luck: bool = False
    """The outcome depends on the moment, so it is repeated."""
    variants: tuple[type[Program], ...] = ()


@dataclass(frozen=True)
class Moment:
    """When a fault strikes in a run: at this mail, and a signal so many seconds after it."""

    run: int
    mail: int
    seconds: float


@dataclass(frozen=True)
class Result:
    """What came of one run, in numbers of mails, and how many commands it took."""

    twice: int
    lost: int
    unsent: int
    in_doubt: int
    miscalled: int
    commands: int


Row = tuple[Fault, "type[Program]", list[Result]]


def faults(number: int) -> list[Fault]:
    """All faults, for so many mails."""
    tenth = tuple(
        Rule("rcpt", "451 4.3.0 Try again later", to=person(n), times=1)
        for n in range(5, number, 10)
    )
    retrying = (PostOfficeRetrying,)
    return [
        Fault("none", "none"),
        Fault("kill", "`kill -9`", signal=signal.SIGKILL, luck=True, variants=(MailmergeByHand,)),
        Fault("interrupt", "Ctrl-C", signal=signal.SIGINT, luck=True),
        Fault("doubled", "started twice at the same time", doubled=True, luck=True),
        Fault("550", "550 for one address", variants=retrying,
              script=lambda n: Script((Rule("rcpt", "550 5.1.1 Unknown", person(n)),))),
        Fault("451", "a one-off 451 for every tenth address", variants=retrying,
              script=lambda _: Script(tenth)),
        Fault("421", "421 to everything for 2 s", variants=retrying,
              script=lambda n: Script(outage=Outage(n, 2))),
        Fault("cut", "one mail is taken, and the connection cut", luck=True, variants=retrying,
              script=lambda n: Script((Rule("dot", "close", person(n), 1),))),
        Fault("silence", "one mail is taken, and never answered", impatient=True,
              variants=retrying, script=lambda n: Script((Rule("dot", "silence", person(n), 1),))),
        Fault("down", "the server is down at the start", down=True, variants=retrying),
    ]  # fmt: skip


class Run:
    """One program under one fault."""

    def __init__(self, fault: Fault, kind: type[Program], number: int, moment: Moment) -> None:
        """Set everything up; the server is there unless it is down."""
        self.fault, self.number, self.moment = fault, number, moment
        self.folder = KEPT / f"{fault.name}-{kind.__name__}-{moment.run}".lower()
        self.folder.mkdir(parents=True)
        self.script = fault.script(moment.mail)
        self.server = None if fault.down else MailServer(self.script)
        self.port = self.server.port if self.server else free_port()
        self.program = kind(Job(number, self.port, self.folder, impatient=fault.impatient))
        self.past: list[Ran] = []
        self.struck = False

    def go(self) -> Result:
        """Run all commands and judge what came of it."""
        while command := self.program.next(self.past):
            if self.past:
                self._wait_a_little()
            first = not self.past
            times = 2 if first and self.fault.doubled else 1
            processes = [self._start(command, len(self.past) + n + 1) for n in range(times)]
            if first and self.fault.signal and self.server:
                strike = Timer(self.moment.seconds, self._strike, processes)
                self.server.when(self.moment.mail, strike.start)
            for process in processes:
                self.past.append(self._finish(command, process))
        if self.server is None:
            sys.exit(f"{self.program.name} sends nothing at all")
        self.server.close()
        return self._judge(self.server)

    def _wait_a_little(self) -> None:
        """Whoever gives a further command is slower than an outage."""
        if self.server is None:
            self.server = MailServer(self.script, self.port)
        self.server.await_its_return()
        time.sleep(self.program.pause)

    def _start(self, command: list[str], number: int) -> subprocess.Popen[bytes]:
        with (self.folder / f"{number}.said").open("wb") as said:
            return subprocess.Popen(
                command, cwd=self.folder, env=self.program.env(), stdin=subprocess.DEVNULL,
                stdout=said, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def _strike(self, process: subprocess.Popen[bytes]) -> None:
        """Send the fault's signal, unless the command has ended before."""
        if self.fault.signal and process.poll() is None:
            self.struck = True
            process.send_signal(self.fault.signal)

    def _finish(self, command: list[str], process: subprocess.Popen[bytes]) -> Ran:
        """Wait until it has ended, as long as a person would."""
        began = time.monotonic()
        pressed = 0
        while process.poll() is None:
            time.sleep(0.02)
            now = time.monotonic()
            idle = now - max(began, self.server.heard if self.server else began)
            if idle > self.program.patience + AGAIN * pressed:
                process.send_signal(signal.SIGINT)
                pressed += 1
            if now - began > LONGEST:
                process.kill()
        said = (self.folder / f"{len(self.past) + 1}.said").read_text(errors="replace")
        struck = not self.past and self.fault.signal is signal.SIGINT
        return Ran(tuple(command), process.returncode, bool(pressed or struck), said)

    def _judge(self, server: MailServer) -> Result:
        """Compare what arrived with what the program says of it."""
        everybody = {person(n) for n in range(self.number)}
        copies = Counter(server.taken)
        listed = self.program.listed(self.past)
        if strangers := (set(copies) | set(listed)) - everybody:
            sys.exit(f"{self.program.name} knows strangers: {strangers}")
        if self.fault.signal and not self.struck:
            sys.exit(f"{self.program.name} had ended before the signal: raise --messages")
        if self.fault.name == "none" and server.taken != server.answered:
            sys.exit("the mail server does not record its answers")
        never = everybody - set(copies)
        lost = {to for to in never if listed.get(to, SENT) == SENT}
        result = Result(
            twice=copies.total() - len(copies),
            lost=len(lost),
            unsent=len(never - lost),
            in_doubt=sum(said == DOUBT for said in listed.values()),
            miscalled=sum(listed.get(to) == UNSENT for to in copies),
            commands=len(self.past),
        )
        kept = {
            "moment": asdict(self.moment),
            "commands": [(*ran.command, f"-> {ran.code}") for ran in self.past],
            "result": asdict(result),
            "taken": server.taken,
            "taken, not answered": list((copies - Counter(server.answered)).elements()),
            "listed": listed,
        }
        (self.folder / "kept.json").write_text(json.dumps(kept, indent=1))
        return result


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def compare(number: int, runs: int, seed: int, only: list[str]) -> int:
    """Run everything and print the table; returns the exit code."""
    versions = install_peers()
    shutil.rmtree(KEPT, ignore_errors=True)
    dice = random.Random(seed)  # noqa: S311 - when to kill is no secret
    rows: list[Row] = []
    for fault in faults(number):
        lowest, highest = (0.2, 0.3) if fault.signal else (0.4, 0.6)
        moments = [
            Moment(run, int(number * dice.uniform(lowest, highest)), dice.uniform(0, 0.01))
            for run in range(runs if fault.luck else 1)
        ]
        kinds: list[type[Program]] = [Uadispatch, Mailmerge, PostOffice, *fault.variants]
        for kind in kinds:
            if (only and fault.name not in only) or kind.needs not in versions:
                continue
            began = time.monotonic()
            rows.append((fault, kind, [Run(fault, kind, number, at).go() for at in moments]))
            seconds = time.monotonic() - began
            print(f"{fault.name}: {kind.name}, {seconds:.1f} s", file=sys.stderr, flush=True)
    report(rows, versions, number, runs, seed)
    return verdict(rows)


def report(rows: list[Row], versions: dict[str, str], number: int, runs: int, seed: int) -> None:
    """Print what was run, and the table."""
    named = ", ".join(f"{name} {found}" for name, found in versions.items())
    django = f" on Django {installed('django')}" if "post_office" in versions else ""
    print(
        f"{number} mails in each run; runs of what depends on the moment: {runs}, shown as "
        f"lowest{DASH}highest;\nseed {seed}. {named}{django};\n"
        f"Python {platform.python_version()}, {platform.system()}.\n"
    )
    print("| fault | program | twice | lost | unsent | in doubt | miscalled | commands |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    last = ""
    for fault, kind, results in rows:
        columns = [
            DASH if name == "in_doubt" and kind is not Uadispatch else spread(numbers)
            for name, numbers in zip(
                asdict(results[0]), zip(*map(astuple, results), strict=True), strict=True
            )
        ]
        said = "" if fault.says == last else fault.says
        last = fault.says
        print(f"| {said} | {kind.name} | {' | '.join(columns)} |")


def spread(numbers: tuple[int, ...]) -> str:
    """The lowest and the highest, or the one that all are."""
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}{DASH}{high}"


def verdict(rows: list[Row]) -> int:
    """Say what must not be; returns the exit code."""
    wrong = 0
    for fault, kind, results in rows:
        for run, result in enumerate(results):
            broken = result.twice or result.lost or result.miscalled
            spoilt = fault.name == "none" and (broken or result.unsent or result.in_doubt)
            if spoilt or (broken and kind is Uadispatch):
                print(f"this must not be: {fault.name}, {kind.name}, run {run}: {result}",
                      file=sys.stderr)  # fmt: skip
                wrong += 1
    return 1 if wrong else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200, help="in each run")
    parser.add_argument("--runs", type=int, default=3, help="of what depends on the moment")
    parser.add_argument("--seed", type=int, help="of the moments; printed with the table")
    parser.add_argument(
        "--only", action="append", default=[], metavar="FAULT",
        help="none, kill, interrupt, doubled, 550, 451, 421, cut, silence or down; may be repeated",
    )  # fmt: skip
    given = parser.parse_args()
    # Where this runs in the background SIGINT may be ignored, and the programs would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    seed = secrets.randbelow(10_000) if given.seed is None else given.seed
    sys.exit(compare(given.messages, given.runs, seed, given.only))


if __name__ == "__main__":
    main()
