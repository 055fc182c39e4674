"""What is wrong with a server, in words for staff: what, and what to do next; never a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import errors

from uadispatch.dispatch.journal.whereabouts import JournalAway, JournalError
from uadispatch.errors import Problem

if TYPE_CHECKING:
    from uadispatch.dispatch.journal.whereabouts import ServerUrl

__all__ = ["explained", "is_passing"]

_PASSING = (
    errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable,
    errors.QueryCanceled, errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow,
    errors.TooManyConnections, errors.IdleInTransactionSessionTimeout, errors.ConnectionException,
)  # fmt: skip
"""Of these nothing need be mended by a person: a second try may succeed."""

_WORDS: dict[type[psycopg.Error], str] = {
    errors.LockNotAvailable: "another process has kept it for a minute: try again",
    errors.QueryCanceled: "the server took more than a minute for one step: try again, or see what "
    "keeps it busy",
    errors.DiskFull: "the server's disk is full: make room there, and go on",
    errors.ReadOnlySqlTransaction: "the server takes no changes now: is it a standby, or being "
    "moved? Name the one that is written to",
    errors.InsufficientPrivilege: "this user may not do that: let it own the journal's schema",
    errors.InvalidPassword: "the server does not take this password",
    errors.TooManyConnections: "the server has no connection left: let it have more, or run fewer "
    "workers",
}


def explained(fault: BaseException, url: ServerUrl) -> JournalError:
    """The error to raise for `fault`, of psycopg or of SQLAlchemy around one."""
    cause = _cause(fault)
    words = next((says for kind, says in _WORDS.items() if isinstance(cause, kind)), None)
    if words is None:
        said = str(cause).strip().splitlines() or [type(cause).__name__]
        lost = _is_lost(cause)
        words = (
            f"the server cannot be reached: {said[0]}" if lost else f"the server says: {said[0]}"
        )
    kind = JournalAway if is_passing(cause) else JournalError
    return kind(Problem(words, url.database))


def is_passing(fault: BaseException) -> bool:
    """Whether a second try may succeed."""
    cause = _cause(fault)
    return isinstance(cause, _PASSING) or _is_lost(cause)


def _is_lost(cause: BaseException) -> bool:
    """Whether it is the connection that failed, and not what was asked."""
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) and (
        getattr(cause, "sqlstate", None) is None
    )


def _cause(fault: BaseException) -> BaseException:
    return getattr(fault, "orig", None) or fault
