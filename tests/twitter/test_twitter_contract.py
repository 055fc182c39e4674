"""The channel for X keeps every promise of the contract, whoever posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from uadispatch.testing import ChannelContract
from uadispatch_twitter import TwitterChannel
from uadispatch_twitter.stand_in import XStandIn

if TYPE_CHECKING:
    from uadispatch import StandIn


class TestAPersonPosts(ChannelContract):
    channel = TwitterChannel


class TestTheProgramPosts(ChannelContract):
    channel = TwitterChannel
    settings: ClassVar[dict[str, Any]] = {"posting": "api", "answer_limit": 0.3}

    def make_stand_in(self) -> StandIn:
        """X itself takes no words twice, and the contract's messages all have the same."""
        return XStandIn(duplicates=False)
