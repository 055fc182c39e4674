"""Reading a journal without disturbing whoever writes it, and without making a file beside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from uadispatch.dispatch.journal.whereabouts import (
    JournalError,
    NoJournal,
    ServerUrl,
    being_written,
    file_of,
    is_there,
    none_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from uadispatch.dispatch.journal.ledger import Journal
    from uadispatch.dispatch.journal.whereabouts import JournalUrl

__all__ = ["consult", "exists"]

T = TypeVar("T")


def consult(url: JournalUrl, question: Callable[[Journal], T]) -> T:
    """What `question` finds in the journal at `url`, which is opened to read only.

    All that it finds is of one moment. It may be asked twice: its first answer counts only if
    nobody wrote while it was found.

    Raises:
        NoJournal: there is none.
        JournalError: it cannot be read.
    """
    is_file = not isinstance(url, ServerUrl)
    if is_file and not is_there(url, path := file_of(url)):
        raise none_at(path)
    from uadispatch.dispatch.journal.ledger import Journal  # noqa: PLC0415 - costly

    if is_file and not being_written(url):
        before = _stamp(url)
        try:
            with Journal(url, write=False) as journal, journal.one_moment():
                answer = question(journal)
        except NoJournal:
            raise
        except JournalError:
            if _is_as(before, url):
                raise
        else:
            if _is_as(before, url):
                return answer
    # On a server readers disturb nobody. Of a file, somebody began to write meanwhile, or was at
    # it all the time: read as SQLite shares.
    with Journal(url, write=False, quiet=False) as journal, journal.one_moment():
        return question(journal)


def exists(url: JournalUrl) -> bool:
    """Whether something lies where the journal should, or that cannot be told."""
    if isinstance(url, ServerUrl):
        try:
            consult(url, lambda _: None)
        except NoJournal:
            return False
        except JournalError:
            return True
        return True
    try:
        os.lstat(url.database)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _stamp(url: JournalUrl) -> tuple[int, ...]:
    """What tells a changed file from itself."""
    try:
        found = file_of(url).stat()
    except (OSError, ValueError):
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _is_as(before: tuple[int, ...], url: JournalUrl) -> bool:
    """Whether nobody has written: a whole run may begin and end while a long answer is read."""
    return not being_written(url) and _stamp(url) == before
