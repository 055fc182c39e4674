"""Runs commands of the program, each in a process of its own, without starting Python each time.

It has read every module once and forks for each command. A command can be told to kill itself at
the n-th passing of a point (see `points`), or to count how often it passes each.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Job", "Warm", "environment"]

PACKAGES = ("uadispatch", "uadispatch_email")
LEFT_OUT = (
    *("uadispatch.testing", "uadispatch.__main__"),
    # What stands on a server needs an extra, which the installed wheel is tried without.
    *("uadispatch.dispatch.distributed", "uadispatch.dispatch.journal.on_server"),
)


@dataclass(frozen=True)
class Job:
    """A command: its words, and where its output goes (its errors beside it)."""

    words: list[str]
    output: str
    env: dict[str, str] = field(default_factory=dict)
    point: str = ""
    passing: int = 0
    """Kill it when it comes by `point` for so many times."""
    counts: str = ""
    """A file for how often it came by each point."""


def environment() -> dict[str, str]:
    """This process's, for a child in another folder, without any settings of the program."""
    found = {
        name: value for name, value in os.environ.items() if not name.startswith("UADISPATCH_")
    }
    if paths := found.get("PYTHONPATH"):
        found["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths.split(os.pathsep)))
    return found


class Warm:
    """The process that forks, as a test holds it."""

    def __init__(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, job: Job) -> int:
        """Run a command to its end; returns its exit code, or minus the signal that ended it."""
        ask, answer = self._process.stdin, self._process.stdout
        if ask is None or answer is None:
            raise RuntimeError("it was started without pipes")
        ask.write(f"{json.dumps(asdict(job))}\n")
        ask.flush()
        if not (line := answer.readline()):
            raise RuntimeError(f"the process that forks ended with {self._process.wait()}")
        return int(line)


def _read_all_modules() -> None:
    for name in PACKAGES:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.startswith(LEFT_OUT):
                importlib.import_module(found.name)


def _look_once() -> None:
    """Much is only read and compiled when it is first needed."""
    from torture import home
    from uadispatch.cli import main

    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        file = home.write(Path(folder) / "home", 25, {"a@example.org": "a"})
        sys.argv = ["uadispatch", "dry-run", str(file)]
        with redirect_stdout(nowhere), redirect_stderr(nowhere), suppress(SystemExit):
            main()


def _be_the_command(job: Job) -> NoReturn:
    """In the child: become the command."""
    from torture import points
    from uadispatch.cli import main

    for number, path in ((1, job.output), (2, str(Path(job.output).with_suffix(".errors")))):
        os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(job.env)
    os.chdir(Path(job.output).parent)
    sys.argv = ["uadispatch", *job.words]
    counted = points.install(job.point, job.passing) if job.point or job.counts else None
    code = 1
    try:
        main()
    except SystemExit as exc:
        code = int(exc.code or 0)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(*sys.exc_info())
    finally:
        if job.counts:
            Path(job.counts).write_text(json.dumps(counted))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve() -> None:
    _read_all_modules()
    _look_once()
    gc.freeze()  # what all children share is not copied for each
    for line in sys.stdin:
        job = Job(**json.loads(line))
        child = os.fork()
        if child == 0:
            _be_the_command(job)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    _serve()
