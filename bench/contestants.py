"""Who sends in the comparison: how each is set up, its command, and how long its sending took.

Each gets the configuration that is best for it here and loses nothing by it: what is kept between
two mails is kept, what its documentation says of many mails is done. What they are told to send is
in mails.py.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import mails
from measuring import Ran, measure
from servers import FAR, NEAR, postfix

if TYPE_CHECKING:
    from peers import Peers

PROGRAMS = Path(__file__).resolve().parent / "programs"
CONNECTIONS = (1, 10, 50)


@dataclass(frozen=True)
class Job:
    """One run of a contestant."""

    number: int
    connections: int
    port: int
    folder: Path
    peers: Peers


class Contestant:
    """One program, configured."""

    name: ClassVar[str]
    about: ClassVar[str]
    """How it is configured, for the table."""
    connections: ClassVar[tuple[int, ...]] = CONNECTIONS
    needs: ClassVar[str] = ""
    """The peer that must be installed for it."""

    def mails(self, server: str, connections: int) -> int:
        """How many mails a run has at full size, so that it takes some seconds."""
        raise NotImplementedError

    def set_up(self, job: Job) -> None:
        """Write what it needs into the job's folder."""
        mails.write_officials(job.folder, job.number)
        mails.write_letter(job.folder)

    def command(self, job: Job) -> list[str]:
        raise NotImplementedError

    def sending(self, ran: Ran) -> float:
        """Seconds of the sending: from before the first connection until the last mail is done."""
        seconds: float = json.loads(ran.said)["seconds"]
        return seconds


class Uadispatch(Contestant):
    name = "uadispatch"
    about = "`send --yes --json`, journal on, `synchronous=FULL`; window as by default"
    window: ClassVar[int | None] = None

    def mails(self, server: str, connections: int) -> int:
        if server == NEAR:
            return 20_000 if connections == 10 else 10_000
        return 100 * connections

    def set_up(self, job: Job) -> None:
        mails.write_campaign(job.folder, job.number)
        window = {} if self.window is None else {"window": self.window}
        mails.write_settings(
            job.folder, host="127.0.0.1", port=job.port, security="none",
            concurrency=job.connections, **window,
        )  # fmt: skip

    def command(self, job: Job) -> list[str]:
        campaign = job.folder / "config/campaigns/many.yaml"
        return [f"{sys.prefix}/bin/uadispatch", "send", str(campaign), "--yes", "--json"]


class UadispatchWindow(Uadispatch):
    name = "uadispatch, window 200"
    about = "the same with `window = 200`: up to 200 messages in doubt after a crash"
    window = 200
    aims = (NEAR, 10), (FAR, 50)
    """Where it is held against what was aimed at."""

    def mails(self, server: str, connections: int) -> int:
        if (server, connections) in self.aims:
            return 100_000
        return super().mails(server, connections)


class SmtpSource(Contestant):
    name = "smtp-source (the limit)"
    about = "Postfix's own load generator, in C: `-d`, one mail made beforehand; keeps nothing"

    def mails(self, server: str, connections: int) -> int:
        return 100_000 if server == NEAR else 50 * connections

    def set_up(self, job: Job) -> None:
        """Nothing: it makes its mails itself."""

    def command(self, job: Job) -> list[str]:
        return [
            postfix("smtp-source"), "-d", "-N", "-s", str(job.connections), "-m", str(job.number),
            "-l", str(mails.SIZE), f"127.0.0.1:{job.port}",
        ]  # fmt: skip

    def sending(self, ran: Ran) -> float:
        return ran.seconds


class Nodemailer(Contestant):
    name = needs = "nodemailer"
    about = "`pool: true`, `maxMessages: Infinity`, fed when idle; keeps no record"

    def mails(self, server: str, connections: int) -> int:
        return 10_000 if server == NEAR else 100 * connections

    def command(self, job: Job) -> list[str]:
        node, package = job.peers.node, job.peers.nodemailer
        program = PROGRAMS / "by_nodemailer.cjs"
        return [node, str(program), str(package), str(job.port), str(job.connections)]


class Smtplib(Contestant):
    name = "smtplib"
    about = "the standard library, one process, a thread for each connection; keeps no record"

    def mails(self, server: str, connections: int) -> int:
        return 4_000 if server == NEAR else 50 * connections

    def command(self, job: Job) -> list[str]:
        program = PROGRAMS / "by_smtplib.py"
        return [sys.executable, str(program), str(job.port), str(job.connections)]


class PostOffice(Contestant):
    name = "django-post_office"
    about = (
        "`send_queued_mail` with a process for each core and a thread for each connection, "
        "batches of 5,000, SQLite with a write-ahead log, `synchronous=FULL`; before it, a queue "
        "filled by `send_many`"
    )
    needs = "django-post-office"
    BATCH = 5000
    QUEUE = "queue.db"

    def mails(self, server: str, connections: int) -> int:
        return 5_000 if server == NEAR else 50 * connections

    def set_up(self, job: Job) -> None:
        super().set_up(job)
        empty = job.peers.venv / "empty.db"
        if not empty.exists():
            measure([job.peers.python, self.program, "--prepare"], cwd=job.folder)
            shutil.copy(job.folder / self.QUEUE, empty)
        shutil.copy(empty, job.folder / self.QUEUE)

    def command(self, job: Job) -> list[str]:
        processes = min(os.cpu_count() or 1, job.connections)
        threads = job.connections // processes
        numbers = (job.port, threads, processes, self.BATCH)
        return [str(job.peers.python), str(self.program), *map(str, numbers)]

    @property
    def program(self) -> Path:
        return PROGRAMS / "by_post_office.py"


class Mailmerge(Contestant):
    name = needs = "mailmerge"
    about = "`--no-dry-run --no-limit`; opens a connection for each mail; keeps no record"
    connections = (1,)

    def mails(self, server: str, connections: int) -> int:  # noqa: ARG002 - it has but one
        return 2_000 if server == NEAR else 40

    def set_up(self, job: Job) -> None:
        mails.write_officials(job.folder, job.number)
        (job.folder / "letter.txt").write_text(
            f"TO: {{{{email}}}}\nSUBJECT: {mails.SUBJECT}\n"
            f"FROM: {mails.SENDER[0]} <{mails.SENDER[1]}>\n\n"
            f"{{{{salutation}}}},\n\n{mails.TEXT}\n\n{mails.CLOSING}\n\n{mails.SENDER[0]}\n"
        )
        (job.folder / "server.conf").write_text(
            f"[smtp_server]\nhost = 127.0.0.1\nport = {job.port}\n"
        )

    def command(self, job: Job) -> list[str]:
        return [
            str(job.peers.python), str(PROGRAMS / "by_mailmerge.py"), "--no-dry-run", "--no-limit",
            "--output-format", "text", "--template", "letter.txt", "--database", mails.OFFICIALS,
            "--config", "server.conf",
        ]  # fmt: skip


EVERYONE: tuple[Contestant, ...] = (
    Uadispatch(), UadispatchWindow(), Nodemailer(), PostOffice(), Smtplib(), Mailmerge(),
    SmtpSource(),
)  # fmt: skip
