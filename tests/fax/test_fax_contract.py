"""The contract's tests, for each way out that has a far end of its own on this machine."""

from __future__ import annotations

from types import MappingProxyType

from uadispatch.testing import ChannelContract
from uadispatch_fax import FaxChannel

PAGES = 60
"""A fax takes some thirty milliseconds of the processor: fewer of them show the same."""


class TestByAPerson(ChannelContract):
    channel = FaxChannel
    many = PAGES


class TestThroughTelnyx(ChannelContract):
    channel = FaxChannel
    settings = MappingProxyType({"gateway": "telnyx"})
    many = PAGES


class TestThroughSinch(ChannelContract):
    channel = FaxChannel
    settings = MappingProxyType({"gateway": "sinch"})
    many = PAGES


class TestThroughHylaFax(ChannelContract):
    channel = FaxChannel
    settings = MappingProxyType({"gateway": "hylafax"})
    many = PAGES
