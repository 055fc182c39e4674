"""What the servers of tests and rehearsals share: they listen on loopback only, and can be left."""

from __future__ import annotations

import ipaddress
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType

__all__ = ["LoopbackServer"]


class LoopbackServer(ABC):
    """A server on this machine; use it as an async context manager, or start and stop it."""

    def __init__(self, host: str) -> None:
        """Take the address to listen on. Raises ValueError if others could reach it."""
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is no loopback address: this server is for tests only")
        self.host = host
        """The address of this machine on which it listens."""
        self.port = 0
        """Chosen by the system at `start`."""
        self.connections = 0
        """How many connections were made."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @abstractmethod
    async def start(self) -> None:
        """Listen on a free port."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop listening, hang up and free everything; may be called twice."""

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._server is not None and self._server.is_serving()

    def close_port(self) -> None:
        """Stop listening: who connects now is refused. Open connections stay."""
        if self._server is not None:
            self._server.close()
