"""The email channel keeps every promise of the contract."""

from __future__ import annotations

from uadispatch.testing import ChannelContract
from uadispatch_email import EmailChannel


class TestEmailChannel(ChannelContract):
    channel = EmailChannel
