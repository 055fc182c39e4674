"""A fence around a channel under test: what it opens is seen, and nothing leaves this machine.

It hears Python's own audit events (PEP 578), so that no name that was imported early goes unseen.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import sys
import threading
import time
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

__all__ = ["Guard", "fenced", "nothing_is_opened"]

_OPENS = {
    "socket.__new__": "a socket",
    "socket.getaddrinfo": "a look-up of a host's name",
    "socket.gethostbyname": "a look-up of a host's name",
    "subprocess.Popen": "a process",
    "os.fork": "a process",
    "os.forkpty": "a process",
    "os.posix_spawn": "a process",
    "os.spawn": "a process",
    "os.exec": "a process",
    "os.system": "a process",
    "sqlite3.connect": "a database",
    "os.mkdir": "a folder",
    "tempfile.mkstemp": "a file",
    "tempfile.mkdtemp": "a folder",
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_TO_SOMEBODY = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKS_UP = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_TELLS = frozenset({"subprocess.Popen", "os.posix_spawn", "os.exec", "os.system", "os.putenv"})
_STARTS_AND_WAITS = frozenset({"os.system", "subprocess.Popen"})
_INSTEAD = "await what is asynchronous, or asyncio.to_thread(...), in its place"


class Guard:
    """What was seen of a channel that it may not do; `sealed`: it may open nothing at all."""

    def __init__(self, *, sealed: bool = False) -> None:
        self.misdeeds: list[str] = []
        """In words, in order."""
        self.told: list[str] = []
        """What other programs were given: arguments, and variables of the environment."""
        self.written: list[Path] = []
        """Files that were opened to be written."""
        self.connections: list[weakref.ref[socket.socket]] = []
        """Those that were begun, while somebody keeps them."""
        self.connects = 0
        """How often a connection was begun."""
        self._sealed = sealed
        self._threads = threading.active_count()

    def hears(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit event. Raises PermissionError for what may not be."""
        if self._sealed:
            self._sealed_from(event, args)
        if event == "open" and _is_written(*args):
            self.written.append(Path(os.fsdecode(args[0])))
        if event in _TELLS:
            self.told.append(repr(args))
        if event in _TO_SOMEBODY:
            self._connects(args[0], args[1], event)
        elif event in _LOOKS_UP and not _is_here(args[0]):
            self._refuse(f"it looks up {_text(args[0])!r}: no test may leave this machine")
        elif event in _STARTS_AND_WAITS and _in_a_loop() and not _by_asyncio():
            self._refuse(f"it blocks the event loop with a process: {_INSTEAD}")

    @property
    def open_connections(self) -> int:
        """How many of the connections that were begun are not closed."""
        found = (known() for known in self.connections)
        return sum(one is not None and one.fileno() >= 0 for one in found)

    def sleeps(self) -> None:
        """`time.sleep` was called in an event loop."""
        self.misdeeds.append(
            "it blocks the event loop with time.sleep: await self.tools.clock.sleep(...) instead"
        )

    def ends(self) -> None:
        """Look at what only the end shows."""
        if self._sealed and threading.active_count() > self._threads:
            self.misdeeds.append("a thread")

    def _sealed_from(self, event: str, args: tuple[Any, ...]) -> None:
        what = _OPENS.get(event)
        if what is not None and "__pycache__" in _text(args[0] if args else ""):
            what = None  # what Python compiles, it keeps
        if event == "open" and _is_written(*args):
            what = f"the file {_text(args[0])} to write to it"
        if what is not None:
            self._refuse(what)

    def _connects(self, connection: socket.socket, address: Any, event: str) -> None:
        if event == "socket.connect":
            self.connects += 1
            self.connections.append(weakref.ref(connection))
        if isinstance(address, tuple) and not _is_here(address[0]):
            self._refuse(f"it connects to {address[0]}: no test may leave this machine")
        if event == "socket.connect" and _in_a_loop() and connection.gettimeout() != 0:
            self._refuse(f"it blocks the event loop with a connection: {_INSTEAD}")

    def _refuse(self, what: str) -> None:
        self.misdeeds.append(what)
        raise PermissionError(f"{what}: that may not be here")


_guards: list[Guard] = []
_hears: list[bool] = []


def _heard(event: str, args: tuple[Any, ...]) -> None:
    for guard in tuple(_guards):
        guard.hears(event, args)


@contextmanager
def fenced(guard: Guard) -> Iterator[Guard]:
    """Let `guard` see all that is done in this process; what it has seen stays in it."""
    if not _hears:  # for good: no audit hook can be taken away
        sys.addaudithook(_heard)
        _hears.append(True)
    sleep = time.sleep

    def seen(seconds: float | SupportsIndex) -> None:
        if _in_a_loop():
            guard.sleeps()
        else:
            sleep(seconds)

    time.sleep = seen
    _guards.append(guard)
    try:
        yield guard
    finally:
        _guards.remove(guard)
        time.sleep = sleep
        guard.ends()


@contextmanager
def nothing_is_opened() -> Iterator[None]:
    """Raise AssertionError, at the end, if anything was opened or written."""
    with fenced(Guard(sealed=True)) as guard:
        yield
    # Afterwards, so that neither a swallowed exception nor a thread can hide it.
    if guard.misdeeds:
        raise AssertionError(
            f"a channel may open nothing before its first send; it used {guard.misdeeds[0]}"
        )


def _is_here(host: Any) -> bool:
    """Whether `host` can only be this machine."""
    name = _text(host)
    if host is None or name in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


def _is_written(path: Any, _: Any, flags: Any) -> bool:
    if not isinstance(path, str | bytes | Path) or not isinstance(flags, int):
        return False
    name = os.fsdecode(path)
    # What Python compiles, it keeps.
    return bool(flags & _WRITES) and "__pycache__" not in name and name != os.devnull


def _in_a_loop() -> bool:
    """Whether this thread's event loop is running, and so waits for what is done here."""
    return asyncio._get_running_loop() is not None  # noqa: SLF001 - tells without raising


def _by_asyncio() -> bool:
    """Whether it is asyncio that starts a process."""
    frame = sys._getframe(1)  # noqa: SLF001 - the only way to ask
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("asyncio.unix_events"):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
