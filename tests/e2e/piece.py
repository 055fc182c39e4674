"""What the end-to-end pieces share: a piece with its folder and time budget, and what failed.

It knows of no piece. The standard library alone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = (".git", ".venv", ".env", ".bench", ".uadispatch", "*_cache", "__pycache__",
              ".hypothesis", "uv.lock", "build", "dist")  # fmt: skip


RUNNING: set[subprocess.Popen[str]] = set()
"""The commands of all pieces that are under way."""


class Failed(Exception):
    """What did not hold, and what the command said."""


@dataclass
class Piece:
    """A piece while it runs: a folder of its own, and commands that end with its time budget."""

    folder: Path
    until: float
    env: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        codes: Container[int] = (0,),
    ) -> str:
        """Run `command`, which must end with one of `codes`; returns its standard output."""
        words = " ".join(map(str, command))
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=cwd or self.folder,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        RUNNING.add(process)
        try:
            out, err = process.communicate(timeout=max(0.1, self.until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Failed(f"the time was up during: {words}") from None
        finally:
            RUNNING.discard(process)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode not in codes:
            raise Failed(f"{words}\nended with exit code {process.returncode}:\n{out}{err}")
        return out

    def json(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        codes: Container[int] = (0,),
    ) -> Any:
        """Run `command` with ``--json``; returns the object."""
        return json.loads(self.run(*command, "--json", cwd=cwd, env=env, codes=codes))

    def copy_checkout(self) -> Path:
        """A copy of the checkout as git would have it."""
        copy = self.folder / "checkout"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        return copy

    def fresh_venv(self) -> Path:
        """The bin folder of a new venv."""
        self.run(sys.executable, "-m", "venv", self.folder / "venv")
        return self.folder / "venv/bin"


def end_all() -> None:
    """End the commands of all pieces: nobody waits for them any more."""
    for process in list(RUNNING):
        os.killpg(process.pid, signal.SIGKILL)


def expect(holds: object, says: str) -> None:
    """Fail with `says` unless it holds."""
    if not holds:
        raise Failed(says)


def installed_from_wheel(piece: Piece) -> Path:
    """The command that the piece wheel-install has left."""
    uadispatch = piece.folder.parent / "wheel-install/venv/bin/uadispatch"
    expect(uadispatch.exists(), "skipped: it uses what wheel-install installs, and that failed")
    return uadispatch


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
