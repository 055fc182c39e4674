"""The email channel keeps every promise of the contract."""

from __future__ import annotations

from typing import Any, ClassVar

from uadispatch.testing import ChannelContract
from uadispatch_email import EmailChannel


class TestEmailChannel(ChannelContract):
    channel = EmailChannel
    settings: ClassVar[dict[str, Any]] = {"patience": 0.003}
