"""Machines that are network namespaces here, each with two lines that can be cut.

Needs root, and Debian's iproute2. All of it hangs in a namespace of its own, which ends with the
process: nothing of the machine's own network is touched, and no way leads out. The addresses are
those that are kept for documentation (RFC 5737).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ADDRESSES", "LINES", "Line", "Network", "begin_apart"]

Line = Literal["database", "mail"]
LINES: dict[Line, str] = {"database": "192.0.2", "mail": "198.51.100"}
"""The network that each line leads to."""
ADDRESSES: dict[Line, str] = {line: f"{network}.1" for line, network in LINES.items()}
"""Where the server at its end listens."""
_APART = "TORTURE_APART"


def begin_apart() -> None:
    """Begin this program anew in a network of its own, unless it is in one already.

    Raises SystemExit: with what that one came to, or because it cannot be done here.
    """
    network = Path("/proc/self/ns/net")
    if os.environ.get(_APART) == str(network.readlink()):
        return
    if os.environ.get(_APART) or os.geteuid() != 0 or shutil.which("ip") is None:
        sys.exit("Cuts of the network need root, and the program ip (Debian's iproute2).")
    apart = ("unshare", "--net", "sh", "-c", f'{_APART}=$(readlink {network}) exec "$@"', "-")
    sys.exit(subprocess.run([*apart, sys.executable, *sys.orig_argv[1:]], check=False).returncode)


class Network:
    """So many machines, and a bridge for each line; used as a context manager."""

    def __init__(self, machines: int) -> None:
        """Lay all lines. Raises subprocess.CalledProcessError: the system refused."""
        self._machines: list[subprocess.Popen[bytes]] = []
        _ip("link", "set", "lo", "up")
        for line, network in LINES.items():
            _ip("link", "add", "name", line, "type", "bridge")
            _ip("addr", "add", f"{network}.1/24", "dev", line)
            _ip("link", "set", line, "up")
        try:
            for _ in range(machines):
                self._add()
        except BaseException:
            self.close()
            raise

    def _add(self) -> None:
        number = len(self._machines)
        machine = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo; exec sleep infinity"], stdout=subprocess.PIPE
        )
        self._machines.append(machine)
        assert machine.stdout is not None
        machine.stdout.readline()  # from now on it has its own
        for line, network in LINES.items():
            here, there = f"{line}-{number}", line
            _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns",
                str(machine.pid))  # fmt: skip
            _ip("link", "set", here, "up")
            self._within(number, "addr", "add", f"{network}.{number + 2}/24", "dev", there)
            self._within(number, "link", "set", there, "up")
            self.mend(number, line)

    def _within(self, machine: int, *words: str) -> None:
        _ip(*words, through=self.through(machine))

    def through(self, machine: int) -> Sequence[str]:
        """The words before a command that is to run on a machine."""
        return ("nsenter", f"--net=/proc/{self._machines[machine].pid}/ns/net", "--")

    def cut(self, machine: int, line: Line) -> None:
        """From now on whatever either end sends is lost, and no end is told."""
        _ip("link", "set", f"{line}-{machine}", "nomaster")

    def mend(self, machine: int, line: Line) -> None:
        """From now on it arrives again."""
        _ip("link", "set", f"{line}-{machine}", "master", line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take all down."""
        for machine in self._machines:
            machine.kill()
            machine.communicate()
        for line in LINES:
            _ip("link", "delete", line)


def _ip(*words: str, through: Sequence[str] = ()) -> None:
    subprocess.run([*through, "ip", *words], check=True)
