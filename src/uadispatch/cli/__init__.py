"""The command line: arguments, output and exit codes only; one file a command."""

from __future__ import annotations

import atexit
import gc
import os
import sys

__all__ = ["main"]

GARBAGE = 10_000
"""How many more objects there must be before garbage is looked for. Python's own 700 are reached
hundreds of times while a command starts."""


def main() -> None:
    """Run the command line and exit with its code; foreseen errors are shown as texts."""
    from uadispatch.cli.common.exits import exit_codes
    from uadispatch.cli.log.writing import log_ended

    _open_what_is_closed()
    gc.set_threshold(GARBAGE, *gc.get_threshold()[1:])
    # A process that ends gives all back: to look through it once more is a tenth of a dry-run.
    atexit.register(gc.freeze)
    with log_ended(), exit_codes():
        from uadispatch.cli.app import gathered

        gathered(sys.argv[1:])()
    sys.exit(0)


def _open_what_is_closed() -> None:
    """Let what nobody wants to hear (``2>&-``) go nowhere, and never into a file opened later."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as the process
