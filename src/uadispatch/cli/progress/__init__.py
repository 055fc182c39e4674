"""The one place for progress: counted here, shown on a terminal, as sentences, or as a log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uadispatch.cli.progress.tracker import Tracker

__all__ = ["begin"]


def begin(command: str, *, as_json: bool, log_json: bool) -> Tracker:
    """The progress of `command`, and the console for its words; a log begins here.

    `as_json`: standard output has one JSON object, and words go to standard error. With
    `log_json` that is the log, until `log_ended` ends.
    """
    from uadispatch.cli.common.output import printer
    from uadispatch.cli.log.writing import Log
    from uadispatch.cli.progress.tracker import Tracker

    log = None
    if log_json:
        log = sys.stderr = Log(sys.stderr, command)
    return Tracker(command, printer(as_json=as_json), log)
