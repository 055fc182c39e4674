"""The contract's tests, for each way out that has a far end of its own on this machine."""

from __future__ import annotations

from types import MappingProxyType

from uadispatch.testing import ChannelContract
from uadispatch_fax import FaxChannel


class TestByAPerson(ChannelContract):
    channel = FaxChannel


class TestThroughTelnyx(ChannelContract):
    channel = FaxChannel
    settings = MappingProxyType({"gateway": "telnyx", "patience": 0.05})


class TestThroughSinch(ChannelContract):
    channel = FaxChannel
    settings = MappingProxyType({"gateway": "sinch", "patience": 0.05})


class TestThroughHylaFax(ChannelContract):
    channel = FaxChannel
    settings = MappingProxyType({"gateway": "hylafax", "patience": 0.02})
