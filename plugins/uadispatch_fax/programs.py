"""HylaFAX's programs on this machine, for rehearsals: run as ``python programs.py NAME ...``.

They speak as the real ones do (sendfax(1), faxstat(1), faxrm(1)) and keep their queue in the folder
in ``UADISPATCH_FAKE_FAX``. They call nobody. Nothing of this package is imported here: it runs by
itself.
"""

from __future__ import annotations

import fcntl
import json
import sys
import time
from pathlib import Path
from typing import Any

QUEUE, MISBEHAVE = "queue.json", "misbehave"
ABORTED = "Job aborted by user"
VALUED = frozenset("sdtTkiohI")
"""Options with a value, of those that are used here."""


def main(folder: Path, program: str, arguments: list[str]) -> int:
    """Do what `program` does; returns its exit code."""
    how = (folder / MISBEHAVE).read_text() if (folder / MISBEHAVE).exists() else ""
    options, files = read(arguments)
    host = options.get("h", "localhost")
    if how == "unreachable":
        sys.stderr.write(f'Can not reach service hylafax at host "{host}".\n')
        return 1 if program == "sendfax" else 0
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if program == "sendfax":
            code = send(folder, options, files, how)
        else:
            code = {"faxstat": stat, "faxrm": remove}[program](folder, files)
    sys.stdout.flush()
    if program == "sendfax" and how == "silent after it had the message":
        time.sleep(600)
    return code


def read(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """Options and the rest, as getopt(3) would."""
    options: dict[str, str] = {}
    rest = iter(arguments)
    files = []
    for each in rest:
        if not each.startswith("-"):
            files.append(each)
        elif each[1] in VALUED:
            options[each[1]] = each[2:] or next(rest)
        else:
            options[each[1:]] = ""
    return options, files


def send(folder: Path, options: dict[str, str], files: list[str], how: str) -> int:
    """Queue a job."""
    with (folder / "tries").open("a") as tries:
        tries.write("x")
    if how == "wrong credentials":
        sys.stderr.write("Login failed: 530 User not allowed.\n")
        return 1
    jobs = load(folder)
    number = str(len(jobs) + 1)
    kept = folder / f"{int(number):03}-{options['d']}.tiff"
    kept.write_bytes(Path(files[0]).read_bytes())
    lines = folder / f"line-{options['d']}"
    reasons = lines.read_text().splitlines() if lines.exists() else []
    jobs.append(
        {
            "number": number, "to": options["d"], "tag": options["i"], "file": kept.name,
            "states": ["W", "R", "F" if reasons else "D"],
            "says": reasons[0] if reasons else "",
        }
    )  # fmt: skip
    lines.write_text("\n".join(reasons[1:]))
    save(folder, jobs)
    if how == "closed after it had the message":
        sys.stderr.write("Server hung up\n")
        return 1
    if how == "garbage after it had the message":
        sys.stdout.write("something else\n")
        return 0
    if how != "silent after it had the message":
        sys.stdout.write(f"request id is {number} (group id {number}) for host x (1 file)\n")
    return 0


def stat(folder: Path, _: list[str]) -> int:
    """List the jobs in the format of ``~/.hylarc``; each is a step further with every question."""
    sys.stdout.write("HylaFAX scheduler on rehearsal: Running\nModem none: Running and idle\n\n")
    form = [
        line.partition('"')[2].rpartition('"')[0]
        for line in Path("~/.hylarc").expanduser().read_text().splitlines()
        if line.startswith("JobFmt:")
    ][-1]
    sys.stdout.write("uadispatch JID S Pgs Pages Number Tag Status\n")
    jobs = load(folder)
    for job in jobs:
        state = job["states"].pop(0) if len(job["states"]) > 1 else job["states"][0]
        shown = {
            "j": job["number"], "a": state, "p": int(state == "D"), "y": 1, "e": job["to"],
            "J": job["tag"], "s": job["says"] if state == "F" else "",
        }  # fmt: skip
        line = form
        for letter, value in shown.items():
            line = line.replace(f"%{letter}", str(value))
        sys.stdout.write(f"{line}\n")
    save(folder, jobs)
    return 0


def remove(folder: Path, numbers: list[str]) -> int:
    """Take jobs out of the queue."""
    jobs = load(folder)
    for job in jobs:
        if job["number"] in numbers and job["states"][0] not in ("D", "F"):
            job["states"], job["says"] = ["F"], ABORTED
            sys.stdout.write(f"Job {job['number']} removed.\n")
    save(folder, jobs)
    return 0


def load(folder: Path) -> list[dict[str, Any]]:
    """The queue."""
    file = folder / QUEUE
    return list(json.loads(file.read_text())) if file.exists() else []


def save(folder: Path, jobs: list[dict[str, Any]]) -> None:
    """Write the queue."""
    (folder / QUEUE).write_text(json.dumps(jobs))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
