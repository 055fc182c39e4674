"""The event loop of a command that sends: uvloop's where it is there, else asyncio's own.

It knows nothing of what runs in it.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict

from uadispatch.cli.common.exits import put_off

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from rich.console import Console

    from uadispatch.settings import Settings

__all__ = ["EngineSettings", "factory", "run", "wanted"]

T = TypeVar("T")

TURN = 0.001
"""Seconds after which the thread that runs must let another one run. A transaction of the journal
needs some ten turns, and with Python's 5 ms a window would be sent out before it is written."""


class EngineSettings(BaseModel):
    """How messages are sent, whatever the channel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uvloop: bool = True
    """Send on uvloop, which is faster than the event loop of Python itself. It is there on Linux
    and macOS; elsewhere, and with `false`, it is Python's own."""


def wanted(settings: Settings) -> bool:
    """Whether uvloop is to be used. Raises ConfigError."""
    return settings.section("engine", EngineSettings).uvloop


def run(main: Coroutine[Any, Any, T], console: Console, *, uvloop: bool) -> T:
    """What `main` returns; `console` hears if uvloop was wanted and cannot be had."""
    made_by = factory(console, uvloop=uvloop)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    runner = asyncio.Runner(loop_factory=made_by)
    try:
        return runner.run(main)
    finally:
        sys.setswitchinterval(interval)
        with put_off():  # a loop that is cut short here says so on a thread of its own
            runner.close()


def factory(console: Console, *, uvloop: bool) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the loop; `console` hears if uvloop was wanted and cannot be had."""
    return (_uvloop(console) if uvloop else None) or asyncio.new_event_loop


def _uvloop(console: Console) -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError as exc:
        # Where it does not exist it is no dependency, and nobody can mend that.
        if sys.platform != "win32" and sys.implementation.name == "cpython":
            console.print(
                f"[yellow]![/] uvloop cannot be imported ({type(exc).__name__}), so this is slower "
                f"than it might be. Install uadispatch anew, or set UADISPATCH_ENGINE_UVLOOP=false."
            )
        return None
    return uvloop.new_event_loop
