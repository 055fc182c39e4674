"""What a journal needs of the database that it is kept in; one for a file, one for a server.

On a file a transaction that writes keeps all others out, so whatever it reads stays true. On a
server runs write at once, and what is read stays true by locks: a run shares its campaign with
other runs, and a decision or a plan has it for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from uadispatch.dispatch.journal.whereabouts import ServerUrl, file_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import Self

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.tables.rows import Planned
    from uadispatch.dispatch.journal.whereabouts import JournalUrl, Moved

T = TypeVar("T")

__all__ = ["EVERY_CAMPAIGN", "Books", "Life", "open_books"]
EVERY_CAMPAIGN: None = None
"""The scope of what concerns more than one campaign."""


class Life(Protocol):
    """One start of this process, of which others can tell whether it goes on."""

    @property
    def id(self) -> str:
        """Random, so that no other start of any process has it."""

    @property
    def ahead(self) -> float:
        """Seconds by which the clock that all processes go by is ahead of this machine's."""

    def unheard(self) -> float:
        """Seconds since others certainly heard that it goes on."""

    def is_sure(self) -> bool:
        """Whether others certainly know that it goes on; if not, nothing may begin."""

    def close(self) -> None:
        """End: whatever is still claimed in this name is in doubt from now on."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Books(Protocol):
    """An open database. Faults of it are raised as JournalError."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction in which all that is read is of one moment; nothing is written."""

    def deciding(self, campaigns: Iterable[str] | None) -> AbstractContextManager[Connection]:
        """A transaction that has these campaigns for itself; `EVERY_CAMPAIGN`: all."""

    def deciding_on(self, keys: Iterable[str]) -> AbstractContextManager[Connection]:
        """As `deciding`, on the campaigns of the messages with these keys."""

    def deciding_below(self, campaign: str) -> AbstractContextManager[Raw]:
        """As `deciding`, of one campaign, on the driver's own connection."""

    def run(
        self,
        work: Callable[[Raw], T],
        *,
        of: Sequence[int],
        wide: bool,
        undo: Callable[[Raw, T], None] | None,
        again: Callable[[], None],
    ) -> T:
        """Do `work` in a transaction of a run, beside those of others.

        It concerns the messages with the ids `of`; if `wide`, all campaigns. Where a connection may
        be lost it is done again, and `again` is called before; if it may have been committed all
        the same, `undo` is done first, with what `work` had found.
        """

    def make_sure(self) -> None:
        """Undo what may have been committed without our knowing it, if there is anything."""

    def planning(
        self, campaign: str, plan: Iterable[Planned]
    ) -> AbstractContextManager[tuple[Raw, int]]:
        """A transaction alone in `campaign`, with its plan as the table ``aside.plan``.

        Gives the number of its messages, too; see `plan_aside`.
        """

    def sweep(self, work: Callable[[Raw], T]) -> T | None:
        """Do `work` in a transaction, unless somebody is at it; None: so it is, or it is a file."""

    def begin_life(self, within: str = "") -> Life:
        """Take a new name, and say that it lives. Raises JournalError.

        `within`: the name of the process that has this one as well.
        """

    def is_alive(self, owner: str) -> bool:
        """Whether the process that took this name still runs, for all that is known."""

    def living(self) -> frozenset[str]:
        """The names of all that are alive."""

    def tidy(self) -> None:
        """Forget the names of the dead; only after nothing bears them any more."""

    def faults(self, connection: Connection) -> Iterator[tuple[str, str | int | None]]:
        """What the database itself says is wrong: in words, and the id of the message if of one."""

    def moved(self, connection: Connection) -> Moved | None:
        """Whether all that is in it was moved elsewhere, or is on its way."""

    def wiping(self, campaign: str) -> AbstractContextManager[None]:
        """While it lasts, what was removed leaves no trace that can be read."""

    def version(self, connection: Connection) -> object:
        """Another one when somebody else has written since."""

    def scrub(self) -> tuple[str, bool]:
        """Let nothing that was removed stay in the database.

        Returns why that could not be done, and whether somebody who reads still holds it.
        """

    def upgrade(self) -> Iterator[int]:
        """Bring the tables up to date while others use them; gives each version that was reached.

        Raises:
            JournalError: somebody else is at it.
        """

    def close(self) -> None:
        """Close it; may be called twice."""


def open_books(url: JournalUrl, *, write: bool, quiet: bool) -> Books:
    """The database at `url`; made and brought up to date if `write`. Raises JournalError."""
    if isinstance(url, ServerUrl):
        from uadispatch.dispatch.journal.on_server.books import ServerBooks  # noqa: PLC0415 - its libraries are an extra

        return ServerBooks(url, write=write)
    from uadispatch.dispatch.journal.on_file.books import FileBooks  # noqa: PLC0415 - loads sqlite3

    return FileBooks(file_of(url), url, write=write, quiet=quiet)
