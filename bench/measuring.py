"""One command and what it took: seconds, processor time, the most memory. It knows no contestant.

The memory is asked of Linux while the command runs; what wait4 says of it would be at least what
this process itself has, which a child inherits at its start.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

PROC = Path("/proc")
EVERY = 0.1
"""Seconds between two looks at the memory."""


class Failed(Exception):
    """A command that did not do what it should, and what it said."""


def require_all_accepted(said: Mapping[str, Any], number: int) -> None:
    """What `send --json` has said. Raises Failed, unless every message was accepted."""
    if said["states"] != {"accepted": number}:
        raise Failed(f"{number:,} messages should be accepted, and they are: {said['states']}")


@dataclass(frozen=True)
class Ran:
    """A command that has ended well."""

    seconds: float
    cpu: float
    """Seconds of processor time, user and system, of it and all its children."""
    memory: int
    """Bytes: the most of one process; of several at once, their shares (PSS) together."""
    said: str
    """Its standard output."""
    told: str
    """Its standard error."""


def measure(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    patience: float = 1800,
    ends: Collection[int] = (0,),
) -> Ran:
    """Run it to its end, which is well with one of the codes `ends`.

    Raises:
        Failed: it did not end well, or not within `patience` seconds.
    """
    words = " ".join(map(str, command))
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)), cwd=cwd, env=surroundings() if env is None else env,
            stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
        )  # fmt: skip
        look = Look(process.pid)
        alarm = threading.Timer(patience, end, [process.pid])
        alarm.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            alarm.cancel()
            look.stop()
            if process.returncode is None:
                end(process.pid)
        said, told = read(out), read(err)
    if process.returncode not in ends:
        raise Failed(f"{words}\nended with {process.returncode}:\n{said[-2000:]}{told[-4000:]}")
    return Ran(seconds, usage.ru_utime + usage.ru_stime, look.most, said, told)


def surroundings() -> dict[str, str]:
    """The environment of each command: a real server that the caller has set gets none of this.

    Nor is Python to keep no bytecode: where the program is installed, it has it.
    """
    foreign = ("UADISPATCH_", "DJANGO_", "NODE_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def end(session: int) -> None:
    """End what is left of it."""
    with suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)


def read(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


class Look(threading.Thread):
    """Looks at the memory of a session until it is told to stop."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._session = session
        self._over = threading.Event()
        self.start()

    def stop(self) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):  # it has just ended
                self.most = max(self.most, memory(self._session))
            self._over.wait(EVERY)


def memory(session: int) -> int:
    """Bytes of all processes of a session."""
    found = members(session)
    if len(found) == 1:
        return kilobytes(PROC / found[0] / "status", "VmHWM:") * 1024
    return sum(kilobytes(PROC / pid / "smaps_rollup", "Pss:") for pid in found) * 1024


def members(session: int) -> list[str]:
    found = []
    for name in os.listdir(PROC):  # noqa: PTH208 - names only
        if name.isdecimal():
            with suppress(OSError):
                # After the program's name, which may hold blanks: state, parent, group, session.
                fields = (PROC / name / "stat").read_text().rpartition(")")[2].split()
                if fields[3] == str(session) and fields[0] != "Z":
                    found.append(name)
    return found


def kilobytes(file: Path, field: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    return 0
