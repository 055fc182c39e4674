"""Who is alive anywhere: each start of the program says so, every few seconds.

A machine may stand still, or lose the network, and go on later. So whoever was not heard of for
a while, by the server's clock, is taken for dead, and may be wrongly: its claims are in doubt until
its own run, or a person, says what became of them. And whoever cannot make itself heard begins
nothing more.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import Column, Integer, MetaData, String, Table

from uadispatch.dispatch.journal.tables.schema import WITHIN, Instant
from uadispatch.dispatch.journal.whereabouts import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

__all__ = ["BEAT", "DEAD", "Heart", "living", "owners", "tidy"]

BEAT = 3.0
"""Seconds from one beat to the next."""

DEAD = 30.0
"""Seconds without a beat after which others take an owner for dead."""

SURE = 20.0
"""Seconds without a beat after which an owner itself begins nothing more. The difference is what a
send may take from its beginning to its last dot before others speak of doubt."""

SURE_OF_CLOCK = 0.1
"""Seconds by which a clock may be off before it is corrected anew. Clocks that are kept right
differ by less, and nobody's time should step with each beat."""

owners = Table(
    "owners",
    MetaData(),
    Column("id", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("process", Integer, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    comment="Who is alive: each start of the program, and when it was last heard of",
)

_BEAT = """
INSERT INTO owners (id, host, process, began_at, beat_at)
SELECT %s, %s, %s, now, now
FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS its
ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at RETURNING beat_at
"""
_END = "DELETE FROM owners WHERE id = %s"
# Counted from when the transaction began: of the same moment as all that it reads.
_LIVING = "SELECT id FROM owners WHERE beat_at > (extract(epoch FROM now()) - %s) * 1000000"
_TIDY = "DELETE FROM owners WHERE beat_at <= (extract(epoch FROM now()) - %s) * 1000000"

# A laptop's sleep counts as time, where the system can tell.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _seconds() -> float:
    return time.clock_gettime(_CLOCK)


class Heart:
    """One start of this process, and the thread by which it is heard of; see `Life`.

    The thread has a connection of its own and waits for nothing else here, so nothing that a
    channel does keeps it from beating.
    """

    wall = staticmethod(time.time)
    """This machine's clock, in seconds."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], within: str = "") -> None:
        """Beat once, then go on. Raises psycopg.Error: it could not."""
        own = secrets.token_hex(8)
        self.id = f"{within}{WITHIN}{own}" if within else own
        """Random, so that no other start of any process has it."""
        self._connect = connect
        self._about = (self.id, socket.gethostname()[:200], os.getpid())
        self._ended = threading.Event()
        self._connection: psycopg.Connection[Any] | None = connect()
        self.ahead = 0.0
        """Seconds by which the server's clock is ahead of ours; any thread may read it."""
        self._beat_at = 0.0
        self._beat()
        self._thread = threading.Thread(target=self._go_on, name="heart", daemon=True)
        self._thread.start()

    def unheard(self) -> float:
        """Seconds since others certainly heard of it."""
        return _seconds() - self._beat_at

    def is_sure(self) -> bool:
        """Whether others certainly know that it lives."""
        return self.unheard() < SURE

    def _beat(self) -> None:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect()
        began, sent = _seconds(), self.wall()
        found = connection.execute(_BEAT, self._about).fetchone()
        heard = self.wall()
        connection.commit()
        # They count from when the server heard it, which is not before this began.
        self._beat_at = began
        if found is not None:
            self._correct(found[0] / 1_000_000, sent, heard)

    def _correct(self, server: float, sent: float, heard: float) -> None:
        """Heed the server's time, told between two of ours; what may still be right stands."""
        least, most = server - heard, server - sent
        if not least - SURE_OF_CLOCK <= self.ahead <= most + SURE_OF_CLOCK:
            self.ahead = (least + most) / 2

    def _go_on(self) -> None:
        while not self._ended.wait(BEAT):
            try:
                self._beat()
            # is_sure() says so; the next beat tries a new connection.
            except (psycopg.Error, JournalError):
                self._let_go()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End: whatever is still claimed in this name is in doubt from now on."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._thread.join()
        with suppress(psycopg.Error):
            connection = self._connection or self._connect()
            self._connection = connection
            connection.execute(_END, (self.id,))
            connection.commit()
        self._let_go()


def living(connection: psycopg.Connection[Any]) -> frozenset[str]:
    """The names of all that are alive, within the transaction of `connection`."""
    return frozenset(name for (name,) in connection.execute(_LIVING, (DEAD,)))


def tidy(connection: psycopg.Connection[Any]) -> None:
    """Forget those that were not heard of for long."""
    connection.execute(_TIDY, (DEAD,))
