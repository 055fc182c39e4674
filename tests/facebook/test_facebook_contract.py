"""The Facebook channel keeps every promise of the contract."""

from __future__ import annotations

from uadispatch.testing import ChannelContract
from uadispatch_facebook import FacebookChannel


class TestFacebookChannel(ChannelContract):
    channel = FacebookChannel
