"""The exit codes, and what becomes of errors: a text and a code, never a traceback."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn

from uadispatch.errors import ConfigError, UadispatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Code", "exit_codes"]


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

    SIGTERM is like Ctrl-C, whatever is done at the moment.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except ConfigError as exc:
        _complain(exc.problems)
        sys.exit(Code.CONFIGURATION)
    except UadispatchError as exc:
        _complain([exc])
        sys.exit(Code.CONFIGURATION)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; nothing more was done.\n")
        sys.exit(Code.INTERRUPTED)
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
        signal.signal(signal.SIGTERM, before)


def _output_is_gone(why: str) -> NoReturn:
    sys.stderr.write(f"error: the output cannot be written: {why}. Nothing more was begun.\n")
    # Python would try once more to write the rest, and complain about that.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(Code.LOOK)


def _complain(errors: Iterable[object]) -> None:
    from uadispatch.cli.output import printer, safe

    console = printer(as_json=True)
    for error in errors:
        console.print(f"[red bold]error:[/] {safe(str(error))}")
