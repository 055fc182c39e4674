"""The programs of faults.py: how each is set up, what a person types next, and what it lists.

Each is used the way its own README says, with its defaults, unless its name says otherwise.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / ".bench"
PEERS = BENCH / "peers"
PINNED = {
    "mailmerge": ("mailmerge==2.3.0",),
    # The Django with long-term support.
    "post_office": ("django-post_office==3.12.0", "django==5.2.*"),
}

SUBJECT = "Release them"
TEXT = "I am writing to you about the detention of a human rights defender. " * 12  # 0.8 kB
SENDER = ("An Organisation of Tests", "tests@example.org")

SENT, UNSENT, DOUBT = "sent", "unsent", "in doubt"
"""What a program may say of a mail: it is out; it is not; it may be."""


def person(number: int) -> str:
    """The address of the official with this number; the first is 0."""
    return f"official-{number}@example.org"


@dataclass(frozen=True)
class Job:
    """One run: so many mails to the server at this port."""

    number: int
    port: int
    folder: Path
    impatient: bool
    """Wait only seconds for an answer, where the program can be told so."""


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    command: tuple[str, ...]
    code: int
    """Its exit code; negative: the signal that ended it."""
    interrupted: bool
    """Whether faults.py has pressed Ctrl-C."""
    said: str


class Program:
    """One program in one run."""

    name: ClassVar[str]
    needs: ClassVar[str]
    """What must be installed."""
    patience: ClassVar[float] = 60
    """Seconds in which nothing happens at the server, after which a person presses Ctrl-C."""
    pause: ClassVar[float] = 0
    """Seconds before a further command."""

    def __init__(self, job: Job) -> None:
        """Set it up in the job's folder."""
        self.job = job

    def env(self) -> Mapping[str, str]:
        """Its environment: no setting of the caller's; output as on a terminal, line by line."""
        foreign = ("UADISPATCH_", "DJANGO_", "PYTHONPATH")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {**kept, "PYTHONUNBUFFERED": "1"}

    def next(self, past: Sequence[Ran]) -> list[str] | None:
        """What a person types after `past`; nothing: there is nothing more to try."""
        raise NotImplementedError

    def listed(self, past: Sequence[Ran]) -> dict[str, str]:
        """What it says of each mail in the end, by its recipient."""
        raise NotImplementedError


