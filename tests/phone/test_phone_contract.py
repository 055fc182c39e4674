"""The phone channel keeps every promise of the contract."""

from __future__ import annotations

from uadispatch.testing import ChannelContract
from uadispatch_phone import PhoneChannel


class TestPhoneChannel(ChannelContract):
    channel = PhoneChannel
    many = 100  # each is a PDF


class TestPhoneChannelWithAnExtension(ChannelContract):
    channel = PhoneChannel
    many = 100  # each is a PDF
    contact = "+1 202 555 01{n} ext. 12"
