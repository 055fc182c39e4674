"""Run the command line on a terminal, and read the screen that a person would see."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

PATIENCE = 60
"""Seconds after which what should be on the screen will not come any more."""


class Terminal:
    """A command on a terminal of `columns` and `lines`; it does not outlive this."""

    def __init__(
        self,
        *words: object,
        columns: int = 100,
        lines: int = 50,
        stderr: int | None = None,
        stdout: int | None = None,
        **environment: str,
    ) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        """All that the terminal got."""
        self.seen: list[str] = []
        """Every screen that there was."""
        plain = {name: value for name, value in os.environ.items() if name not in UNSET}
        self.process = subprocess.Popen(
            self.command(*words),
            stdin=theirs, stdout=stdout or theirs, stderr=stderr or theirs, start_new_session=True,
            env=plain | {"TERM": "xterm-256color"} | environment,
        )  # fmt: skip
        os.close(theirs)

    @staticmethod
    def command(*words: object) -> list[str]:
        """As a user types it."""
        return [sys.executable, "-m", "uadispatch", *map(str, words)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        with suppress(OSError):
            os.close(self._ours)

    @property
    def text(self) -> str:
        """What is on the screen now, without the empty ends of its lines."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def cursor_is_there(self) -> bool:
        return not self._screen.cursor.hidden

    def _screens(self) -> Iterator[str]:
        """Each screen that comes, until the command leaves the terminal."""
        end = time.monotonic() + PATIENCE
        while True:
            ready, _, _ = select.select([self._ours], [], [], max(0, end - time.monotonic()))
            assert ready, f"nothing more came; the screen:\n{self.text}"
            try:
                data = os.read(self._ours, 65536)
            except OSError:  # as Linux says that nobody has the other end any more
                return
            if not data:
                return
            self.raw += data
            self._stream.feed(data)
            self.seen.append(self.text)
            yield self.text

    def until(self, shown: Callable[[str], bool]) -> str:
        """The first screen that is as `shown` wants it."""
        for text in self._screens():
            if shown(text):
                return text
        raise AssertionError(f"it left before that was shown; the screen:\n{self.text}")

    def end(self) -> int:
        """Read on until the command ends; its exit code."""
        for _ in self._screens():
            pass
        return self.process.wait(PATIENCE)

    def go_away(self) -> None:
        """Close the terminal."""
        os.close(self._ours)


UNSET = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
