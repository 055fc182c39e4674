"""A fence around code that may not reach out: no socket, no process."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["nothing_is_opened"]

_DOORS = (
    (socket, "socket"),
    (socket, "create_connection"),
    (socket, "getaddrinfo"),
    (subprocess, "Popen"),
    (os, "fork"),
)


@contextmanager
def nothing_is_opened() -> Iterator[None]:
    """Fail the test if a socket or a process is opened."""
    opened: list[str] = []

    def refused(name: str) -> Any:
        def refuse(*_: Any, **__: Any) -> Any:
            opened.append(name)
            raise PermissionError(f"{name}: nothing may be opened here")

        return refuse

    with pytest.MonkeyPatch.context() as patch:
        for module, name in _DOORS:
            patch.setattr(module, name, refused(f"{module.__name__}.{name}"))
        yield
    # Afterwards, so that neither a swallowed exception nor a thread can hide it.
    if opened:
        pytest.fail(f"a channel may open nothing before its first send; it used {opened[0]}")
