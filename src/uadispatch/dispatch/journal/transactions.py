"""An open journal and its transactions: all in one is of one moment."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from uadispatch.dispatch.journal.books import EVERY_CAMPAIGN, open_books
from uadispatch.dispatch.journal.reading import documents, reading
from uadispatch.dispatch.journal.tables.schema import WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Self

    from sqlalchemy import Connection

    from uadispatch.dispatch.journal.books import Life
    from uadispatch.dispatch.journal.tables.raw import Raw
    from uadispatch.dispatch.journal.whereabouts import JournalUrl

__all__ = ["Transactions"]

T = TypeVar("T")


class Transactions:
    """An open journal."""

    def __init__(self, url: JournalUrl, *, write: bool, quiet: bool = True) -> None:
        """Open the journal at `url`. Raises JournalError; see `books.open_books`."""
        self.url = url
        self._books = open_books(url, write=write, quiet=quiet)
        self._facts = reading.FactsReader()
        self._texts = documents.Texts()
        self._lives: Callable[[str], bool] = self._books.is_alive
        self._moment: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it; may be called twice."""
        self._books.close()

    def upgrade(self) -> Iterator[int]:
        """Bring the tables up to date while others use them; gives each version that was reached.

        Raises:
            JournalError: somebody else is at it.
        """
        return self._books.upgrade()

    def begin_life(self, within: str = "") -> Life:
        """Take a new name for this process, under which it claims. Raises JournalError.

        `within`: for a part of the process of that name, whose claims are in doubt when it ends.
        """
        return self._books.begin_life(within)

    def make_sure(self) -> None:
        """Give back what may have been claimed without our knowing it. Raises JournalError."""
        with self._forgetting():
            self._books.make_sure()

    def number_alive(self) -> int:
        """How many starts of the program are alive that may claim, this one with them."""
        return len({name.partition(WITHIN)[0] for name in self._books.living()})

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Whatever this thread asks inside is answered as of one moment; nothing can be written.

        Who reads a list a part at a time, and then numbers, gets what belongs together. A file
        that is open to write would keep everybody waiting so long: only one that is read may.
        """
        lives = self._lives
        # Asked first: who then ends well may still have claims in what is read.
        alive = self._books.living()
        with self._reading() as connection:
            self._moment = connection
            self._lives = cache(lambda owner: owner in alive or lives(owner))
            try:
                yield
            finally:
                self._moment, self._lives = None, lives

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._moment is not None:
            yield self._moment
            return
        with self._forgetting(), self._books.reading() as connection:
            yield connection

    @contextmanager
    def _deciding(self, *campaigns: str) -> Iterator[Connection]:
        """A transaction that has `campaigns` for itself."""
        with self._forgetting(), self._books.deciding(campaigns) as connection:
            yield connection

    @contextmanager
    def _deciding_everywhere(self) -> Iterator[Connection]:
        """A transaction that has the whole journal for itself."""
        with self._forgetting(), self._books.deciding(EVERY_CAMPAIGN) as connection:
            yield connection

    @contextmanager
    def _deciding_on(self, keys: Iterable[str]) -> Iterator[Connection]:
        """A transaction that has the campaigns of these messages for itself."""
        with self._forgetting(), self._books.deciding_on(keys) as connection:
            yield connection

    @contextmanager
    def _deciding_below(self, campaign: str) -> Iterator[Raw]:
        """As `_deciding`, on the driver's own connection."""
        with self._forgetting(), self._books.deciding_below(campaign) as connection:
            yield connection

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """After a fault nothing is known of what was read in a transaction."""
        try:
            yield
        except BaseException:
            self._facts.forget()
            raise

    def _run(
        self,
        work: Callable[[Raw], T],
        *,
        of: Sequence[int],
        wide: bool = False,
        undo: Callable[[Raw, T], None] | None = None,
    ) -> T:
        """Do something in a transaction of a run, for the messages with these ids."""

        def again() -> None:
            self._facts.forget()

        with self._forgetting():
            return self._books.run(work, of=of, wide=wide, undo=undo, again=again)

    def _is_alive(self, owner: str) -> bool:
        return self._lives(owner)