class Uadispatch(Program):
    """``send``, and the same command again; with ``--wait`` once it says that messages wait."""

    name = needs = "uadispatch"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._seen: tuple[int, dict[str, str]] = (0, {})
        targets = "".join(
            f"  - {{id: official-{n}, name: Official {n}, email: {person(n)}}}\n"
            for n in range(job.number)
        )
        self.campaign = job.folder / "config/campaigns/many.yaml"
        self.campaign.parent.mkdir(parents=True)
        self.campaign.write_text(
            "urgent_action: {number: 1/26, title: Faults, country: KZ, deadline: 2099-12-31}\n"
            f"languages: [en]\nchannels: [email]\ntargets:\n{targets}"
            f'letter: {{en: {{subject: "{SUBJECT}", text: "{TEXT.strip()}"}}}}\n'
        )
        (job.folder / "config/uadispatch.toml").write_text(
            f'[organisation]\nname = "{SENDER[0]}"\nemail = "{SENDER[1]}"\n'
            f'[email]\nhost = "127.0.0.1"\nport = {job.port}\nsecurity = "none"\n'
        )

    def env(self) -> Mapping[str, str]:
        """Short waits, and the checkout that faults.py itself runs from."""
        more = {"UADISPATCH_EMAIL_RETRY_WAIT": "1"}
        if self.job.impatient:
            more["UADISPATCH_EMAIL_PATIENCE"] = "0.005"  # three seconds after the final dot
        if path := os.environ.get("PYTHONPATH"):
            folders = (str(Path(folder).resolve()) for folder in path.split(os.pathsep))
            more["PYTHONPATH"] = os.pathsep.join(folders)
        return {**super().env(), **more}

    def next(self, past: Sequence[Ran]) -> list[str] | None:
        send = [f"{sys.prefix}/bin/uadispatch", "send", str(self.campaign), "--yes"]
        waits = past and past[-1].code == 4  # its exit code for: messages wait until later
        if len(past) > 1:
            left = any(state in ("planned", "retry") for state in self._states(past).values())
            if not left or len(past) > 5:
                return None
        return [*send, "--wait"] if waits else send

    def listed(self, past: Sequence[Ran]) -> dict[str, str]:
        said = {"accepted": SENT, "confirmed": SENT, "claimed": DOUBT, "in_doubt": DOUBT}
        return {to: said.get(state, UNSENT) for to, state in self._states(past).items()}

    def _states(self, past: Sequence[Ran]) -> dict[str, str]:
        """The state of each message by its recipient, as ``status`` gives it after `past`."""
        if self._seen[0] == len(past):
            return self._seen[1]
        shown = subprocess.run(
            [f"{sys.prefix}/bin/uadispatch", "status", self.campaign, "--json", "--messages"],
            env=self.env(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        status = json.loads(shown.stdout)
        # A run that was killed may show in either way.
        doubtful = {entry["key"] for entry in status.get("in_doubt", ())}
        states = {
            entry["to"]: "in_doubt" if entry["key"] in doubtful else entry["state"]
            for entry in status["messages"]
        }
        self._seen = (len(past), states)
        return states


class Mailmerge(Program):
    """The command; then what its hint says, as long as that leads on; without a hint, the same."""

    name = needs = "mailmerge"
    patience = 5  # it has no time limit of its own
    by_hand = False
    """After a kill a person looks what was last said on the terminal, and types --resume."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        rows = "".join(f"{person(n)},Official {n}\n" for n in range(job.number))
        (job.folder / "mailmerge_database.csv").write_text(f"email,name\n{rows}")
        (job.folder / "mailmerge_template.txt").write_text(
            f"TO: {{{{email}}}}\nSUBJECT: {SUBJECT}\nFROM: {SENDER[0]} <{SENDER[1]}>\n\n"
            f"Dear {{{{name}}}},\n\n{TEXT}\n\n{SENDER[0]}\n"
        )
        (job.folder / "mailmerge_server.conf").write_text(
            f"[smtp_server]\nhost = 127.0.0.1\nport = {job.port}\n"
        )

    def next(self, past: Sequence[Ran]) -> list[str] | None:
        command = [f"{PEERS}/bin/mailmerge", "--no-dry-run", "--no-limit"]
        if not past:
            return command
        if past[-1].code == 0 or len(past) > self.job.number:
            return None
        resume = self._first_unsent(past)
        further = command if resume is None else [*command, "--resume", str(resume)]
        stuck = len(past) > 1 and further == list(past[-1].command)
        return None if stuck else further

    def listed(self, past: Sequence[Ran]) -> dict[str, str]:
        first = self._first_unsent(past) or 1
        ended = past[-1].code == 0
        return {
            person(n): SENT if ended or n + 1 < first else UNSENT for n in range(self.job.number)
        }

    def _first_unsent(self, past: Sequence[Ran]) -> int | None:
        """The number that its hint names; after Ctrl-C without a hint, by what it last said."""
        last = past[-1]
        if hint := re.search(r'Hint: "--resume (\d+)"', last.said):
            return int(hint[1])
        sent = re.findall(r">>> message (\d+) sent", last.said)
        if sent and (last.interrupted or self.by_hand):
            return int(sent[-1]) + 1
        return None


class MailmergeByHand(Mailmerge):
    """As a careful person uses it."""

    name = "mailmerge, resumed by hand"
    by_hand = True


class PostOffice(Program):
    """``send_queued_mail`` from a queue filled beforehand, and again as cron would."""

    name = needs = "post_office"
    patience = 10  # after Ctrl-C it may wait for an answer that its own thread has read
    options = ""
    template: ClassVar[Path] = BENCH / "faults/queue"

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        if not self.template.exists():
            self._fill(self.template)
        shutil.copytree(self.template, job.folder, dirs_exist_ok=True)
        timeout = "EMAIL_TIMEOUT = 3\n" if job.impatient else ""
        with (job.folder / "mailing/settings.py").open("a") as settings:
            settings.write(
                f"EMAIL_HOST = '127.0.0.1'\nEMAIL_PORT = {job.port}\n{timeout}{self.options}"
            )

    def env(self) -> Mapping[str, str]:
        """Its lock lies in the folder for temporary files, so that is one of its own."""
        return {**super().env(), "TMPDIR": str(self.job.folder)}

    def next(self, past: Sequence[Ran]) -> list[str] | None:
        waiting = any(status in (2, 3) for status in self._statuses().values())
        if len(past) > 5 or (len(past) > 1 and not waiting):
            return None
        return [f"{PEERS}/bin/python", "manage.py", "send_queued_mail"]

    def listed(self, past: Sequence[Ran]) -> dict[str, str]:  # noqa: ARG002 - it asks the queue
        return {to: UNSENT if status else SENT for to, status in self._statuses().items()}

    def _statuses(self) -> dict[str, int]:
        """By recipient: 0 sent, 1 failed, 2 queued, 3 requeued."""
        queue = sqlite3.connect(self.job.folder / "db.sqlite3")
        found = queue.execute('SELECT "to", status FROM post_office_email').fetchall()
        queue.close()
        return dict(found)

    def _fill(self, folder: Path) -> None:
        """A project whose queue holds every mail; copied for each run, since it takes seconds."""
        folder.mkdir(parents=True)
        queue = (
            "from post_office import mail\n"
            f"for n in range({self.job.number}):\n"
            f"    mail.send(f'official-{{n}}@example.org', '{SENDER[0]} <{SENDER[1]}>',\n"
            f"        subject='{SUBJECT}', message=f'Dear Official {{n}},\\n\\n{TEXT}')\n"
        )
        self._manage(f"{PEERS}/bin/django-admin", "startproject", "mailing", str(folder))
        with (folder / "mailing/settings.py").open("a") as settings:
            settings.write(
                "INSTALLED_APPS.append('post_office')\nEMAIL_BACKEND = 'post_office.EmailBackend'\n"
            )
        manage = (f"{PEERS}/bin/python", str(folder / "manage.py"))
        self._manage(*manage, "migrate", "--verbosity", "0")
        self._manage(*manage, "shell", "--verbosity", "0", "--command", queue)

    def _manage(self, *command: str) -> None:
        subprocess.run(command, env=self.env(), check=True, stdout=subprocess.DEVNULL)


class PostOfficeRetrying(PostOffice):
    """With the setting of its section "Retry", which is off by default."""

    name = "post_office, MAX_RETRIES = 4"
    pause = 1.2  # in place of cron's minute; longer than the interval below
    options = (
        "import datetime\n"
        "POST_OFFICE = {'MAX_RETRIES': 4, 'RETRY_INTERVAL': datetime.timedelta(seconds=1)}\n"
    )


def install_peers() -> dict[str, str]:
    """Install the others into a venv of their own; the version of each program that is there."""
    found = {"uadispatch": version("uadispatch")}
    for name, wanted in PINNED.items():
        package, _, pinned = wanted[0].partition("==")
        try:
            if not (PEERS / "bin/pip").exists():
                subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
            if installed(package) != pinned:
                subprocess.run([PEERS / "bin/pip", "install", "--quiet", *wanted], check=True)
        except (OSError, subprocess.CalledProcessError) as exc:
            print(f"without {name}: {exc}", file=sys.stderr)
        else:
            found[name] = pinned
    return found


def installed(package: str) -> str:
    """The version of a package in the peers' venv; empty: it is not there."""
    asked = f"from importlib.metadata import version; print(version({package!r}))"
    shown = subprocess.run(
        [PEERS / "bin/python", "-c", asked], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()
