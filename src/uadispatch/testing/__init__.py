"""What tests, rehearsals and authors of channels use: nothing else imports it.

`ChannelContract` needs pytest (``pip install uadispatch[testing]``); the rest does not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from uadispatch.deprecations import served

if TYPE_CHECKING:
    from uadispatch.testing.cases import Asked, Case
    from uadispatch.testing.clock import VirtualClock
    from uadispatch.testing.contract.whole import ChannelContract
    from uadispatch.testing.desk import Desk
    from uadispatch.testing.dropped_in import drop_in
    from uadispatch.testing.failures import SORTED
    from uadispatch.testing.fake import FakeChannel, FakeSettings
    from uadispatch.testing.folder import FolderStandIn
    from uadispatch.testing.guard import nothing_is_opened
    from uadispatch.testing.http import HttpServer
    from uadispatch.testing.http_script import (
        CLOSE,
        GARBAGE,
        RESET,
        SILENCE,
        Act,
        Answer,
        Request,
        cut,
        in_json,
        late,
        raw,
    )
    from uadispatch.testing.web_stand_in import WebStandIn

__all__ = [
    "CLOSE",
    "GARBAGE",
    "RESET",
    "SILENCE",
    "SORTED",
    "Act",
    "Answer",
    "Asked",
    "Case",
    "ChannelContract",
    "Desk",
    "FakeChannel",
    "FakeSettings",
    "FolderStandIn",
    "HttpServer",
    "Request",
    "VirtualClock",
    "WebStandIn",
    "cut",
    "drop_in",
    "in_json",
    "late",
    "nothing_is_opened",
    "raw",
]

_HOMES = {
    "SORTED": "failures",
    "Asked": "cases",
    "Case": "cases",
    "ChannelContract": "contract.whole",
    "Desk": "desk",
    "FakeChannel": "fake",
    "FakeSettings": "fake",
    "FolderStandIn": "folder",
    "HttpServer": "http",
    "VirtualClock": "clock",
    "WebStandIn": "web_stand_in",
    "drop_in": "dropped_in",
    "nothing_is_opened": "guard",
} | dict.fromkeys(
    (
        "CLOSE", "GARBAGE", "RESET", "SILENCE", "Act", "Answer", "Request", "cut", "in_json",
        "late", "raw",
    ),
    "http_script",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what is asked for, and the contract's tests only when somebody asks for them."""
    if name not in _HOMES:
        return served(f"{__name__}.{name}")
    if name == "ChannelContract":
        import pytest  # noqa: PLC0415 - rehearsals run without it

        pytest.register_assert_rewrite("uadispatch.testing.contract")
    value = globals()[name] = getattr(import_module(f"uadispatch.testing.{_HOMES[name]}"), name)
    return value
