"""The phone channel keeps every promise of the contract."""

from __future__ import annotations

from uadispatch.testing import ChannelContract
from uadispatch_phone import PhoneChannel


class TestPhoneChannel(ChannelContract):
    channel = PhoneChannel


class TestPhoneChannelWithAnExtension(ChannelContract):
    channel = PhoneChannel
    contact = "+1 202 555 0100 ext. 12"
