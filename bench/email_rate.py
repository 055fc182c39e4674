"""Messages per second of `uadispatch send`, smtplib and mailmerge, in one run on one machine.

Each sends the same letters to the same mail server in another process: Postfix's smtp-sink where
it is installed, else the one of uadispatch.testing. What is measured is the whole command, from
its start to its end, in mixed order; the table shows medians. uadispatch keeps its journal
(SQLite, synchronous=FULL) on the disk of this checkout; the others keep none. It asserts nothing
about speed, but that every message arrived.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import re
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
SUBJECT = "Release them"
TEXT = "I am writing to you about the detention of a human rights defender. " * 12  # 0.8 kB
SENDER = ("An Organisation of Tests", "tests@example.org")


@dataclass(frozen=True)
class Job:
    """One run of a contestant."""

    number: int
    port: int
    folder: Path


def uadispatch(job: Job) -> list[str]:
    targets = "".join(
        f"  - {{id: official-{n}, name: Official {n}, email: official-{n}@example.org}}\n"
        for n in range(job.number)
    )
    campaign = job.folder / "config/campaigns/many.yaml"
    campaign.parent.mkdir(parents=True)
    campaign.write_text(
        "urgent_action: {number: 1/26, title: Bench, country: KZ, deadline: 2099-12-31}\n"
        f"languages: [en]\nchannels: [email]\ntargets:\n{targets}"
        f'letter: {{en: {{subject: "{SUBJECT}", text: "{TEXT.strip()}"}}}}\n'
    )
    (job.folder / "config/uadispatch.toml").write_text(
        f'[organisation]\nname = "{SENDER[0]}"\nemail = "{SENDER[1]}"\n'
        f'[email]\nhost = "127.0.0.1"\nport = {job.port}\nsecurity = "none"\n'
    )
    return [f"{sys.prefix}/bin/uadispatch", "send", str(campaign), "--yes"]


def plain_smtplib(job: Job) -> list[str]:
    return [sys.executable, __file__, "--plain", str(job.port), "--messages", str(job.number)]


def mailmerge(job: Job) -> list[str]:
    rows = "".join(f"official-{n}@example.org,Official {n}\n" for n in range(job.number))
    (job.folder / "people.csv").write_text(f"email,name\n{rows}")
    (job.folder / "letter.txt").write_text(
        f"TO: {{{{email}}}}\nSUBJECT: {SUBJECT}\nFROM: {SENDER[0]} <{SENDER[1]}>\n\n"
        f"Dear {{{{name}}}},\n\n{TEXT}\n\n{SENDER[0]}\n"
    )
    (job.folder / "server.conf").write_text(f"[smtp_server]\nhost = 127.0.0.1\nport = {job.port}\n")
    return [
        str(BENCH / "venv/bin/mailmerge"), "--no-dry-run", "--no-limit", "--output-format", "text",
        "--template", "letter.txt", "--database", "people.csv", "--config", "server.conf",
    ]  # fmt: skip


def send_plainly(port: int, number: int) -> None:
    """What one would write by hand: one connection, one mail after the other."""
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for n in range(number):
            mail = EmailMessage()
            mail["From"] = f"{SENDER[0]} <{SENDER[1]}>"
            mail["To"] = f"official-{n}@example.org"
            mail["Subject"] = SUBJECT
            mail["Date"] = formatdate()
            mail["Message-ID"] = make_msgid(domain="example.org")
            mail.set_content(f"Dear Official {n},\n\n{TEXT}\n\n{SENDER[0]}\n")
            smtp.send_message(mail)


async def serve(delay: float) -> None:
    """Be the mail server, and print how many mails came, as smtp-sink does."""
    from uadispatch.testing.smtp import SmtpServer, late  # noqa: PLC0415 - only this process

    came = 0

    def count(_: object) -> None:
        nonlocal came
        came += 1
        print(f"mesg={came}", end="\r", flush=True)

    server = SmtpServer(on_mail=count, keep=False)
    if delay:
        server.at("dot", late(delay))
    await server.start()
    print(f"port={server.port}", end="\r", flush=True)
    await asyncio.Event().wait()


@contextmanager
def listening(sink: str | None, delay: float) -> Iterator[tuple[int, Callable[[], int]]]:
    """A mail server's port, and a function that says how many mails it has taken."""
    with tempfile.TemporaryFile("w+") as said:
        if sink:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            user = ["-u", "nobody"] if os.geteuid() == 0 else []
            command = [sink, "-c", *user, f"127.0.0.1:{port}", "100"]
        else:
            command = [sys.executable, __file__, "--serve", str(delay)]
        server = subprocess.Popen(command, stdout=said, cwd="/")

        def last(name: str) -> int:
            said.seek(0)
            return int((re.findall(rf"{name}=(\d+)", said.read()) or [0])[-1])

        try:
            if not sink:
                while not (port := last("port")):
                    if server.poll() is not None:
                        sys.exit("the mail server does not start")
                    time.sleep(0.05)
            time.sleep(0.2)
            yield port, lambda: last("mesg")
        finally:
            server.terminate()
            server.wait()


