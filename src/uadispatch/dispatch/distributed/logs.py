"""What a worker writes of its work: one JSON object a line, for machines to gather.

It names campaigns, channels and numbers; never a person, a target, an address or a text.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

__all__ = ["logger"]

_LIBRARIES = ("procrastinate", "psycopg", "psycopg.pool")


def logger(out: TextIO | None = None) -> Callable[..., None]:
    """Writes an event by its name, with whatever else is told of it, to `out` (standard error).

    What libraries complain of comes there too, as the kind of their complaint alone: their words
    may hold anything.
    """
    log = structlog.wrap_logger(
        structlog.PrintLogger(out or sys.stderr),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )

    def write(event: str, **told: object) -> None:
        log.msg(event, **told)

    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers = [_Complaints(write)]
        library.propagate = False
        library.setLevel(logging.WARNING)
    return write


class _Complaints(logging.Handler):
    """Tells that a library complains, and of which kind of fault."""

    def __init__(self, write: Callable[..., None]) -> None:
        super().__init__(logging.WARNING)
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """As `logging` asks for it."""
        fault = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        self._write("library complains", library=record.name, where=record.funcName, fault=fault)
