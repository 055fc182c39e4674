"""What the programs of HylaFAX print -> the jobs of its queues. It starts no program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["FORMAT", "Job", "JobState", "listed", "reachable", "submitted"]

_MARK = "uadispatch"
FORMAT = f'JobFmt: "{_MARK} %j %a %p %y %e %J %s"'
"""For ``~/.hylarc`` (faxstat(1), JobFmt): number, state, pages sent and in all, the number that
is called, the tag, and last the reason of a failure, which is free text."""

_SUBMITTED = re.compile(
    r"^request id is ([0-9]{1,9}) \(group id [0-9]{1,9}\) for host ", re.MULTILINE | re.ASCII
)
_LINE = re.compile(
    rf"{_MARK} +([0-9]{{1,9}}) +([?TPSBWRDF]) +([0-9]{{1,6}}) +([0-9]{{1,6}}) +([^ ]*) "
    r"+([A-Za-z0-9.-]{1,140})(?: +(.*?))? *$",
    re.ASCII,
)
_SERVER = re.compile(r"^HylaFAX scheduler on [^\n]*: Running\r?$", re.MULTILINE)


class JobState(StrEnum):
    """The letters of faxstat(1)."""

    UNDEFINED = "?"
    SUSPENDED = "T"
    PENDING = "P"
    SLEEPING = "S"
    BLOCKED = "B"
    WAITING = "W"
    RUNNING = "R"
    DONE = "D"
    FAILED = "F"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One fax in a queue of the server."""

    number: str
    """The server's name for it."""
    state: JobState
    sent: int
    """Pages that are through."""
    pages: int
    tag: str
    """What the sender calls it."""
    says: str
    """Why its last call failed."""


def submitted(output: str) -> str | None:
    """The job that ``sendfax`` says it has made."""
    found = _SUBMITTED.findall(output)
    return found[0] if len(found) == 1 else None


def reachable(output: str) -> bool:
    """Whether a server answered ``faxstat``, and runs: it ends with 0 either way."""
    return _SERVER.search(output) is not None


def listed(output: str) -> list[Job]:
    """The jobs in what ``faxstat`` prints; lines that are none of ours are left out."""
    jobs = []
    for line in output.splitlines():
        if (found := _LINE.match(line)) is None:
            continue
        number, state, sent, pages, _, tag, says = found.groups()
        jobs.append(
            Job(
                number=number,
                state=JobState(state),
                sent=int(sent),
                pages=int(pages),
                tag=tag,
                says=says or "",
            )
        )
    return jobs