def measure(
    make: Callable[[Job], list[str]], number: int, server: tuple[int, Callable[[], int]]
) -> float:
    """Messages per second of one run."""
    port, taken = server
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        command = make(Job(number, port, Path(folder)))
        # A real server that the caller has set must get none of this.
        env = {name: value for name, value in os.environ.items() if "UADISPATCH_" not in name}
        before = taken()
        began = time.perf_counter()
        subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        if (came := taken() - before) != number:
            sys.exit(f"{command[0]} should have sent {number} mails, and {came} arrived")
    return number / seconds


def install_mailmerge() -> str:
    """Install it into a venv of its own; returns its version, or nothing where it cannot be."""
    venv = BENCH / "venv"
    try:
        if not (venv / "bin/mailmerge").exists():
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            subprocess.run([venv / "bin/pip", "install", "--quiet", "mailmerge"], check=True)
        shown = subprocess.run(
            [venv / "bin/mailmerge", "--version"], check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError) as exc:
        print(f"without mailmerge: {exc}", file=sys.stderr)
        return ""
    return shown.stdout.split()[-1]


def processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--delay", type=float, default=0.0, metavar="SECONDS",
        help="let the server answer each mail so much later; with the server of uadispatch.testing",
    )  # fmt: skip
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--plain", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.plain:
        send_plainly(given.plain, given.messages)
    elif given.serve is not None:
        asyncio.run(serve(given.serve))
    else:
        compare(given.messages, given.runs, given.delay)


def compare(number: int, runs: int, delay: float) -> None:
    """Let everyone send, and print the table."""
    BENCH.mkdir(exist_ok=True)
    contestants = {
        f"uadispatch {version('uadispatch')}": uadispatch,
        "smtplib, one connection": plain_smtplib,
    }
    if found := install_mailmerge():
        contestants[f"mailmerge {found}"] = mailmerge
    path = f"{os.environ['PATH']}:/usr/sbin"
    sink = None if delay else shutil.which("smtp-sink", path=path)
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    with listening(sink, delay) as server:
        for _ in range(runs):
            for name in random.sample(list(contestants), len(contestants)):
                rates[name].append(measure(contestants[name], number, server))
    report(rates, number, sink, delay)


def report(rates: dict[str, list[float]], number: int, sink: str | None, delay: float) -> None:
    """Print the table; ratios are of medians, to smtplib."""
    server = "smtp-sink of Postfix" if sink else "the server of uadispatch.testing"
    late = f", each mail answered after {delay * 1000:g} ms" if delay else ""
    base = statistics.median(rates["smtplib, one connection"])
    print(
        f"{number:,} mails of 0.9 kB to {server}{late}; whole commands, median of "
        f"{len(next(iter(rates.values())))} (lowest-highest), orders mixed.\n"
        f"{processor()}, {os.cpu_count()} cores, {platform.system()}; "
        f"Python {platform.python_version()}.\n"
    )
    print("| | messages/s | lowest-highest | ratio to smtplib |\n|---|---:|---:|---:|")
    for name, found in rates.items():
        median = statistics.median(found)
        span = f"{min(found):,.0f}-{max(found):,.0f}"
        print(f"| {name} | {median:,.0f} | {span} | {median / base:.2f} |")


if __name__ == "__main__":
    main()
