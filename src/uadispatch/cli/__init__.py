"""The command line: arguments, output and exit codes only; one file a command."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code; foreseen errors are shown as texts."""
    from uadispatch.cli.exits import exit_codes
    from uadispatch.cli.showing.log import log_ended

    with log_ended(), exit_codes():
        from uadispatch.cli.app import app

        app()
    sys.exit(0)
