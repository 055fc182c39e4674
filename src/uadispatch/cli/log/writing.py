"""The log of ``--log-json``: standard error as JSON lines, with no name of a person at risk in it.

While it stands in for standard error, whatever writes there writes such lines, an unforeseen
error too. Before it is known whom a text may name, no words are written, only counted.
"""

from __future__ import annotations

import io
import json
import re
import sys
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from uadispatch.cli.log.events import EVENTS, FIELDS, Kind
from uadispatch.cli.log.redacting import WITHHELD, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


__all__ = ["Log", "log_ended"]

WHY_WITHHELD = (
    "lines for people were withheld, for it was not known whom they name; the same command without "
    "--log-json shows them"
)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Log(io.TextIOBase):
    """Writes events to `out`, and each line that is written to it as an event of its own."""

    def __init__(
        self,
        out: TextIO,
        command: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin; nobody to withhold is known yet."""
        self._out = out
        self._command = command
        self._now = now
        self._monotonic = monotonic
        self._began = monotonic()
        self._lock = threading.RLock()
        self._redactor: Redactor | None = None
        self._begun = ""
        self._withheld = 0
        self.states: Mapping[str, int] | None = None
        """What the journal says at the end, if the command knows it."""

    @property
    def goes_to_a_terminal(self) -> bool:
        """Whether a person sees it."""
        return self._out.isatty()

    def withhold(self, redactor: Redactor) -> None:
        """From now on words are written, without what `redactor` finds."""
        self._redactor = redactor

    def emit(self, event: str, **fields: object) -> None:
        """Write an event; a reader that has gone ends nothing.

        A moment is an aware datetime. Words are withheld as long as it is not known whom.
        """
        with self._lock, suppress(OSError):
            self._out.write(self.line(event, **fields))
            self._out.flush()

    def line(self, event: str, **fields: object) -> str:
        """The line of an event, with its end."""
        told = {name: self._written(name, fields[name]) for name in EVENTS[event].fields}
        return json.dumps({"at": _instant(self._now()), "event": event, **told}) + "\n"

    def _written(self, name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return _instant(value)
        kind = FIELDS[name].kind
        if kind is Kind.WORDS and value:
            return self._redactor(value) if self._redactor is not None else WITHHELD
        if kind is Kind.WAITS:
            names = EVENTS["waiting"].fields
            return [{name: self._written(name, wait[name]) for name in names} for wait in value]
        return value

    def end(self, exit_code: int) -> None:
        """Write the last event."""
        self.flush()
        if self._withheld:
            self.withhold(Redactor(()))
            self.write(f"{self._withheld} {WHY_WITHHELD}\n")
        self.emit(
            "run_ended", command=self._command, exit_code=exit_code, states=self.states,
            seconds=round(self._monotonic() - self._began, 3), withheld=self._withheld,
        )  # fmt: skip

    @property
    def encoding(self) -> str:  # type: ignore[override] # a text stream's may well be read-only
        """Any letter can be written."""
        return "utf-8"

    def isatty(self) -> bool:
        """No person reads it, for those who ask before they write."""
        return False

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str, /) -> int:
        """Take words for people; each whole line becomes an event."""
        with self._lock:
            *lines, self._begun = (self._begun + _ESCAPES.sub("", text)).split("\n")
            for line in lines:
                self._say(line)
        return len(text)

    def flush(self) -> None:
        """Write a line that was only begun, such as a question."""
        with self._lock:
            line, self._begun = self._begun, ""
            self._say(line)

    def _say(self, line: str) -> None:
        if not line.strip():
            return
        if self._redactor is None:
            self._withheld += 1
        else:
            self.emit("said", says=line.rstrip())


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def log_ended() -> Iterator[None]:
    """Write the last event of a log that was begun meanwhile, and give standard error back."""
    before, code = sys.stderr, 0
    try:
        yield
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
        raise
    except BaseException:
        code = 1
        if not isinstance(sys.stderr, Log):
            raise
        traceback.print_exc()  # there, and not to what stood there before
        sys.exit(code)
    finally:
        if isinstance(log := sys.stderr, Log):
            log.end(code)
        sys.stderr = before
