"""A fence around code that may not reach out: no socket, no process."""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["nothing_is_opened"]


@contextmanager
def nothing_is_opened() -> Iterator[None]:
    """Fail the test if a socket or a process is opened."""

    def refuse(*_: Any, **__: Any) -> Any:
        pytest.fail("a channel may open nothing before its first send")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", refuse)
        patch.setattr(socket, "create_connection", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(subprocess, "Popen", refuse)
        yield
