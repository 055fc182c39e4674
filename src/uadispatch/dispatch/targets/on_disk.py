"""Targets that may be too many for memory, in a file of SQLite's own that nobody else sees.

It keeps what it is given in that order and finds it again by id. It is trusted: what is read from
it was put there by this process, and it is gone with it.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from uadispatch.dispatch.snapshot import StoredTarget, stored_target
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["CHUNK", "Place", "RefusedRow", "TargetsOnDisk"]

CHUNK = 500
"""So many targets are in memory at once."""
CACHE = 4_000
"""KiB of the file that SQLite keeps in memory; the rest lies on the disk."""
LOOKED_THROUGH = 5_000
"""Among so many ids is looked for the one that was meant."""

_TABLES = """
CREATE TABLE targets (
    place INTEGER PRIMARY KEY, id TEXT NOT NULL, source INTEGER NOT NULL, line INTEGER NOT NULL,
    digest BLOB NOT NULL, body TEXT NOT NULL
);
CREATE TABLE refused (
    source INTEGER NOT NULL, line INTEGER NOT NULL, says TEXT NOT NULL, cells TEXT NOT NULL
);
CREATE TABLE looked (field TEXT PRIMARY KEY);
CREATE TABLE shared (
    field TEXT NOT NULL, identity TEXT NOT NULL, PRIMARY KEY (field, identity)
) WITHOUT ROWID;
"""
# Ids are ASCII, for which NOCASE is what casefold() is.
_INDEX = "CREATE INDEX by_id ON targets (id COLLATE NOCASE, place)"
_TWICE = """
SELECT one.id, one.source, one.line, first.source, first.line
FROM targets AS one JOIN (
    SELECT id, min(place) AS place FROM targets GROUP BY id COLLATE NOCASE HAVING count(*) > 1
) AS twice ON twice.id = one.id COLLATE NOCASE AND twice.place < one.place
JOIN targets AS first ON first.place = twice.place
ORDER BY one.place LIMIT ?
"""
_SHARED = """
SELECT asked.value FROM json_each(?) AS asked
JOIN shared ON shared.field = ? AND shared.identity = asked.value
"""


class Place(NamedTuple):
    """Where a target was written: in which of the sources, and in which line of it."""

    source: int
    line: int


class RefusedRow(NamedTuple):
    """A row that is no target."""

    line: int
    says: str
    cells: Sequence[str]
    """As they were in the file."""


class TargetsOnDisk:
    """A list of targets and of refused rows, on the disk."""

    def __init__(self) -> None:
        # Of a database without a name SQLite deletes the file as soon as it has opened it.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._close = weakref.finalize(self, self._db.close)
        for pragma in (
            "journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE",
            "temp_store = FILE", f"cache_size = -{CACHE}",
        ):  # fmt: skip
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._waiting: list[tuple[Any, ...]] = []
        self._number = 0

    def close(self) -> None:
        """Let go of the file; nothing can be asked afterwards."""
        self._close()

    def add(self, place: Place, id_: str, body: str, digest: str) -> None:
        """Put a target behind those before it. Raises ConfigError if the disk is full."""
        self._number += 1
        self._waiting.append((self._number, id_, *place, bytes.fromhex(digest), body))
        if len(self._waiting) == CHUNK:
            self._put()

    def refuse(self, source: int, row: RefusedRow) -> None:
        """Keep a row that is no target. Raises ConfigError if the disk is full."""
        # Only ASCII: what could not be decoded has marks that are no text.
        cells = json.dumps(row.cells)
        with _on_disk():
            self._db.execute(
                "INSERT INTO refused VALUES (?, ?, ?, ?)", (source, row.line, row.says, cells)
            )

    def end(self) -> None:
        """All are there, and can be found by their id. Raises ConfigError if the disk is full."""
        self._put()
        with _on_disk():
            self._db.execute(_INDEX)
            self._db.execute("COMMIT")

    def _put(self) -> None:
        with _on_disk():
            self._db.executemany("INSERT INTO targets VALUES (?, ?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def twice(self, most: int) -> list[tuple[str, Place, Place]]:
        """The ids that stand twice, whatever their case: where again, and where first."""
        with _on_disk():
            found = self._db.execute(_TWICE, (most,)).fetchall()
        return [(row[0], Place(row[1], row[2]), Place(row[3], row[4])) for row in found]

    def number_twice(self) -> int:
        """How many ids are too many."""
        query = "SELECT count(*) - count(DISTINCT id COLLATE NOCASE) FROM targets"
        found: int = self._db.execute(query).fetchone()[0]
        return found

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[StoredTarget]:
        """All of them in their order, anew each time."""
        for rows in self._chunks("digest, body"):
            for _, digest, body in rows:
                yield StoredTarget(stored_target(body), digest.hex(), body)

    def _chunks(self, columns: str) -> Iterator[list[tuple[Any, ...]]]:
        """Rows of `place` and `columns`; between two chunks nothing is open."""
        query = f"SELECT place, {columns} FROM targets WHERE place > ? ORDER BY place LIMIT {CHUNK}"  # noqa: S608 - names of columns
        place = 0
        while rows := self._db.execute(query, (place,)).fetchall():
            yield rows
            place = rows[-1][0]

    def ids(self) -> Iterator[str]:
        """Every id, in their order."""
        for rows in self._chunks("id"):
            for _, id_ in rows:
                yield id_

    def get(self, id_: str) -> StoredTarget | None:
        """The target with that id, exactly; None: there is none."""
        query = "SELECT digest, body FROM targets WHERE id = ? COLLATE NOCASE AND id = ?"
        found = self._db.execute(query, (id_, id_)).fetchone()
        return None if found is None else StoredTarget(
            stored_target(found[1]), found[0].hex(), found[1]
        )  # fmt: skip

    def digest_of(self, id_: str) -> str | None:
        """The digest of the target with that id; None: there is none."""
        query = "SELECT digest FROM targets WHERE id = ? COLLATE NOCASE AND id = ?"
        found = self._db.execute(query, (id_, id_)).fetchone()
        return None if found is None else found[0].hex()

    def __contains__(self, id_: object) -> bool:
        query = "SELECT 1 FROM targets WHERE id = ? COLLATE NOCASE AND id = ?"
        return self._db.execute(query, (id_, id_)).fetchone() is not None

    def near(self, id_: str) -> str | None:
        """The id that was probably meant, if one begins or ends as it does."""
        query = (
            "SELECT id FROM targets WHERE id LIKE ? ESCAPE '!' OR id LIKE ? ESCAPE '!' "
            "ORDER BY place LIMIT ?"
        )
        part = max(1, len(id_) // 3)
        first, last = (_literal(id_[:part]) + "%", "%" + _literal(id_[-part:]))
        known = [row[0] for row in self._db.execute(query, (first, last, LOOKED_THROUGH))]
        return next(iter(get_close_matches(id_, known, n=1)), None)

    def shared_among(self, field: str, identities: Iterable[str]) -> set[str]:
        """Those of `identities` (`Contact.identity`) that more than one target has in `field`."""
        with _on_disk():
            if not self._db.execute("SELECT 1 FROM looked WHERE field = ?", (field,)).fetchone():
                self._look_for_shared(field)
            asked = json.dumps(list(identities))
            return {identity for (identity,) in self._db.execute(_SHARED, (asked, field))}

    def _look_for_shared(self, field: str) -> None:
        self._db.execute("CREATE TABLE contacts (identity TEXT NOT NULL)")
        for rows in self._chunks("body"):
            found = (stored_target(body).contact_on(field) for _, body in rows)
            identities = [(contact.identity,) for contact in found if contact is not None]
            self._db.executemany("INSERT INTO contacts VALUES (?)", identities)
        self._db.execute("CREATE INDEX by_identity ON contacts (identity)")
        self._db.execute(
            "INSERT INTO shared SELECT ?, identity FROM contacts "
            "GROUP BY identity HAVING count(*) > 1", (field,),
        )  # fmt: skip
        self._db.execute("DROP TABLE contacts")
        self._db.execute("INSERT INTO looked VALUES (?)", (field,))

    def refused(self, source: int, most: int = -1) -> Iterator[RefusedRow]:
        """The refused rows of a source, in their order; `most` of them, if that is not negative."""
        query = "SELECT line, says, cells FROM refused WHERE source = ? ORDER BY rowid LIMIT ?"
        for line, says, cells in self._db.execute(query, (source, most)):
            yield RefusedRow(line, says, json.loads(cells))


def _literal(text: str) -> str:
    """As LIKE takes it for what it is."""
    return "".join(f"!{sign}" if sign in "!%_" else sign for sign in text)


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ConfigError(
            f"the targets cannot be put aside while they are looked at: {error}; make room in the "
            f"folder for temporary files, or name another one in TMPDIR"
        ) from None
