"""A HylaFAX server of one's own, through its client's programs: sendfax, faxstat and faxrm.

Each is started without a shell, with arguments that are numbers, names of our own files and
settings. A job bears the message's reference and the time of the try as its tag, so that one whose
answer was lost is found again. It makes one call: when to call again is decided in the journal.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from uadispatch import (
    Became,
    ConfigError,
    Outcome,
    Receipt,
    Temporary,
    Unavailable,
    Unknown,
)
from uadispatch_fax.failures import of_hylafax
from uadispatch_fax.gateway import (
    FIRST_LOOK,
    ask_again,
    delivered,
    is_certain,
    is_try_of,
    label,
)
from uadispatch_fax.pages import tiff_of
from uadispatch_fax.queue import FORMAT, Job, JobState, listed, reachable, submitted

if TYPE_CHECKING:
    from datetime import datetime

    from uadispatch import Message, Tools
    from uadispatch_fax.settings import FaxSettings

__all__ = ["HylaFax", "host_of", "is_installed"]

LIMIT = 120.0
"""Seconds that a program may take."""
LARGEST = 1_000_000
KEPT = timedelta(minutes=15)
"""As long a server keeps what it is done with, at least: faxqclean(8), option -j."""
CERTAIN = timedelta(minutes=2)
"""After this, or the time that a program may take if that is longer, nothing that one of ours began
can still come into a queue."""
KILLED = "now + 30 minutes"
"""When the server gives a fax up that no modem was free for: it must not wait into the night."""


_NOBODY_THERE = ("can not reach", "getaddrinfo failed", "unknown host", "connection refused")
_REFUSED = re.compile(r"^\s*(login failed|530[ -]|usage:)", re.IGNORECASE | re.MULTILINE)
"""At the beginning of a line: what ``sendfax`` prints before anything has left."""
_PROMPT = re.compile(r"^Password:[ \t]*", re.MULTILINE)
"""Of getpass(3), which prints it on standard error where there is no terminal, and no end of line
after it."""
_KEPT = ("PATH", "USER", "LOGNAME", "FAXSERVER", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class _Ran:
    """How a program ended, and what it printed."""

    code: int
    said: str
    complained: str

    @property
    def why(self) -> str:
        """The last line that it printed, fit to be shown."""
        lines = (self.complained or self.said).strip().splitlines()
        line = "".join(each if each.isprintable() else " " for each in lines[-1]) if lines else ""
        return line[:200] or f"exit code {self.code}"


class HylaFax:
    """The gateway."""

    def __init__(self, settings: FaxSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools

    async def send(self, pdf: bytes, message: Message) -> Receipt:
        """Put a job into the server's queue."""
        page = ("-m", "-s", "a4")  # as the pages were drawn: 196 lines an inch
        one_call = ("-t", "1", "-T", "1", "-k", KILLED)
        quiet = ("-n", "-N")  # no cover, no mails
        with tempfile.TemporaryDirectory(prefix="uadispatch-fax-") as folder:
            file = Path(folder) / "pages.tif"
            # TIFF-F as it is sent: the server need not draw a PDF, and draws it no other way.
            file.write_bytes(await asyncio.to_thread(tiff_of, pdf))
            await self._tools.begin()
            ran = await self._run(
                folder, "sendfax", *quiet, *page, *one_call, *self._owner(),
                "-i", label(message, message.at), "-d", message.to.value, str(file), sends=True,
            )  # fmt: skip
        job = submitted(ran.said)
        if job is None:
            raise self._not_taken(ran)
        return Receipt(
            says=f"HylaFAX has it as job {job}",
            id=job,
            ask_again_at=self._tools.clock.now() + FIRST_LOOK,
        )

    async def confirm(
        self, message: Message, receipt: Receipt | None, since: datetime
    ) -> Outcome | None:
        """What became of it, as far as the queues say."""
        jobs = await self._queues()
        number = None if receipt is None else receipt.id
        now = self._tools.clock.now()
        if number is not None:
            # A server that was set up anew counts from 1 again.
            ours = [job for job in jobs if job.number == number and is_try_of(message, job.tag)]
            return self._outcome(ours[0], now, since) if len(ours) == 1 else None
        tag = label(message, since)
        ours = [job for job in jobs if job.tag == tag]
        age = now - since
        if not ours and age < KEPT:
            outcome = Outcome(became=Became.RETRY, says="the fax server has no job of this message")
        elif len(ours) == 1:
            outcome = replace(self._outcome(ours[0], now, since), exact=True)
        else:
            return None
        settled = max(CERTAIN, timedelta(seconds=LIMIT * self._settings.patience))
        return outcome if is_certain(outcome, age, settled) else None

    async def recall(self, message: Message, receipt: Receipt | None) -> bool:
        """Remove the job; True if nobody was called for it before."""
        before = [job for job in await self._queues() if is_try_of(message, job.tag)]
        open_ = [job for job in before if job.state not in (JobState.DONE, JobState.FAILED)]
        if receipt is not None and receipt.id is not None:
            open_ = [job for job in open_ if job.number == receipt.id]
        if len(open_) != 1:
            return False
        job = open_[0]
        with tempfile.TemporaryDirectory(prefix="uadispatch-fax-") as folder:
            ran = await self._run(folder, "faxrm", job.number, sends=False)
        removed = f"Job {job.number} removed" in ran.said
        after = [each for each in await self._queues() if each.number == job.number]
        done = any(each.state is JobState.DONE or each.sent for each in after)
        return removed and job.state is not JobState.RUNNING and not job.sent and not done

    async def aclose(self) -> None:
        """Nothing stays open."""

    async def _queues(self) -> list[Job]:
        """All jobs that the server has and had lately."""
        with tempfile.TemporaryDirectory(prefix="uadispatch-fax-") as folder:
            ran = await self._run(folder, "faxstat", "-s", "-d", sends=False)
        if not reachable(ran.said):
            raise Unavailable(f"the fax server gives no list of its jobs: {ran.why}")
        return listed(ran.said)

    def _outcome(self, job: Job, now: datetime, since: datetime) -> Outcome:
        if job.state is JobState.DONE:
            says = delivered(job.sent or job.pages)
            return Outcome(became=Became.CONFIRMED, says=says, code=job.state, id=job.number)
        if job.state is JobState.FAILED:
            became = of_hylafax(job.says)
            return Outcome(became=became.became, says=became.says, code=became.code, id=job.number)
        return Outcome(
            became=Became.ACCEPTED,
            says=job.says or "in the queue",
            code=job.state,
            id=job.number,
            ask_again_at=ask_again(now, since),
        )

    def _owner(self) -> tuple[str, ...]:
        user = self._settings.hylafax_user
        return () if user is None else ("-o", user)

    def _not_taken(self, ran: _Ran) -> Exception:
        """The error of a ``sendfax`` that names no job."""
        said = f"{ran.complained}\n{ran.said}"
        if any(word in said.lower() for word in _NOBODY_THERE):
            return Unavailable(f"the fax server cannot be reached: {ran.why}")
        if _REFUSED.search(said):
            mend = "check UADISPATCH_FAX_HYLAFAX_USER and _PASSWORD, and its hosts.hfaxd"
            return ConfigError(f"the fax server does not serve us: {ran.why}: {mend}")
        return Unknown(f"sendfax named no job, which may be there: {ran.why}")

    async def _run(self, folder: str, program: str, *arguments: str, sends: bool) -> _Ran:
        """Run one of the programs in an environment of its own."""
        settings = self._settings
        host = () if settings.hylafax_host is None else ("-h", settings.hylafax_host)
        secret = await self._tools.secret(
            settings.hylafax_password, settings.hylafax_password_command
        )
        environment = _environment(folder, settings.hylafax_user)
        path = program if settings.hylafax_programs is None else settings.hylafax_programs / program
        try:
            process = await asyncio.create_subprocess_exec(
                path, *host, *arguments, env=environment, cwd=folder,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                # Without a terminal of its own it asks its standard input for the password.
                start_new_session=True,
            )  # fmt: skip
        except FileNotFoundError:
            mend = "install HylaFAX's client (hylafax-client), or set hylafax_programs"
            raise ConfigError(f"there is no program {program} here: {mend}") from None
        except OSError as exc:
            raise ConfigError(f"{program} cannot be started: {exc.strerror}") from None
        try:
            asked = None if secret is None else f"{secret}\n".encode()
            said, complained = await asyncio.wait_for(
                process.communicate(asked), LIMIT * settings.patience
            )
        except TimeoutError:
            says = f"{program} did not end within {LIMIT * settings.patience:.0f} s"
            error = Unknown(says) if sends else Temporary(says)
        else:
            complaint = _PROMPT.sub("", _text(complained, secret))
            return _Ran(process.returncode or 0, _text(said, secret), complaint)
        finally:
            await _end(process)
        raise error


def host_of(settings: FaxSettings) -> str:
    """The server, as far as it is said here; its programs may know another (``~/.hylarc``)."""
    return settings.hylafax_host or os.environ.get("FAXSERVER", "")


def is_installed(settings: FaxSettings) -> bool:
    """Whether there is a ``sendfax`` on this machine."""
    folder = settings.hylafax_programs
    return shutil.which("sendfax" if folder is None else folder / "sendfax") is not None


def _environment(folder: str, user: str | None) -> dict[str, str]:
    """What the programs get of ours: no secret, and the settings of this user with our format."""
    own = Path.home() / ".hylarc"
    try:
        settings = own.read_text(encoding="utf-8", errors="replace")
    except OSError:
        settings = ""
    Path(folder, ".hylarc").write_text(f"{settings}\n{FORMAT}\n", encoding="utf-8")
    kept = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}
    return (
        {"PATH": os.defpath}
        | kept
        | {"HOME": folder, "LC_ALL": "C"}
        | ({} if user is None else {"FAXUSER": user})
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave no process behind, however its run ended."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it started, too
        await process.wait()


def _text(printed: bytes, secret: str | None) -> str:
    text = printed[:LARGEST].decode("utf-8", "replace")
    return text.replace(secret, "***") if secret else text
