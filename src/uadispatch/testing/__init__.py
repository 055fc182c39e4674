"""What tests, rehearsals and authors of channels use: nothing else imports it.

`ChannelContract` needs pytest (``pip install uadispatch[testing]``); the rest does not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from uadispatch.deprecations import served

if TYPE_CHECKING:
    from uadispatch.testing.clock import VirtualClock
    from uadispatch.testing.contract.cases import Asked, Case
    from uadispatch.testing.contract.dropped_in import drop_in
    from uadispatch.testing.contract.failures import SORTED
    from uadispatch.testing.contract.guard import nothing_is_opened
    from uadispatch.testing.contract.whole import ChannelContract
    from uadispatch.testing.fake import FakeChannel, FakeSettings
    from uadispatch.testing.far_ends.desk import Desk
    from uadispatch.testing.far_ends.folder import FolderStandIn
    from uadispatch.testing.far_ends.http import HttpServer
    from uadispatch.testing.far_ends.http_script import (
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
    from uadispatch.testing.far_ends.web_stand_in import WebStandIn

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
    "SORTED": "contract.failures",
    "Asked": "contract.cases",
    "Case": "contract.cases",
    "ChannelContract": "contract.whole",
    "Desk": "far_ends.desk",
    "FakeChannel": "fake",
    "FakeSettings": "fake",
    "FolderStandIn": "far_ends.folder",
    "HttpServer": "far_ends.http",
    "VirtualClock": "clock",
    "WebStandIn": "far_ends.web_stand_in",
    "drop_in": "contract.dropped_in",
    "nothing_is_opened": "contract.guard",
} | dict.fromkeys(
    (
        "CLOSE", "GARBAGE", "RESET", "SILENCE", "Act", "Answer", "Request", "cut", "in_json",
        "late", "raw",
    ),
    "far_ends.http_script",
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
