"""What tests, rehearsals and authors of channels use: nothing else imports it.

`ChannelContract` needs pytest (``pip install uadispatch[testing]``); the rest does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uadispatch.testing.clock import VirtualClock
from uadispatch.testing.desk import Desk
from uadispatch.testing.failures import SORTED
from uadispatch.testing.fake import FakeChannel, FakeSettings

if TYPE_CHECKING:
    from uadispatch.testing.contract import ChannelContract

__all__ = ["SORTED", "ChannelContract", "Desk", "FakeChannel", "FakeSettings", "VirtualClock"]


def __getattr__(name: str) -> Any:
    """Import the contract's tests only when somebody asks for them."""
    if name != "ChannelContract":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest  # noqa: PLC0415 - rehearsals run without it

    for name_of_it in ("workbench", "queueing", "contract"):
        pytest.register_assert_rewrite(f"uadispatch.testing.{name_of_it}")
    from uadispatch.testing import contract  # noqa: PLC0415 - after the line above

    return getattr(contract, name)
