"""The exit codes, and what becomes of errors: a text and a code, never a traceback."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager, nullcontext, suppress
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn

from uadispatch.cli.log.writing import Log
from uadispatch.errors import ConfigError, UadispatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

__all__ = ["NOTHING", "Code", "exit_codes", "if_interrupted", "put_off", "show_cursor"]

NOTHING = "nothing was sent or changed"
"""To say of a command that only reads, when it is interrupted."""

SAME_WISH = 1.0
"""Seconds in which another signal says nothing new: `timeout`, say, passes on what came to all."""


class Code(IntEnum):
    """What the command's exit code says."""

    AS_ASKED = 0
    LOOK = 1
    """Some failed, are in doubt, held or refused: a person must look."""
    CONFIGURATION = 2
    """Wrong usage or configuration."""
    REFUSED = 3
    """A guard refused every message."""
    LATER = 4
    """Nothing failed, but messages wait until a later time."""
    INTERRUPTED = 130
    """With everything recorded."""


@contextmanager
def exit_codes() -> Iterator[None]:
    """Show foreseen errors as texts, without a traceback, and leave with their code.

    SIGTERM is like Ctrl-C, whatever is done at the moment. The process is to end after this, and
    is not interrupted in that.
    """
    _listen(_Ending())
    try:
        yield
    except ConfigError as exc:
        _complain(exc.problems)
        sys.exit(Code.CONFIGURATION)
    except UadispatchError as exc:
        _complain([exc])
        sys.exit(Code.CONFIGURATION)
    except KeyboardInterrupt:
        _leave("nothing was done")
    except BrokenPipeError:
        _output_is_gone("its reader has gone")
    except UnicodeEncodeError:
        _output_is_gone("it cannot hold these letters; set PYTHONIOENCODING=utf-8")
    except OSError as exc:
        if exc.filename is None:
            _output_is_gone(str(exc.strerror))
        _complain([f"{exc.filename}: {exc.strerror}"])
        sys.exit(Code.CONFIGURATION)
    finally:
        _listen(signal.SIG_IGN)


def _listen(handler: Callable[..., None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


class _Ending:
    """A handler: the first signal ends the command in order, another one at once."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._is_put_off = self._waits = False

    def __call__(self, *_: object) -> None:
        if self._first is None:
            self._first = time.monotonic()
            self._waits = self._is_put_off
            if not self._is_put_off:
                raise KeyboardInterrupt
        elif time.monotonic() - self._first > SAME_WISH:
            show_cursor()
            with suppress(OSError):  # a handler may not write to what is perhaps being written to
                os.write(2, _last_words())
            os._exit(Code.INTERRUPTED)

    @contextmanager
    def put_off(self) -> Iterator[None]:
        self._is_put_off = True
        try:
            yield
        finally:
            self._is_put_off = False
        if self._waits:
            self._waits = False
            raise KeyboardInterrupt


def put_off() -> AbstractContextManager[None]:
    """While it lasts, the first Ctrl-C or SIGTERM waits; a second one leaves at once, as ever.

    For what breaks if it is cut short, and takes no longer for that.
    """
    handler = signal.getsignal(signal.SIGINT)
    return handler.put_off() if isinstance(handler, _Ending) else nullcontext()


def _last_words() -> bytes:
    says = "Left at once; uadispatch status says how things stand."
    log = sys.stderr
    return (log.line("said", says=says) if isinstance(log, Log) else f"\n{says}\n").encode()


def show_cursor() -> None:
    """Give a terminal its cursor back, which a display of progress has hidden, perhaps."""
    for number in (1, 2):
        with suppress(OSError):
            if os.isatty(number):
                os.write(number, b"\x1b[?25h")


@contextmanager
def if_interrupted(says: str) -> Iterator[None]:
    """Leave with that sentence, should Ctrl-C or SIGTERM come meanwhile.

    It says what is certain then, or what to do next. Typer would leave without a word.
    """
    try:
        yield
    except KeyboardInterrupt:
        _leave(says)


def _leave(says: str) -> NoReturn:
    with suppress(OSError):  # the same Ctrl-C may have ended the reader of our output
        # The terminal has just shown ^C.
        line = "\n" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{line}Interrupted: {says}.\n")
        sys.stderr.flush()
    raise SystemExit(Code.INTERRUPTED) from None


def _output_is_gone(why: str) -> NoReturn:
    sys.stderr.write(f"error: the output cannot be written: {why}. Nothing more was begun.\n")
    # Python would try once more to write the rest, and complain about that.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(Code.LOOK)


def _complain(errors: Iterable[object]) -> None:
    from uadispatch.cli.common.output import printer, safe

    console = printer(as_json=True)
    for error in errors:
        console.print(f"[red bold]error:[/] {safe(str(error))}")
