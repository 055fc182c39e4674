"""The channel for X keeps every promise of the contract, whoever posts."""

from __future__ import annotations

from types import MappingProxyType

from uadispatch.testing import ChannelContract
from uadispatch_twitter import TwitterChannel


class TestAPersonPosts(ChannelContract):
    channel = TwitterChannel


class TestTheProgramPosts(ChannelContract):
    channel = TwitterChannel
    settings = MappingProxyType({"posting": "api"})
